import type { AncPacket } from "@x/st291";
import {
  binary,
  bytesOf,
  cleanPacket,
  joined,
  oracleWord,
  plainPackets,
  rawPacket,
} from "@x/st291/conformance";
import fc from "fast-check";
import { packets } from "./arbitraries.js";
import type { PropertyRunner, St2038Implementation } from "./implementation.js";
import { equal } from "./verdict.js";

/** The ancillary element of MXF. */
export function st436Properties(
  { encodeSt436, parseSt436 }: St2038Implementation,
  { describe, test, numRuns }: PropertyRunner,
): void {
  const property = <T>(title: string, arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void =>
    test(title, () => fc.assert(fc.property(arbitrary, body), { numRuns }));

  if (encodeSt436 !== undefined) {
    describe("writing an ST 436 element", () => {
      property(
        "ST 436-1: eight-bit samples with the low byte of their sum, filled up to four bytes",
        packets(cleanPacket(40)),
        (all) => equal([...encodeSt436(all, 8)], [...element(all.map((p) => eightBit(p)))]),
      );
      property(
        "ST 436-1: ten-bit words, three in four bytes, high bits first",
        packets(rawPacket(40)),
        (all) => equal([...encodeSt436(all, 10)], [...element(all.map((p) => tenBit(p)))]),
      );
    });
  }

  if (parseSt436 !== undefined) {
    describe("reading an ST 436 element", () => {
      property(
        "ST 291-1: eight-bit samples get parity and checksum, whether their sum is stored or not",
        fc.tuple(packets(cleanPacket(40)), fc.boolean()),
        ([all, stored]) => {
          const value = element(all.map((packet) => eightBit(packet, stored)));
          const result = parseSt436(value);
          equal(plainPackets(result.packets), plainPackets(all.map(withoutOffset)));
          equal([result.diagnostics.length, result.unparsedBytes], [0, 0]);
        },
      );
      property(
        "ST 436-1: ten-bit words are kept, the checksum too",
        packets(rawPacket(40)),
        (all) => {
          const result = parseSt436(element(all.map((packet) => tenBit(packet))));
          equal(plainPackets(result.packets), plainPackets(all.map(withoutOffset)));
        },
      );
      property(
        "ST 436-1: a coding that is not one of ancillary data is skipped and named",
        fc.tuple(packets(cleanPacket(9)), fc.constantFrom(0, 1, 2, 3, 13, 255), cleanPacket(9)),
        ([all, coding, last]) => {
          const pieces = [...all.map((p) => eightBit(p)), eightBit(last)];
          const strange = eightBit(last);
          strange[3] = coding;
          const result = parseSt436(element([strange, ...pieces]));
          equal(plainPackets(result.packets), plainPackets([...all, last].map(withoutOffset)));
          equal(
            result.diagnostics.map(({ code, packet }) => [code, packet]),
            [["unsupported-coding", 0]],
          );
        },
      );
      property(
        "ST 436-1: an element that is cut off keeps the packets before the cut",
        fc.tuple(fc.array(cleanPacket(9), { minLength: 1, maxLength: 4 }), fc.nat()),
        ([all, cut]) => {
          const pieces = all.map((packet) => eightBit(packet));
          const whole = element(pieces);
          const end = 2 + (cut % (whole.length - 2));
          const result = parseSt436(whole.subarray(0, end));
          let at = 2;
          const kept = all.filter((_, i) => {
            at += (pieces[i] as Uint8Array).length;
            return at <= end;
          });
          equal(plainPackets(result.packets), plainPackets(kept.map(withoutOffset)));
          equal(
            result.diagnostics.map(({ code, packet }) => [code, packet]),
            [["truncated", kept.length]],
          );
        },
      );
      property("any bytes give a result", fc.uint8Array({ maxLength: 200 }), (value) => {
        const { unparsedBytes } = parseSt436(value);
        equal(unparsedBytes >= 0 && unparsedBytes <= value.length, true);
      });
    });
  }
}

/** ST 436 stores no offset: it is read as "no specific location". */
function withoutOffset(packet: AncPacket): AncPacket {
  return { ...packet, horizontalOffset: 0xfff };
}

function element(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined([bytesOf(binary(pieces.length, 16)), ...pieces]);
}

function eightBit(packet: AncPacket, withSum = true): Uint8Array<ArrayBuffer> {
  const bytes = Array.from(packet.words.subarray(0, -1), (word) => word & 0xff);
  const wrong = packet.words.subarray(0, -1).some((word) => word !== oracleWord(word & 0xff));
  if (withSum) bytes.push(bytes.reduce((sum, byte) => sum + byte, 0) & 0xff);
  const bits = bytes.map((byte) => binary(byte, 8)).join("");
  return piece(packet, wrong ? 10 : 4, bytes.length, bits);
}

function tenBit(packet: AncPacket): Uint8Array<ArrayBuffer> {
  let bits = "";
  packet.words.forEach((word, i) => {
    bits += binary(word, 10) + (i % 3 === 2 ? "00" : "");
  });
  return piece(packet, 7, packet.words.length, bits);
}

function piece(
  packet: AncPacket,
  lumaCoding: number,
  count: number,
  samples: string,
): Uint8Array<ArrayBuffer> {
  const array = samples.padEnd(Math.ceil(samples.length / 32) * 32, "0");
  const coding = lumaCoding + (packet.cNotYChannelFlag ? 1 : 0);
  const head =
    binary(packet.lineNumber, 16) +
    binary(1, 8) +
    binary(coding, 8) +
    binary(count, 16) +
    binary(array.length / 8, 32) +
    binary(1, 32);
  return bytesOf(head + array);
}
