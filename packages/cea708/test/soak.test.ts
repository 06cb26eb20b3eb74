// Rate conversion for a long time. SOAK_SECONDS=86400 runs a day of captions through every pair of rates.
import { expect, test } from "vitest";
import { CcRepacker, CDP_FRAME_RATES, encodeDtvccPacket, splitCcData } from "../src/index.js";

const seconds = Number(process.env.SOAK_SECONDS ?? 10);

/** A small generator of its own: a day must not depend on anybody's. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

/** What went in and has not come out yet, for both fields and DTVCC. */
class Expected {
  readonly #queues: [number[], number[], number[]] = [[], [], []];

  add(frame: Uint8Array): void {
    each(frame, (queue, value) => this.#queues[queue].push(value));
  }

  remove(frame: Uint8Array): void {
    each(frame, (queue, value) => {
      if (this.#queues[queue].shift() !== value)
        throw new Error(`queue ${queue}: not what went in`);
    });
  }

  get left(): number {
    return this.#queues[0].length + this.#queues[1].length + this.#queues[2].length;
  }
}

function each(frame: Uint8Array, take: (queue: 0 | 1 | 2, value: number) => void): void {
  const { field1, field2, dtvcc } = splitCcData(frame);
  for (const [queue, pairs] of [
    [0, field1],
    [1, field2],
  ] as const) {
    for (let at = 0; at < pairs.length; at += 2) {
      const pair = ((pairs[at] as number) << 8) | (pairs[at + 1] as number);
      if ((pair & 0x7f7f) !== 0) take(queue, pair);
    }
  }
  for (const byte of dtvcc) take(2, byte);
}

for (const input of CDP_FRAME_RATES) {
  test(`${seconds} s at cdp_frame_rate ${input.cdpFrameRate} to every rate`, {
    timeout: 60_000 + seconds * 1000,
  }, () => {
    for (const output of CDP_FRAME_RATES) {
      const random = generator(input.cdpFrameRate * 16 + output.cdpFrameRate);
      const repacker = new CcRepacker({ inputRate: input.frameRate, outputRate: output.frameRate });
      const expected = new Expected();
      const perSecond = Math.round(input.frameRate.numerator / input.frameRate.denominator);
      let sequenceNumber = 0;
      let budget = 0;
      for (let index = 0; index < seconds * perSecond; index++) {
        const bytes: number[] = [];
        // At most 20 pairs a field and 400 triplets a second: what the slowest rate carries with room to spare.
        if (random() % perSecond < 20) bytes.push(0xfc, 1 + (random() % 127), random() & 0xff);
        if (random() % perSecond < 20) bytes.push(0xfd, 1 + (random() % 127), random() & 0xff);
        budget += 400 / perSecond;
        const length = 1 + (random() % 127);
        if (budget > 64 && length / 2 < budget) {
          const packetData = Uint8Array.from({ length }, random);
          const triplets = encodeDtvccPacket({ sequenceNumber: sequenceNumber++ & 3, packetData });
          bytes.push(...triplets);
          budget -= triplets.length / 3;
        }
        const frame = Uint8Array.from(bytes);
        expected.add(frame);
        for (const out of repacker.push(frame)) expected.remove(out);
      }
      for (const out of repacker.flush()) expected.remove(out);
      expect(expected.left).toBe(0);
      expect(repacker.issues).toEqual([]);
    }
  });
}
