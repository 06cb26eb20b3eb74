import * as fc from "fast-check";
import { type CaptionSecond, captionSecond, RATES } from "./arbitraries.js";
import { check, type Defined, hex, plainTriplets, same } from "./check.js";
import type { PlainRate, SuiteRunner } from "./implementation.js";

/** What a change of the frame rate must keep (CTA-708-E 4.3). */
export function repackProperties(repack: Defined<"repack">, runner: SuiteRunner): void {
  const rate = fc.constantFrom(...RATES);
  runner.test("4.3: between any two rates both fields and the DTVCC bytes stay the same", () => {
    check(
      fc.tuple(rate, rate, fc.array(captionSecond, { maxLength: 3 })),
      ([input, output, seconds]) => {
        const perSecond = Math.round(input.rate.numerator / input.rate.denominator);
        const frames = seconds.flatMap((second) => spread(second, perSecond));
        const repacked = repack(frames, input.rate, output.rate);
        same(contentOf(repacked), contentOf(frames), "content");
      },
      runner,
    );
  });
  runner.test(
    "4.3: every frame has the rate's number of triplets, line 21 first, its fields in alternation",
    () => {
      check(
        fc.tuple(rate, rate, fc.array(captionSecond, { minLength: 1, maxLength: 2 })),
        ([input, output, seconds]) => {
          const perSecond = Math.round(input.rate.numerator / input.rate.denominator);
          const frames = seconds.flatMap((second) => spread(second, perSecond));
          let field = 0;
          for (const frame of repack(frames, input.rate, output.rate)) {
            same(frame.length, 3 * output.ccCount, "length");
            let dtvcc = false;
            for (let at = 0; at < frame.length; at += 3) {
              const type = (frame[at] as number) & 3;
              if (type >= 2) dtvcc = true;
              else if (dtvcc) throw new Error("line 21 behind DTVCC");
              else {
                same(type, field, "field");
                field = 1 - field;
              }
            }
          }
        },
        runner,
      );
    },
  );
  runner.test("ST 334-2: as many frames go out as the rates ask for", () => {
    check(
      fc.tuple(rate, rate, fc.integer({ min: 1, max: 100 })),
      ([input, output, count]) => {
        const frames = Array.from({ length: count }, () => new Uint8Array(0));
        const exact = (count * ratio(output.rate)) / ratio(input.rate);
        const made = repack(frames, input.rate, output.rate).length;
        if (Math.abs(made - exact) > 1) throw new Error(`${made} frames where ${exact} are due`);
      },
      runner,
    );
  });
}

function ratio(rate: PlainRate): number {
  return rate.numerator / rate.denominator;
}

/** A second of captions on its frames: line-21 pairs one a frame, packets wherever the number of frames puts them. */
function spread(second: CaptionSecond, frames: number): Uint8Array[] {
  return Array.from({ length: frames }, (_, index) => {
    // Towards the end, so that what is still queued then must be drained.
    const left = frames - 1 - index;
    const first = second.field1[left];
    const other = second.field2[left];
    const packet = left % 4 === 0 ? second.packets[left / 4] : undefined;
    return Uint8Array.from([
      ...(first === undefined ? [] : [0xfc, ...first]),
      ...(other === undefined ? [] : [0xfd, ...other]),
      ...(packet === undefined
        ? []
        : plainTriplets({ sequenceNumber: index & 3, packetData: packet })),
    ]);
  });
}

function contentOf(frames: readonly Uint8Array[]): unknown {
  const fields: string[] = ["", ""];
  let dtvcc = "";
  for (const frame of frames) {
    for (let at = 0; at + 2 < frame.length; at += 3) {
      const [first, ccData1, ccData2] = frame.subarray(at, at + 3) as unknown as [
        number,
        number,
        number,
      ];
      if ((first & 4) === 0) continue;
      const text = hex(Uint8Array.of(ccData1, ccData2));
      if ((first & 2) !== 0) dtvcc += (first & 1) + text;
      else if (((ccData1 | ccData2) & 0x7f) !== 0) fields[first & 1] += text;
    }
  }
  return { fields, dtvcc };
}
