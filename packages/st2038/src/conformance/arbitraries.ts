import type { AncPacket } from "@x/st291";
import { cleanPacket, rawPacket } from "@x/st291/conformance";
import fc from "fast-check";

/** Packets of a unit. */
export function packets(
  packet: fc.Arbitrary<AncPacket> = fc.oneof(cleanPacket(30), rawPacket(30)),
): fc.Arbitrary<AncPacket[]> {
  return fc.array(packet, { maxLength: 5 });
}

/** Bytes that look like a unit in places: records whole, cut and damaged, stuffing, and noise. */
export function junkUnit(): fc.Arbitrary<Uint8Array> {
  return fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40, max: 3 }),
        fc.integer({ min: 0, max: 20 }).map((n) => new Uint8Array(n).fill(0xff)),
        fc
          .uint8Array({ minLength: 9, maxLength: 60 })
          .map((b) => b.map((v, i) => (i === 0 ? v & 3 : v))),
      ),
      { maxLength: 6 },
    )
    .map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));
}

/** PTS, 33 bits: the edges more often than chance has it. */
export function pts(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: 2 ** 33 - 1 }),
    fc.constantFrom(0, 1, 2 ** 15, 2 ** 30, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 - 1),
  );
}
