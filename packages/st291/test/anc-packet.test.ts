import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type AncPacket,
  checksum,
  checksumValid,
  createAncPacket,
  dataCount,
  dbn,
  did,
  forbiddenWords,
  LINE_ANY,
  markForDeletion,
  OFFSET_ANY,
  packetType,
  parityErrors,
  parityInverted,
  payload,
  repair,
  sdid,
  userDataWords,
} from "../src/index.js";

const afd = createAncPacket({
  did: 0x41,
  sdid: 0x05,
  payload: [0x54, 0, 0, 0, 0, 0, 0, 0],
  lineNumber: 11,
  horizontalOffset: 0,
});
const changed = (packet: AncPacket, at: number, mask: number): AncPacket => ({
  ...packet,
  words: packet.words.map((word, i) => (i === at ? word ^ mask : word)),
});

describe("createAncPacket", () => {
  test("makes the words of the standard's example", () => {
    expect(Array.from(afd.words, (word) => word.toString(16)).join(" ")).toBe(
      "241 205 108 154 200 200 200 200 200 200 200 2a2",
    );
  });

  test("puts a packet nowhere unless told", () => {
    expect(createAncPacket({ did: 0x61, payload: [] })).toEqual({
      cNotYChannelFlag: false,
      lineNumber: LINE_ANY,
      horizontalOffset: OFFSET_ANY,
      words: Uint16Array.of(0x161, 0x200, 0x200, 0x161),
    });
  });

  test("has a streamNum only when it is given one", () => {
    expect(afd).not.toHaveProperty("streamNum");
    expect(createAncPacket({ did: 1, payload: [], streamNum: 0 })).toHaveProperty("streamNum", 0);
  });

  test.each([
    ["did", { did: 256, payload: [] }],
    ["did", { did: -1, payload: [] }],
    ["did", { did: 1.5, payload: [] }],
    ["sdid", { did: 1, sdid: 256, payload: [] }],
    ["payload", { did: 1, payload: [256] }],
    ["payload", { did: 1, payload: new Uint8Array(256) }],
    ["lineNumber", { did: 1, payload: [], lineNumber: 2048 }],
    ["horizontalOffset", { did: 1, payload: [], horizontalOffset: 4096 }],
    ["streamNum", { did: 1, payload: [], streamNum: 128 }],
  ])("refuses a bad %s", (field, init) => {
    expect(() => createAncPacket(init)).toThrow(RangeError);
    expect(() => createAncPacket(init)).toThrow(field);
  });
});

describe("reading a packet", () => {
  test("type 2 has an SDID and no DBN", () => {
    expect([packetType(afd), did(afd), sdid(afd), dbn(afd)]).toEqual([2, 0x41, 0x05, undefined]);
  });

  test("type 1 has a DBN and no SDID, whatever the word after the DID looks like", () => {
    const audio = createAncPacket({ did: 0xe7, sdid: 0x05, payload: [1] });
    expect([packetType(audio), sdid(audio), dbn(audio)]).toEqual([1, undefined, 5]);
  });

  test("only the low eight bits of the third word are the data count", () => {
    expect(dataCount(changed(afd, 2, 0x300))).toBe(8);
  });

  test("user data words are a view, the payload a copy of their low eight bits", () => {
    expect(userDataWords(afd).buffer).toBe(afd.words.buffer);
    expect(payload(changed(afd, 3, 0x300))).toEqual(Uint8Array.of(0x54, 0, 0, 0, 0, 0, 0, 0));
  });

  test("a packet without user data has an empty payload", () => {
    expect(payload(createAncPacket({ did: 0x80, payload: [] }))).toEqual(new Uint8Array(0));
  });
});

describe("errors of a packet", () => {
  test("none in a packet of our own", () => {
    expect([parityErrors(afd), forbiddenWords(afd), parityInverted(afd)]).toEqual([[], [], false]);
    expect(checksumValid(afd)).toBe(true);
  });

  test("a wrong b9 is a parity error that the checksum does not see", () => {
    const damaged = changed(afd, 4, 0x200);
    expect(parityErrors(damaged)).toEqual([4]);
    expect(checksumValid(damaged)).toBe(true);
  });

  test("a wrong b8 is seen by both", () => {
    const damaged = changed(afd, 0, 0x100);
    expect(parityErrors(damaged)).toEqual([0]);
    expect(checksumValid(damaged)).toBe(false);
  });

  test("the checksum word is compared in all ten bits and has no parity", () => {
    for (let bit = 0; bit < 10; bit++) {
      expect(checksumValid(changed(afd, 11, 1 << bit))).toBe(false);
      expect(parityErrors(changed(afd, 11, 1 << bit))).toEqual([]);
    }
  });

  test("inverted parity is all words or nothing", () => {
    const inverted = { ...afd, words: afd.words.map((word, i) => (i < 11 ? word ^ 0x300 : word)) };
    expect(parityInverted(inverted)).toBe(true);
    expect(parityErrors(inverted)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(parityInverted(changed(inverted, 5, 0x300))).toBe(false);
  });

  test("forbidden words are named up to the last user data word", () => {
    const words = Uint16Array.of(0x000, 0x003, 0x201, 0x3fc, 0x3ff);
    expect(forbiddenWords({ ...afd, words })).toEqual([0, 1, 3]);
  });
});

describe("repair", () => {
  const broken = changed(changed(changed(afd, 1, 0x300), 5, 0x200), 11, 0x003);

  test("of everything gives back the packet, and leaves the broken one alone", () => {
    const before = broken.words.slice();
    expect(repair(broken, "all")).toEqual(afd);
    expect(broken.words).toEqual(before);
  });

  test("of parity keeps the checksum word", () => {
    const repaired = repair(broken, "parity");
    expect(parityErrors(repaired)).toEqual([]);
    expect(checksum(repaired)).toBe(checksum(broken));
  });

  test("of the checksum keeps the other words", () => {
    const repaired = repair(broken, "checksum");
    expect(checksumValid(repaired)).toBe(true);
    expect(parityErrors(repaired)).toEqual([1, 5]);
  });

  property.prop([fc.uint16Array({ minLength: 4, maxLength: 259, max: 0x3ff })])(
    "of everything leaves nothing to repair",
    (words) => {
      const repaired = repair({ ...afd, words }, "all");
      expect(parityErrors(repaired)).toEqual([]);
      expect(checksumValid(repaired)).toBe(true);
      expect(payload(repaired)).toEqual(payload({ ...afd, words }));
    },
  );
});

test("a packet marked for deletion keeps its size and gets a right checksum", () => {
  const marked = markForDeletion(afd);
  expect(did(marked)).toBe(0x80);
  expect(payload(marked)).toEqual(payload(afd));
  expect(checksumValid(marked)).toBe(true);
  expect(did(afd)).toBe(0x41);
});
