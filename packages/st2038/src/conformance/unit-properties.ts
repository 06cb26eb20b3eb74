import type { AncPacket } from "@x/st291";
import {
  cleanPacket,
  joined,
  oracleChecksum,
  oracleWord,
  plainPackets,
  rawPacket,
} from "@x/st291/conformance";
import fc from "fast-check";
import { junkUnit, packets } from "./arbitraries.js";
import type {
  ConformanceDiagnostic,
  PropertyRunner,
  St2038Implementation,
} from "./implementation.js";
import { oracleRecord, oracleUnit } from "./oracle.js";
import { conformanceVectors } from "./vectors.js";
import { equal, fail } from "./verdict.js";

/** Records and units. */
export function unitProperties(
  implementation: St2038Implementation,
  { describe, test, numRuns }: PropertyRunner,
): void {
  const { parseUnit, encodeUnit } = implementation;
  const property = <T>(title: string, arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void =>
    test(title, () => fc.assert(fc.property(arbitrary, body), { numRuns }));

  describe("writing a unit", () => {
    property(
      "ST 2038 4.2: a record is its fields, most significant bit first, filled up with ones",
      fc.oneof(cleanPacket(), rawPacket()),
      (packet) => equal([...encodeUnit([packet], 0)], [...oracleRecord(packet)]),
    );
    property(
      "ST 2038 4.2: records follow each other, then come stuffing bytes of 0xFF",
      fc.tuple(packets(), fc.integer({ min: 0, max: 20 })),
      ([all, stuffing]) => equal([...encodeUnit(all, stuffing)], [...oracleUnit(all, stuffing)]),
    );
  });

  describe("reading a unit", () => {
    property(
      "ST 2038 4.2: every field of every record is read, words with all ten bits",
      packets(fc.oneof(cleanPacket(), rawPacket())),
      (all) => {
        const { packets: found, unparsedBytes } = parseUnit(oracleUnit(all));
        equal(plainPackets(found), plainPackets(all));
        equal(unparsedBytes, 0);
      },
    );
    property(
      "ST 2038 4.2.1: only the low eight bits of data_count count",
      fc.tuple(cleanPacket(), fc.integer({ min: 0, max: 3 }), cleanPacket(5)),
      ([packet, top, next]) => {
        const words = packet.words.slice();
        words[2] = ((words[2] as number) & 0xff) | (top << 8);
        const all = [{ ...packet, words }, next];
        equal(plainPackets(parseUnit(oracleUnit(all)).packets), plainPackets(all));
      },
    );
    property(
      "ST 2038 4.2: 0xFF up to the end is stuffing, however little there is",
      fc.tuple(packets(cleanPacket(20)), fc.integer({ min: 1, max: 30 })),
      ([all, stuffing]) => {
        const result = parseUnit(oracleUnit(all, stuffing));
        equal(plainPackets(result.packets), plainPackets(all));
        equal(codes(result.diagnostics), []);
        equal(result.unparsedBytes, 0);
      },
    );
    property(
      "ST 2038 4.2: 0xFF before a record is passed over and named",
      fc.tuple(
        fc.array(cleanPacket(9), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 12 }),
      ),
      ([all, stuffing]) => {
        const ones = new Uint8Array(stuffing).fill(0xff);
        const result = parseUnit(joined(all.flatMap((packet) => [ones, oracleRecord(packet)])));
        equal(plainPackets(result.packets), plainPackets(all));
        equal(
          codes(result.diagnostics),
          all.map((_, i) => `stuffing-between ${i}`),
        );
      },
    );
    property(
      "ST 2038 4.2: alignment bits that are not ones are named, and the record is read",
      fc.tuple(cleanPacket(40), cleanPacket(9)),
      ([packet, next]) => {
        const record = oracleRecord(packet);
        const spare = record.length * 8 - 30 - 10 * packet.words.length;
        record[record.length - 1] = (record[record.length - 1] as number) & ~((1 << spare) - 1);
        const result = parseUnit(joined([record, oracleRecord(next)]));
        equal(plainPackets(result.packets), plainPackets([packet, next]));
        equal(codes(result.diagnostics), spare === 0 ? [] : ["alignment-bits 0"]);
      },
    );
    property(
      "ST 2038 4.2: a first byte of 4 to 254 loses framing, and what was before is kept",
      fc.tuple(packets(cleanPacket(9)), fc.integer({ min: 4, max: 254 }), fc.uint8Array()),
      ([all, first, rest]) => {
        const unit = joined([oracleUnit(all), Uint8Array.of(first), rest]);
        const result = parseUnit(unit);
        equal(plainPackets(result.packets), plainPackets(all));
        equal(codes(result.diagnostics), [`reserved-not-zero ${all.length}`]);
        equal(result.unparsedBytes, rest.length + 1);
      },
    );
    property(
      "ST 2038 4.2: a record that is cut off is not read, and what was before is kept",
      fc.tuple(packets(cleanPacket(9)), cleanPacket(60), fc.nat(), fc.integer({ min: 0, max: 3 })),
      ([all, packet, cut, stuffing]) => {
        const record = oracleRecord(packet);
        const part = record.subarray(0, 1 + (cut % (record.length - 1)));
        const ones = new Uint8Array(stuffing).fill(0xff);
        const result = parseUnit(joined([oracleUnit(all), ones, part]));
        equal(plainPackets(result.packets), plainPackets(all));
        const named = stuffing > 0 ? [`stuffing-between ${all.length}`] : [];
        equal(codes(result.diagnostics), [...named, `truncated ${all.length}`]);
        equal(result.unparsedBytes, part.length);
      },
    );
    property("any bytes give a result in which everything has its place", junkUnit(), (bytes) => {
      const { packets: found, unparsedBytes, diagnostics } = parseUnit(bytes);
      let at = 0;
      for (const packet of found) {
        while (bytes[at] === 0xff) at++;
        const record = oracleRecord(packet);
        const bits = 30 + 10 * packet.words.length;
        const spare = record.length * 8 - bits;
        const actual = bytes.slice(at, at + record.length);
        const end = record.length - 1;
        actual[end] = (actual[end] as number) | ((1 << spare) - 1);
        equal([...actual], [...record]);
        at += record.length;
      }
      while (bytes[at] === 0xff) at++;
      equal(at + unparsedBytes, bytes.length);
      const stops = codes(diagnostics).filter((code) =>
        /^(truncated|reserved-not-zero) /.test(code),
      );
      equal(stops.length, unparsedBytes > 0 ? 1 : 0);
    });
    property("diagnostics come by packet, then by code, each once", junkUnit(), (bytes) => {
      const keys = parseUnit(bytes).diagnostics.map(
        ({ packet, code }) => `${String(packet).padStart(9, "0")} ${code}`,
      );
      equal(keys, [...new Set(keys)].sort());
    });
  });

  describe("checking words", () => {
    property("ST 291-1: right parity and checksum need no comment", packets(cleanPacket()), (all) =>
      equal(codes(parseUnit(oracleUnit(all)).diagnostics), []),
    );
    property(
      "ST 291-1: what is wrong with words is named with their indexes, and they are kept",
      packets(rawPacket(40)),
      (all) => {
        const result = parseUnit(oracleUnit(all));
        equal(plainPackets(result.packets), plainPackets(all));
        equal(result.diagnostics.map(plainDiagnostic), all.flatMap(expectedDiagnostics));
      },
    );
    property(
      "ST 291-1: parity that is inverted in every word is named so",
      fc.tuple(cleanPacket(60), fc.nat(), fc.boolean()),
      ([packet, which, all]) => {
        const words = packet.words.slice();
        const last = words.length - 1;
        for (let i = 0; i < last; i++) {
          if (all || i !== which % last) words[i] = (words[i] as number) ^ 0x300;
        }
        words[last] = oracleChecksum(words.subarray(0, last));
        const [diagnostic, ...more] = parseUnit(oracleUnit([{ ...packet, words }])).diagnostics;
        equal(more.length, 0);
        equal(diagnostic?.code, "parity");
        equal(diagnostic?.inverted === true, all);
      },
    );
    property(
      "ST 291-1: each single wrong bit of a clean record is reported, except in C, line and offset",
      fc.tuple(cleanPacket(20), fc.nat()),
      ([packet, which]) => {
        const record = oracleRecord(packet);
        const bit = which % (record.length * 8);
        record[bit >>> 3] = (record[bit >>> 3] as number) ^ (0x80 >>> (bit & 7));
        const reported = parseUnit(record).diagnostics.length > 0;
        if (reported !== (bit < 6 || bit >= 30)) fail(`bit ${bit}: reported ${reported}`);
      },
    );
    property(
      "a packet with wrong words never hides those around it",
      fc.tuple(cleanPacket(20), rawPacket(20), cleanPacket(20)),
      (all) => equal(plainPackets(parseUnit(oracleUnit(all)).packets), plainPackets(all)),
    );
  });

  describe("round trip", () => {
    property(
      "what is read and written again is the same bytes, wrong parity and checksums included",
      packets(rawPacket()),
      (all) => {
        const unit = oracleUnit(all, 3);
        const found = parseUnit(unit).packets.map(ownWords);
        equal([...encodeUnit(found, 3)], [...unit]);
      },
    );
  });

  describe("vectors", () => {
    for (const { title, unitHex, words, diagnostics, unparsedBytes } of conformanceVectors) {
      test(title, () => {
        const bytes = Uint8Array.from(unitHex.match(/../g) ?? [], (hex) =>
          Number.parseInt(hex, 16),
        );
        const result = parseUnit(bytes);
        const hex = result.packets.map((packet) =>
          Array.from(packet.words, (word) => word.toString(16).padStart(3, "0")).join(""),
        );
        equal(hex, words);
        equal(codes(result.diagnostics), diagnostics);
        equal(result.unparsedBytes, unparsedBytes);
      });
    }
  });
}

