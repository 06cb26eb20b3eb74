// One second of 30 fps captions: CDP to windows, as a monitor of many channels does. 600 channels fit a core when one
// takes less than 1.67 ms, half a core when less than 0.83 ms.
import { bench, describe } from "vitest";
import { CaptionScheduler, CdpWriter, CueReader, createCue, decodeCdp } from "../src/index.js";

const frameRate = { numerator: 30, denominator: 1 };
const CHANNELS = 100;

function stream(seed: number): Uint8Array[] {
  const scheduler = new CaptionScheduler({ frameRate });
  const writer = new CdpWriter({ frameRate });
  for (let i = 0; i < 20; i++) {
    scheduler.push(
      createCue({
        startMs: 500 + i * 2000 + seed,
        endMs: 2200 + i * 2000 + seed,
        text: `Channel ${seed}, caption ${i}\nwith a second row of text`,
      }),
    );
  }
  return Array.from({ length: 1200 }, () => writer.write(scheduler.pull().ccData));
}

const streams = Array.from({ length: CHANNELS }, (_, index) => stream(index));

describe(`${CHANNELS} channels, one second each`, () => {
  const readers = streams.map(() => new CueReader());
  let second = 0;
  bench("CDP to cues", () => {
    const from = (second++ % 40) * 30;
    streams.forEach((packets, channel) => {
      for (let i = from; i < from + 30; i++) {
        const { ccData } = decodeCdp(packets[i] as Uint8Array).cdp;
        readers[channel]?.push(ccData as Uint8Array, (second * 30 + i) * 33.33);
      }
    });
  });
});
