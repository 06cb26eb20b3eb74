// Reads the captions out of the transport stream that the demo wrote.
import { appSink, launch } from "@x/pipeline";

/** What mpegtsmux adds to every time. */
const START_MS = 3_600_000;

/** @param {string} file @returns {Promise<import("@x/cea708").Cue[]>} times as before muxing */
export async function readTransportStream(file) {
  /** @type {import("@x/cea708").Cue[]} */
  const cues = [];
  const sink = appSink("cues", (item) => {
    if (item.type !== "buffer" || item.buffer.meta.cue === undefined) return;
    const { cue } = item.buffer.meta;
    cues.push({ ...cue, startMs: cue.startMs - START_MS, endMs: cue.endMs - START_MS });
  });
  await launch(
    `filesrc location="${file}" ! tsdemux time-base=stream ! st2038anctocc ! cea708tott ! cues`,
    { elements: [sink] },
  ).run();
  return cues;
}
