// CDP walk: cursor against the plain loop that knows nothing of sections, and the object API.
import { bench, describe } from "vitest";
import { CaptionScheduler, CdpCursor, CdpWriter, createCue, decodeCdp } from "../src/index.js";

const frameRate = { numerator: 30_000, denominator: 1001 };

/** A minute of captions as CDPs. */
function stream(): Uint8Array[] {
  const scheduler = new CaptionScheduler({ frameRate });
  const writer = new CdpWriter({ frameRate });
  for (let i = 0; i < 20; i++) {
    scheduler.push(
      createCue({
        startMs: i * 3000,
        endMs: i * 3000 + 2500,
        text: `Caption ${i}\nof two rows of text`,
      }),
    );
  }
  return Array.from({ length: 1800 }, () => writer.write(scheduler.pull().ccData));
}

const packets = stream();
let sink = 0;

describe("1800 CDPs: sum of valid DTVCC bytes", () => {
  bench("plain loop (no checks but the checksum)", () => {
    for (const bytes of packets) {
      let sum = 0;
      for (let at = 0; at < bytes.length; at++) sum += bytes[at] as number;
      if ((sum & 0xff) !== 0 || bytes[7] !== 0x72) continue;
      const end = 9 + 3 * ((bytes[8] as number) & 0x1f);
      for (let at = 9; at < end; at += 3) {
        if (((bytes[at] as number) & 6) === 6)
          sink += (bytes[at + 1] as number) + (bytes[at + 2] as number);
      }
    }
  });

  const cursor = new CdpCursor();
  bench("CdpCursor", () => {
    for (const bytes of packets) {
      if (!cursor.load(bytes)) continue;
      const end = cursor.ccDataOffset + 3 * cursor.ccCount;
      for (let at = cursor.ccDataOffset; at < end; at += 3) {
        if (((bytes[at] as number) & 6) === 6)
          sink += (bytes[at + 1] as number) + (bytes[at + 2] as number);
      }
    }
  });

  bench("decodeCdp (objects, every check)", () => {
    for (const bytes of packets) {
      const { ccData } = decodeCdp(bytes).cdp;
      if (ccData === undefined) continue;
      for (let at = 0; at < ccData.length; at += 3) {
        if (((ccData[at] as number) & 6) === 6)
          sink += (ccData[at + 1] as number) + (ccData[at + 2] as number);
      }
    }
  });
});

export const total = (): number => sink;
