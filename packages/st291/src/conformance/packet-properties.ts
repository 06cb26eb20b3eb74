import fc from "fast-check";
import { packetContent } from "./arbitraries.js";
import type { St291Implementation } from "./implementation.js";
import { oracleChecksum, oracleWord, oracleWords } from "./oracle.js";
import { conformanceVectors } from "./vectors.js";
import { equal, fail, type Suite } from "./verdict.js";

/** Words and packets (ST 291-1). */
export function packetProperties(
  implementation: St291Implementation,
  { describe, property, example }: Suite,
): void {
  const { createPacket, readPacket, wordOf, checksumWord, checksumValid, parityErrors } =
    implementation;
  const rawWords = fc.array(fc.integer({ min: 0, max: 0x3ff }), { maxLength: 258 });

  describe("words", () => {
    if (wordOf !== undefined) {
      example("ST 291-1: b8 is even parity over b7 to b0, b9 its inverse", () => {
        for (let byte = 0; byte < 256; byte++) equal(wordOf(byte), oracleWord(byte));
      });
    }
    if (checksumWord !== undefined) {
      property(
        "ST 291-1: the checksum is the nine-bit sum of b8 to b0, with the inverse of b8 as b9",
        rawWords,
        (words) => equal(checksumWord(words), oracleChecksum(words)),
      );
    }
  });

  describe("packets", () => {
    property(
      "ST 291-1: DID, SDID or DBN, DC and UDW with parity, then the checksum",
      packetContent(),
      (content) => equal(Array.from(createPacket(content)), oracleWords(content)),
    );
    property("ST 291-1: what is written is read", packetContent(), (content) =>
      equal(readPacket(Uint16Array.from(createPacket(content))), content),
    );
    property(
      "ST 291-1: the content is the low eight bits of each word, whatever the two above",
      fc.tuple(packetContent(), fc.integer({ min: 1, max: 3 })),
      ([content, mask]) => {
        const words = oracleWords(content).map((word) => word ^ (mask << 8));
        equal(readPacket(words), content);
      },
    );
    for (const { title, words, content } of conformanceVectors) {
      example(title, () => {
        equal(Array.from(createPacket(content)), words);
        equal(readPacket(Uint16Array.from(words)), content);
      });
    }
    if (checksumValid !== undefined) {
      property("ST 291-1: a right checksum is valid", packetContent(), (content) =>
        equal(checksumValid(oracleWords(content)), true),
      );
      property("ST 291-1: all ten bits of the checksum word count", packetContent(), (content) => {
        for (let bit = 0; bit < 10; bit++) {
          const words = oracleWords(content);
          const last = words.length - 1;
          words[last] = (words[last] as number) ^ (1 << bit);
          equal(checksumValid(words), false);
        }
      });
    }
    if (parityErrors !== undefined) {
      property(
        "ST 291-1: the words without their parity are named, the checksum word is not one",
        fc.tuple(packetContent(), fc.array(fc.nat({ max: 258 })), fc.integer({ min: 1, max: 3 })),
        ([content, places, mask]) => {
          const words = oracleWords(content);
          const last = words.length - 1;
          const wrong = [...new Set(places.map((place) => place % last))].sort((a, b) => a - b);
          for (const i of wrong) words[i] = (words[i] as number) ^ (mask << 8);
          words[last] = 0x3ff;
          equal(parityErrors(words), wrong);
        },
      );
    }
    if (checksumValid !== undefined && parityErrors !== undefined) {
      property(
        "ST 291-1: parity or checksum shows every single wrong bit",
        fc.tuple(packetContent(), fc.nat(), fc.integer({ min: 0, max: 9 })),
        ([content, place, bit]) => {
          const words = oracleWords(content);
          const at = place % words.length;
          words[at] = (words[at] as number) ^ (1 << bit);
          if (checksumValid(words) && parityErrors(words).length === 0) {
            fail(`bit ${bit} of word ${at} passed unseen`);
          }
        },
      );
    }
  });
}
