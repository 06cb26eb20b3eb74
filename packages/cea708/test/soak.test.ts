// Rate conversion for a long time. SOAK_SECONDS=86400 runs a day of captions through every pair of rates.
import { writeSync } from "node:fs";
import { expect, test } from "vitest";
import { CcRepacker, CDP_FRAME_RATES, encodeDtvccPacket } from "../src/index.js";

const seconds = Number(process.env.SOAK_SECONDS ?? 10);

/** More than any rate leaves waiting. */
const RING = 1 << 14;

/** A small generator of its own: a day must not depend on anybody's. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

/** What went in and has not come out yet: at most as many as the rings have places. */
class Expected {
  readonly #rings = [0, 1, 2].map(() => new Uint32Array(RING));
  readonly #written = [0, 0, 0];
  readonly #read = [0, 0, 0];

  add(frame: Uint8Array): void {
    each(frame, (queue, value) => {
      const written = this.#written[queue] as number;
      (this.#rings[queue] as Uint32Array)[written % RING] = value;
      this.#written[queue] = written + 1;
    });
  }

  remove(frame: Uint8Array): void {
    each(frame, (queue, value) => {
      const read = this.#read[queue] as number;
      const known = read < (this.#written[queue] as number);
      if (!known || (this.#rings[queue] as Uint32Array)[read % RING] !== value) {
        throw new Error(`queue ${queue}: not what went in`);
      }
      this.#read[queue] = read + 1;
    });
  }

  /** Values that went through each queue. */
  get passed(): readonly number[] {
    return this.#read;
  }

  get left(): number {
    return this.#written.reduce(
      (sum, written, queue) => sum + written - (this.#read[queue] as number),
      0,
    );
  }
}

/** Pairs of field 1, of field 2, and DTVCC triplets with their type. Marker bits and padding may be made anew. */
function each(frame: Uint8Array, take: (queue: number, value: number) => void): void {
  for (let at = 0; at + 2 < frame.length; at += 3) {
    const first = frame[at] as number;
    if ((first & 4) === 0) continue;
    const pair = ((frame[at + 1] as number) << 8) | (frame[at + 2] as number);
    if ((first & 2) !== 0) take(2, ((first & 1) << 16) | pair);
    else if ((pair & 0x7f7f) !== 0) take(first & 1, pair);
  }
}

/** Frames of random captions: at most 20 pairs a field and 400 triplets a second, which the slowest rate carries. */
function captions(perSecond: number, random: () => number): () => Uint8Array {
  let sequenceNumber = 0;
  let budget = 0;
  return () => {
    const bytes: number[] = [];
    if (random() % perSecond < 20) bytes.push(0xfc, 1 + (random() % 127), random() & 0xff);
    if (random() % perSecond < 20) bytes.push(0xfd, 1 + (random() % 127), random() & 0xff);
    budget += 400 / perSecond;
    const length = 1 + (random() % 127);
    if (budget > 64 && length / 2 < budget) {
      const packetData = new Uint8Array(length);
      for (let i = 0; i < length; i++) packetData[i] = random();
      const triplets = encodeDtvccPacket({ sequenceNumber: sequenceNumber++ & 3, packetData });
      bytes.push(...triplets);
      budget -= triplets.length / 3;
    }
    return Uint8Array.from(bytes);
  };
}

for (const input of CDP_FRAME_RATES) {
  test(`${seconds} s at cdp_frame_rate ${input.cdpFrameRate} to every rate`, {
    timeout: 60_000 + seconds * 1000,
  }, () => {
    for (const output of CDP_FRAME_RATES) {
      const repacker = new CcRepacker({ inputRate: input.frameRate, outputRate: output.frameRate });
      const expected = new Expected();
      const perSecond = Math.round(input.frameRate.numerator / input.frameRate.denominator);
      const random = generator(input.cdpFrameRate * 16 + output.cdpFrameRate);
      const next = captions(perSecond, random);
      for (let index = 0; index < seconds * perSecond; index++) {
        const frame = next();
        expected.add(frame);
        for (const out of repacker.push(frame)) expected.remove(out);
      }
      for (const out of repacker.flush()) expected.remove(out);
      expect(expected.left).toBe(0);
      expect(repacker.issues).toEqual([]);
      if (seconds > 60) {
        const [field1, field2, dtvcc] = expected.passed;
        writeSync(
          2,
          `${input.cdpFrameRate} to ${output.cdpFrameRate}: ${seconds} s, ${field1} and ${field2} pairs, ${dtvcc} triplets\n`,
        );
      }
    }
  });
}
