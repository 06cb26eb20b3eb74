import { binary, bytesOf, cleanPacket, joined } from "@x/st291/conformance";
import fc from "fast-check";
import { packets, pts } from "./arbitraries.js";
import type { PropertyRunner, St2038Implementation } from "./implementation.js";
import { oracleUnit } from "./oracle.js";
import { equal } from "./verdict.js";

/** PES packets around units. */
export function pesProperties(
  { encodePes, decodePes }: St2038Implementation,
  { describe, test, numRuns }: PropertyRunner,
): void {
  const property = <T>(title: string, arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void =>
    test(title, () => fc.assert(fc.property(arbitrary, body), { numRuns }));

  if (encodePes !== undefined) {
    describe("writing a PES packet", () => {
      property(
        "ST 2038 4.2: private_stream_1, aligned, with PTS and length",
        fc.tuple(packets(cleanPacket(20)), pts(), fc.integer({ min: 0, max: 20 })),
        ([all, time, stuffing]) => {
          const unit = oracleUnit(all, stuffing);
          const fields = { flags: 0x8480, headerData: timestamp(2, time) };
          equal([...encodePes(all, time, stuffing)], [...pesPacket(fields, unit)]);
        },
      );
    });
  }

  if (decodePes !== undefined) {
    describe("reading a PES packet", () => {
      property(
        "ST 2038 4.2: PTS has 33 bits, and the unit begins behind the header data",
        fc.tuple(pts(), fc.uint8Array(), fc.integer({ min: 0, max: 20 })),
        ([time, unit, stuffing]) => {
          const headerData = joined([timestamp(2, time), new Uint8Array(stuffing).fill(0xff)]);
          const pes = decodePes(pesPacket({ flags: 0x8480, headerData }, unit));
          equal(pes.pts, time);
          equal([...pes.payload], [...unit]);
        },
      );
      property(
        "ISO/IEC 13818-1 2.4.3.7: flags and a DTS that ST 2038 has no use for do not matter",
        fc.tuple(pts(), pts(), fc.uint8Array(), fc.integer({ min: 0, max: 15 })),
        ([time, decodingTime, unit, lowFlags]) => {
          const headerData = joined([timestamp(3, time), timestamp(1, decodingTime)]);
          const pes = decodePes(pesPacket({ flags: 0x80c0 + lowFlags * 0x100, headerData }, unit));
          equal(pes.pts, time);
          equal([...pes.payload], [...unit]);
        },
      );
      property("ISO/IEC 13818-1 2.4.3.7: a packet without PTS is read", fc.uint8Array(), (unit) => {
        const pes = decodePes(pesPacket({ flags: 0x8400, headerData: new Uint8Array(0) }, unit));
        equal(pes.pts === undefined, true);
        equal([...pes.payload], [...unit]);
      });
      property(
        "ISO/IEC 13818-1 2.4.3.7: bytes beyond PES_packet_length are ignored; length 0 has no end",
        fc.tuple(pts(), fc.uint8Array(), fc.uint8Array({ minLength: 1 }), fc.boolean()),
        ([time, unit, more, unbounded]) => {
          const bytes = pesPacket({ flags: 0x8480, headerData: timestamp(2, time) }, unit);
          if (unbounded) bytes.fill(0, 4, 6);
          const { payload } = decodePes(joined([bytes, more]));
          equal([...payload], unbounded ? [...unit, ...more] : [...unit]);
        },
      );
    });
  }
}

function pesPacket(
  { flags, headerData }: { readonly flags: number; readonly headerData: Uint8Array },
  unit: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = 3 + headerData.length + unit.length;
  const head = `${binary(0x000001bd, 32)}${binary(length, 16)}${binary(flags, 16)}`;
  return joined([bytesOf(head + binary(headerData.length, 8)), headerData, unit]);
}

function timestamp(prefix: number, value: number): Uint8Array<ArrayBuffer> {
  const bits = binary(value, 33);
  const parts = [bits.slice(0, 3), bits.slice(3, 18), bits.slice(18)];
  return bytesOf(`${binary(prefix, 4)}${parts.map((part) => `${part}1`).join("")}`);
}
