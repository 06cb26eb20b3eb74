import { describe, expect, test } from "vitest";
import {
  appSink,
  elementFactory,
  launch,
  mediaBuffer,
  type PadTemplate,
  parseCaps,
} from "../src/index.js";
import { ivf } from "./support/flv-tracks.js";

const SRT = "1\n00:00:01,000 --> 00:00:02,000\nBom dia\n\n";
const PICTURES = "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=320,height=240";
const MCC =
  "subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=25/1 ! ccconverter ! closedcaption/x-cea-708,format=cdp ! mccenc";

/** Everything that arrives behind `description`; `text` is what `source` gives. */
async function bytesOf(description: string, text = ""): Promise<Uint8Array[]> {
  const got: Uint8Array[] = [];
  await launch(`${description} ! sink`, {
    elements: [
      demuxer([["application/x-subtitle", new TextEncoder().encode(text)]]),
      appSink("sink", (item) => {
        if (item.type === "buffer") got.push(item.buffer.data);
      }),
    ],
  }).run();
  return got;
}

/** A demuxer of these streams: a pad for each, in this order. */
function demuxer(
  streams: readonly (readonly [caps: string, data: Uint8Array])[],
): ReturnType<typeof elementFactory> {
  const template: PadTemplate = {
    name: "stream_%u",
    direction: "src",
    presence: "sometimes",
    caps: "ANY",
  };
  return elementFactory({
    name: "demuxer",
    classification: "Demuxer",
    description: "Has the streams that a test gives it.",
    properties: {},
    pads: [template],
    create: () => ({
      async run(context) {
        for (const [index, [text, data]] of streams.entries()) {
          const caps = parseCaps(text);
          const pad = context.addSrc(`stream_${index}`, template, caps);
          await pad.caps(caps);
          await pad.buffer(mediaBuffer(data, { pts: 0n }));
        }
      },
    }),
  });
}

const JUNK = new TextEncoder().encode("another stream");

describe("behind a demuxer whose first stream is another", () => {
  test.each<[decoder: string, caps: string, input: () => Promise<Uint8Array[]> | Uint8Array]>([
    ["jpegxsdec", "image/x-jxsc", () => bytesOf(`${PICTURES} ! jpegxsenc`)],
    ["svtjpegxsdec", "image/x-jxsc", () => bytesOf(`${PICTURES} ! jpegxsenc`)],
    ["pngdec", "image/png", () => bytesOf(`${PICTURES} ! pngenc`)],
    ["y4mdec", "application/x-yuv4mpeg", () => bytesOf(`${PICTURES} ! y4menc`)],
    ["subparse", "application/x-subtitle", () => new TextEncoder().encode(SRT)],
    [
      "sccparse",
      "application/x-scc",
      () => bytesOf("demuxer ! subparse ! tttocea608 ! sccenc", SRT),
    ],
    ["mccparse", "application/x-mcc", () => bytesOf(`demuxer ! ${MCC}`, SRT)],
    ["ivfparse", "video/x-ivf", () => ivf("VP80", [Buffer.of(0, 1, 2)])],
    ["rawvideoparse", "video/x-unaligned-raw", () => new Uint8Array(115_200)],
  ])("%s takes %s", async (decoder, caps, input) => {
    const made = await input();
    const data = made instanceof Uint8Array ? made : Buffer.concat(made);
    expect(data.length).toBeGreaterThan(0);
    const streams = [
      ["audio/mpeg,mpegversion=4", JUNK],
      ["video/x-h264", JUNK],
      ["application/octet-stream,kind=private", JUNK],
      [caps, data],
    ] as const;
    let buffers = 0;
    const problems: string[] = [];
    await launch(`demuxer ! ${decoder} ! sink`, {
      elements: [
        demuxer(streams),
        appSink("sink", (item) => {
          if (item.type === "buffer") buffers++;
        }),
      ],
      onMessage: ({ type, text }) => {
        if (type === "error" || type === "warning") problems.push(text);
      },
    }).run();
    expect(problems).toEqual([]);
    expect(buffers).toBeGreaterThan(0);
  });
});
