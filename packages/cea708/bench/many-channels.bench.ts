// 600 channels of 30 fps captions in one process, CDP to cues, as a monitor of many channels does: how much of a core?
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";

const { CaptionScheduler, CdpWriter, CueReader, createCue, decodeCdp } = await built<
  typeof import("../src/index.js")
>(import.meta.url);

const frameRate = { numerator: 30, denominator: 1 };
const CHANNELS = 600;
/** Streams that differ; channels take them in turn. */
const STREAMS = 60;
const SECONDS = 40;

function stream(seed: number): Uint8Array[] {
  const scheduler = new CaptionScheduler({ frameRate });
  const writer = new CdpWriter({ frameRate });
  for (let i = 0; i < SECONDS / 2; i++) {
    scheduler.push(
      createCue({
        startMs: 500 + i * 2000 + 7 * seed,
        endMs: 2200 + i * 2000 + 7 * seed,
        text: `Channel ${seed}, caption ${i}\nwith a second row of text`,
      }),
    );
  }
  return Array.from({ length: SECONDS * 30 }, () => writer.write(scheduler.pull().ccData));
}

const streams = Array.from({ length: STREAMS }, (_, index) => stream(index));
const readers = Array.from({ length: CHANNELS }, () => new CueReader());
let second = 0;

/** One second of every channel, frame by frame. Returns the number of cues that ended in it. */
function play(): number {
  let cues = 0;
  const from = (second % SECONDS) * 30;
  for (let i = 0; i < 30; i++) {
    const timeMs = second * 1000 + i * 33.33;
    readers.forEach((reader, channel) => {
      const packet = (streams[channel % STREAMS] as Uint8Array[])[from + i] as Uint8Array;
      const { ccData } = decodeCdp(packet).cdp;
      cues += reader.push(ccData as Uint8Array, timeMs).length;
    });
  }
  second++;
  return cues;
}

// Processor time, so that it does not matter what else the machine does.
while (second < 10) play();
const before = process.cpuUsage();
let cues = 0;
while (second < SECONDS) cues += play();
const { user, system } = process.cpuUsage(before);
const percent = (user + system) / 1e4 / (SECONDS - 10);
console.log(
  `${CHANNELS} channels at 30 fps, ${SECONDS - 10} s each, ${cues} cues: ${percent.toFixed(1)} % of a core`,
);

describe(`one second of ${CHANNELS} channels`, () => {
  bench("CDP to cues", () => {
    play();
  });
});
