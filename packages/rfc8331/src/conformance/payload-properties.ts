import type { AncPacket } from "@x/st291";
import {
  binary,
  bytesOf,
  joined,
  oracleChecksum,
  oracleWord,
  plainPackets,
} from "@x/st291/conformance";
import fc from "fast-check";
import { cleanPacket, junkPayload, packets, payload, rawPacket } from "./arbitraries.js";
import type {
  ConformanceDiagnostic,
  ConformancePayload,
  ConformanceResult,
  PropertyRunner,
  Rfc8331Implementation,
} from "./implementation.js";
import { oraclePacket, oraclePayload, packetDigits } from "./oracle.js";
import { conformanceVectors } from "./vectors.js";
import { ensure, equal } from "./verdict.js";

/** Payloads. */
export function payloadProperties(
  { parsePayload, encodePayload }: Rfc8331Implementation,
  { describe, test, property }: PropertyRunner,
): void {
  const anyPacket = fc.oneof(cleanPacket(), rawPacket());

  if (encodePayload !== undefined) {
    describe("writing a payload", () => {
      property(
        "RFC 8331 2.1: header, then packets on 32-bit boundaries, filled up with zeros",
        payload(packets(anyPacket)),
        (given) => equal([...encodePayload(given)], [...oraclePayload(given)]),
      );
      property(
        "RFC 8331 2.1: no packets is a header with ANC_Count 0 and Length 0",
        payload(fc.constant([])),
        (given) => equal([...encodePayload(given)], [...oraclePayload(given)]),
      );
      test("RFC 8331 2.1: 255 packets fit", () => {
        const packet = { cNotYChannelFlag: false, lineNumber: 9, horizontalOffset: 0 };
        const words = Uint16Array.from([0x180, 0x200, 0x200, 0x180]);
        const full = of(new Array<AncPacket>(255).fill({ ...packet, words }));
        equal([...encodePayload(full)], [...oraclePayload(full)]);
      });
    });
  }
  if (parsePayload === undefined) return;

  describe("reading a payload", () => {
    property(
      "RFC 8331 2.1: every field of header and packets is read, words with all ten bits",
      payload(packets(anyPacket)),
      (given) => {
        const result = parsePayload(oraclePayload(given));
        equal(header(result), [
          given.extendedSequenceNumber,
          oraclePayload(given).length - 8,
          given.packets.length,
          given.f,
        ]);
        equal(plainPackets(result.packets), plainPackets(given.packets));
        equal(result.unparsedBytes, 0);
      },
    );
    property(
      "RFC 8331 2.1: StreamNum means nothing while S is 0",
      fc.tuple(payload(packets(cleanPacket(9))), fc.integer({ min: 1, max: 0x7f })),
      ([given, stray]) => {
        const bytes = oraclePayload(given);
        let at = 8;
        for (const packet of given.packets) {
          if (packet.streamNum === undefined) bytes[at + 3] = stray;
          at += oraclePacket(packet).length;
        }
        equal(plainPackets(parsePayload(bytes).packets), plainPackets(given.packets));
      },
    );
    property(
      "RFC 8331 2.1: only the low eight bits of Data_Count count",
      fc.tuple(cleanPacket(), fc.integer({ min: 0, max: 3 }), cleanPacket(5)),
      ([packet, top, next]) => {
        const words = packet.words.slice();
        words[2] = ((words[2] as number) & 0xff) | (top << 8);
        const given = of([{ ...packet, words }, next]);
        equal(
          plainPackets(parsePayload(oraclePayload(given)).packets),
          plainPackets(given.packets),
        );
      },
    );
    property(
      "RFC 8331 2.1: reserved bits are ignored, and named",
      fc.tuple(payload(packets(cleanPacket(9))), fc.integer({ min: 1, max: 2 ** 22 - 1 })),
      ([given, reserved]) => {
        const bytes = oraclePayload(given);
        bytes.set(bytesOf(binary(given.f, 2) + binary(reserved, 22)), 5);
        const result = parsePayload(bytes);
        equal(plainPackets(result.packets), plainPackets(given.packets));
        equal(codes(result.diagnostics), ["reserved-not-zero"]);
      },
    );
    property(
      "RFC 8331 2.1: with F = 01 the ANC data is ignored, and F is named",
      payload(packets(cleanPacket(9))),
      (given) => {
        const result = parsePayload(oraclePayload({ ...given, f: 0b01 }));
        equal([result.packets.length, result.f], [0, 0b01]);
        equal(codes(result.diagnostics), ["f-invalid"]);
      },
    );
    property(
      "RFC 8331 2.1: ANC_Count and Data_Count delimit, a wrong Length is only named",
      fc.tuple(payload(packets(cleanPacket(9))), fc.integer({ min: 1, max: 0xffff })),
      ([given, deviation]) => {
        const bytes = oraclePayload(given);
        const length = ((bytes.length - 8) ^ deviation) & 0xffff;
        bytes.set(bytesOf(binary(length, 16)), 2);
        const result = parsePayload(bytes);
        equal(plainPackets(result.packets), plainPackets(given.packets));
        equal([result.length, ...codes(result.diagnostics)], [length, "length-mismatch"]);
      },
    );
    property(
      "RFC 8331 2.1: what follows ANC_Count packets is left alone, and named",
      fc.tuple(packets(cleanPacket(9)), fc.uint8Array({ minLength: 1, maxLength: 40 })),
      ([all, rest]) => {
        const bytes = joined([oraclePayload(of(all)), rest]);
        const result = parsePayload(bytes);
        equal(plainPackets(result.packets), plainPackets(all));
        equal(codes(result.diagnostics), ["count-mismatch", "length-mismatch"]);
        equal(result.unparsedBytes, rest.length);
      },
    );
    property(
      "RFC 8331 2.1: a packet that is cut off is not read, and what was before is kept",
      fc.tuple(packets(cleanPacket(9)), cleanPacket(60), fc.nat()),
      ([all, packet, cut]) => {
        const whole = oraclePayload(of([...all, packet]));
        const needed = Math.ceil(packetDigits(packet).length / 8);
        const start = whole.length - oraclePacket(packet).length;
        const bytes = whole.subarray(0, start + (cut % needed));
        const result = parsePayload(bytes);
        equal(plainPackets(result.packets), plainPackets(all));
        equal(codes(result.diagnostics), ["length-mismatch", `truncated ${all.length}`]);
        equal(result.unparsedBytes, cut % needed);
      },
    );
    property(
      "RFC 8331 2.1: word_align octets that are missing at the end are named, and the packet is read",
      fc.tuple(packets(cleanPacket(9)), cleanPacket(60), fc.nat()),
      ([all, packet, cut]) => {
        const whole = oraclePayload(of([...all, packet]));
        const octets = oraclePacket(packet).length - Math.ceil(packetDigits(packet).length / 8);
        const missing = octets === 0 ? 0 : 1 + (cut % octets);
        const result = parsePayload(whole.subarray(0, whole.length - missing));
        equal(plainPackets(result.packets), plainPackets([...all, packet]));
        const named = ["length-mismatch", `alignment-missing ${all.length}`];
        equal(codes(result.diagnostics), missing === 0 ? [] : named);
        equal(result.unparsedBytes, 0);
      },
    );
    property(
      "RFC 8331 2.1: word_align bits that are not zeros are named, and the packet is read",
      fc.tuple(cleanPacket(40), cleanPacket(9), fc.nat()),
      ([packet, next, which]) => {
        const bits = packetDigits(packet);
        const spare = oraclePacket(packet).length * 8 - bits.length;
        const bytes = oraclePayload(of([packet, next]));
        if (spare > 0) {
          const ones = [...bits.padEnd(bits.length + spare, "0")];
          ones[bits.length + (which % spare)] = "1";
          bytes.set(bytesOf(ones.join("")), 8);
        }
        const result = parsePayload(bytes);
        equal(plainPackets(result.packets), plainPackets([packet, next]));
        equal(codes(result.diagnostics), spare === 0 ? [] : ["alignment-bits 0"]);
      },
    );
    property(
      "a header of fewer than 8 bytes gives the fields that are whole",
      fc.tuple(payload(), fc.integer({ min: 0, max: 7 })),
      ([given, size]) => {
        const bytes = oraclePayload(given);
        const result = parsePayload(bytes.subarray(0, size));
        equal(header(result), [
          size < 2 ? null : given.extendedSequenceNumber,
          size < 4 ? null : bytes.length - 8,
          size < 5 ? null : given.packets.length,
          size < 6 ? null : given.f,
        ]);
        equal([result.packets.length, result.unparsedBytes], [0, size]);
        equal(codes(result.diagnostics), ["truncated"]);
      },
    );
    property(
      "any bytes give a result in which everything has its place",
      junkPayload(),
      (bytes) => {
        const { packets: found, unparsedBytes, f } = parsePayload(bytes);
        if (bytes.length < 8 || f === 0b01) return;
        const parsed = found.reduce((sum, packet) => sum + oraclePacket(packet).length, 8);
        equal(Math.min(parsed, bytes.length) + unparsedBytes, bytes.length);
        let at = 8;
        for (const packet of found) {
          const bits = packetDigits(packet);
          const there = bytes.slice(at, at + Math.ceil(bits.length / 8));
          const read = Array.from(there, (byte) => binary(byte, 8)).join("");
          // StreamNum without S is not kept.
          const s = packet.streamNum === undefined;
          equal(
            read.slice(0, 24) + read.slice(32, bits.length),
            bits.slice(0, 24) + bits.slice(32),
          );
          ensure((read[24] === "0") === s, "S");
          at += oraclePacket(packet).length;
        }
      },
    );
    for (const vector of conformanceVectors) {
      test(`vector: ${vector.title}`, () => {
        const bytes = Uint8Array.from(vector.payloadHex.match(/../g) ?? [], (octet) =>
          Number.parseInt(octet, 16),
        );
        const result = parsePayload(bytes);
        equal(
          result.packets.map(({ words }) => Array.from(words, hex).join("")),
          vector.words,
        );
        equal(codes(result.diagnostics), vector.diagnostics);
        equal(result.unparsedBytes, vector.unparsedBytes);
      });
    }
  });

  describe("parity and checksum", () => {
    property(
      "ST 291-1: parity, checksum and reserved words are verified on the words as received",
      fc.array(rawPacket(40), { maxLength: 4 }),
      (all) => {
        const { diagnostics } = parsePayload(oraclePayload(of(all)));
        equal(diagnostics.map(plainDiagnostic), all.flatMap(expectedDiagnostics));
      },
    );
    property(
      "ST 291-1: a packet with all parity inverted is read, and named so",
      cleanPacket(20),
      (packet) => {
        const inverted = Array.from(packet.words.subarray(0, -1), (word) => word ^ 0x300);
        const words = Uint16Array.from([...inverted, oracleChecksum(inverted)]);
        const result = parsePayload(oraclePayload(of([{ ...packet, words }])));
        equal(plainPackets(result.packets), plainPackets([{ ...packet, words }]));
        equal(codes(result.diagnostics), ["parity 0 inverted"]);
      },
    );
    property(
      "a bad packet never hides a good one behind it",
      fc.tuple(rawPacket(40), cleanPacket(9)),
      ([bad, good]) => {
        const result = parsePayload(oraclePayload(of([bad, good])));
        equal(plainPackets(result.packets), plainPackets([bad, good]));
        ensure(!result.diagnostics.some(({ packet }) => packet === 1), "the good one is named");
      },
    );
  });

  if (encodePayload !== undefined) {
    describe("round trips", () => {
      property("what was written is read", payload(packets(anyPacket)), (given) => {
        const result = parsePayload(encodePayload(given));
        equal(plainPackets(result.packets), plainPackets(given.packets));
      });
      property(
        "what was read is written with the same bytes, wrong parity and checksums included",
        payload(packets(rawPacket(60))),
        (given) => {
          const bytes = oraclePayload(given);
          const { extendedSequenceNumber = 0, f = 0, packets: found } = parsePayload(bytes);
          const again = found.map(own);
          equal([...encodePayload({ extendedSequenceNumber, f, packets: again })], [...bytes]);
        },
      );
    });
  }
}