/** A packet whose words are an array of their own, for an encoder. */
function ownWords(packet: {
  readonly cNotYChannelFlag: boolean;
  readonly lineNumber: number;
  readonly horizontalOffset: number;
  readonly words: ArrayLike<number>;
}): AncPacket {
  return { ...packet, words: Uint16Array.from(Array.from(packet.words)) };
}

/** `code packet`, and ` inverted` behind. */
function codes(diagnostics: readonly ConformanceDiagnostic[]): string[] {
  return diagnostics.map(
    ({ code, packet, inverted }) => `${code} ${packet}${inverted ? " inverted" : ""}`,
  );
}

type PlainDiagnostic = readonly [string, number | undefined, readonly number[], boolean];

function plainDiagnostic(d: ConformanceDiagnostic): PlainDiagnostic {
  return [d.code, d.packet, [...(d.words ?? [])], d.inverted === true];
}

function expectedDiagnostics({ words }: AncPacket, packet: number): PlainDiagnostic[] {
  const checked = [...words.subarray(0, -1)];
  const indexes = (wrong: (word: number) => boolean): number[] =>
    checked.flatMap((word, i) => (wrong(word) ? [i] : []));
  const forbidden = indexes((word) => word <= 3 || word >= 0x3fc);
  const parity = indexes((word) => word !== oracleWord(word & 0xff));
  const inverted = checked.every((word) => (word ^ 0x300) === oracleWord(word & 0xff));
  const diagnostics: PlainDiagnostic[] = [];
  if (words[words.length - 1] !== oracleChecksum(checked)) {
    diagnostics.push(["checksum", packet, [], false]);
  }
  if (forbidden.length > 0) diagnostics.push(["forbidden-word", packet, forbidden, false]);
  if (parity.length > 0) diagnostics.push(["parity", packet, parity, inverted]);
  return diagnostics;
}