function of(all: readonly AncPacket[]): ConformancePayload {
  return { extendedSequenceNumber: 0, f: 0, packets: all };
}

function own(packet: ConformanceResult["packets"][number]): AncPacket {
  const { streamNum, words, ...place } = packet;
  const copy = { ...place, words: Uint16Array.from(Array.from(words)) };
  return streamNum === undefined ? copy : { ...copy, streamNum };
}

function header(result: ConformanceResult): unknown[] {
  const { extendedSequenceNumber, length, ancCount, f } = result;
  return [extendedSequenceNumber ?? null, length ?? null, ancCount ?? null, f ?? null];
}

function codes(diagnostics: readonly ConformanceDiagnostic[]): string[] {
  return diagnostics.map(({ code, packet, inverted }) =>
    [code, ...(packet === undefined ? [] : [packet]), ...(inverted ? ["inverted"] : [])].join(" "),
  );
}

function plainDiagnostic(diagnostic: ConformanceDiagnostic): unknown[] {
  const { code, packet, words, inverted } = diagnostic;
  return [code, packet ?? null, words ?? null, inverted === true];
}

function expectedDiagnostics(packet: AncPacket, index: number): unknown[][] {
  const words = [...packet.words].slice(0, -1);
  const indexes = (test: (word: number) => boolean): number[] =>
    words.flatMap((word, i) => (test(word) ? [i] : []));
  const forbidden = indexes((word) => word < 4 || word > 1019);
  const parity = indexes((word) => oracleWord(word % 256) !== word);
  const inverted = words.every((word) => (oracleWord(word % 256) ^ 0x300) === word);
  const expected: unknown[][] = [];
  if (oracleChecksum(words) !== packet.words.at(-1))
    expected.push(["checksum", index, null, false]);
  if (forbidden.length > 0) expected.push(["forbidden-word", index, forbidden, false]);
  if (parity.length > 0) expected.push(["parity", index, parity, inverted]);
  return expected;
}

function hex(word: number): string {
  return word.toString(16).padStart(3, "0");
}
