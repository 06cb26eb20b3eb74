import { createAncPacket, repair } from "@x/st291";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { junkPayload, packets, payload } from "../src/conformance.js";
import {
  AncCursor,
  type AncPacket,
  AncWordPool,
  decodePayload,
  encodePayload,
  encodePayloadInto,
  F_FIELD_2,
  F_INVALID,
  parsePayload,
  sizeOfAncPacket,
  sizeOfPayload,
} from "../src/index.js";

const captions = createAncPacket({
  did: 0x61,
  sdid: 0x01,
  payload: [0xaa, 0xbb],
  lineNumber: 9,
  horizontalOffset: 0,
});
const CAPTIONS_HEX = "0000000c01000000009000005850140aaaaeec90";

function withWord(index: number, word: number): Uint16Array {
  const words = captions.words.slice();
  words[index] = word;
  return words;
}

describe("encodePayload", () => {
  test("writes the worked example", () => {
    expect(toHex(encodePayload({ packets: [captions] }))).toBe(CAPTIONS_HEX);
  });

  test("writes into the caller's array and says where it ended", () => {
    const target = new Uint8Array(30).fill(0xee);
    expect(encodePayloadInto({ packets: [captions] }, target, 4)).toBe(24);
    expect(toHex(target)).toBe(`eeeeeeee${CAPTIONS_HEX}eeeeeeeeeeee`);
  });

  test("takes 8 bytes for nothing and 336 for the largest packet", () => {
    expect(sizeOfPayload([])).toBe(8);
    const largest = createAncPacket({ did: 0x43, payload: new Uint8Array(255) });
    expect(sizeOfAncPacket(largest)).toBe(328);
    expect(encodePayload({ packets: [largest] }).length).toBe(336);
  });

  test.each<[string, Parameters<typeof encodePayload>[0]]>([
    ["F = 01", { f: F_INVALID, packets: [] }],
    ["F of three bits", { f: 4, packets: [] }],
    ["a sequence number of 17 bits", { extendedSequenceNumber: 0x10000, packets: [] }],
    ["256 packets", { packets: new Array<AncPacket>(256).fill(captions) }],
    ["a line of 12 bits", { packets: [{ ...captions, lineNumber: 0x800 }] }],
    ["an offset of 13 bits", { packets: [{ ...captions, horizontalOffset: 0x1000 }] }],
    ["a stream number of 8 bits", { packets: [{ ...captions, streamNum: 0x80 }] }],
    ["a line that is no integer", { packets: [{ ...captions, lineNumber: 1.5 }] }],
    ["a word of 11 bits", { packets: [{ ...captions, words: withWord(3, 0x400) }] }],
    ["a wrong data count", { packets: [{ ...captions, words: withWord(2, 0x203) }] }],
    ["three words", { packets: [{ ...captions, words: captions.words.slice(0, 3) }] }],
    [
      "a Length of 17 bits",
      {
        packets: new Array<AncPacket>(255).fill(
          createAncPacket({ did: 0x43, payload: new Uint8Array(255) }),
        ),
      },
    ],
  ])("refuses %s before it writes", (_, bad) => {
    const target = new Uint8Array(70_000 * 2);
    expect(() => encodePayloadInto(bad, target)).toThrow(RangeError);
    expect(target.every((byte) => byte === 0)).toBe(true);
  });

  test("refuses a target without room", () => {
    expect(() => encodePayloadInto({ packets: [captions] }, new Uint8Array(19))).toThrow(
      RangeError,
    );
  });
});

describe("parsePayload", () => {
  test("reads a packet of the second field with a stream number", () => {
    const parsed = parsePayload(
      encodePayload({ f: F_FIELD_2, packets: [{ ...captions, streamNum: 5 }] }),
    );
    expect(parsed).toEqual({
      extendedSequenceNumber: 0,
      length: 12,
      ancCount: 1,
      f: F_FIELD_2,
      packets: [{ ...captions, streamNum: 5 }],
      diagnostics: [],
      unparsedBytes: 0,
    });
  });

  test("names field, place and severity of what deviates", () => {
    const bytes = encodePayload({ packets: [captions, captions] });
    bytes[14] = (bytes[14] as number) ^ 0x0c; // b9 and b8 of the data count word
    bytes[3] = 99;
    const { diagnostics } = parsePayload(bytes);
    expect(diagnostics).toEqual([
      {
        code: "length-mismatch",
        severity: "warning",
        offset: 2,
        field: "length",
        message: "Length is 99, 24 bytes follow the header",
      },
      expect.objectContaining({ code: "checksum", packet: 0, field: "anc[0].checksumWord" }),
      expect.objectContaining({ code: "parity", packet: 0, words: [2], offset: 14 }),
    ]);
  });

  test("owns its words: later changes of the input do not matter", () => {
    const bytes = encodePayload({ packets: [captions] });
    const { packets: found } = parsePayload(bytes);
    bytes.fill(0);
    expect(found).toEqual([captions]);
  });

  test("takes the words from a pool, and never the same ones twice", () => {
    const pool = new AncWordPool(10);
    const bytes = encodePayload({ packets: [captions, captions] });
    const all = [1, 2, 3].flatMap(() => parsePayload(bytes, { pool }).packets);
    expect(all).toEqual(new Array(6).fill(captions));
    all[0]?.words.fill(0);
    expect(all.slice(1)).toEqual(new Array(5).fill(captions));
  });

  test("reads a view that starts in the middle of a buffer, and a Buffer", () => {
    const pool = fromHex(`ff${CAPTIONS_HEX}ff`);
    expect(parsePayload(pool.subarray(1, 21)).packets).toEqual([captions]);
    expect(parsePayload(Buffer.from(CAPTIONS_HEX, "hex")).packets).toEqual([captions]);
  });

  test("a data count that lost its parity and swallows the next packet leaves its hint", () => {
    const bytes = encodePayload({ packets: [captions, captions] });
    bytes[15] = (bytes[15] as number) ^ 0x10; // data count 2 becomes 6
    const { packets: found, diagnostics } = parsePayload(bytes);
    expect(found.length).toBe(1);
    const named = diagnostics.map(({ code, words }) => [code, words?.includes(2)]);
    expect(named).toContainEqual(["parity", true]);
    expect(named.at(-1)).toEqual(["truncated", undefined]);
  });
});

describe("decodePayload", () => {
  test("keeps warnings", () => {
    const bytes = encodePayload({
      packets: [repair({ ...captions, words: withWord(5, 0) }, "parity")],
    });
    expect(decodePayload(bytes).diagnostics.map(({ code }) => code)).toEqual(["checksum"]);
  });

  test.each([
    ["", "truncated", "payloadHeader", 0],
    ["00000014010000", "truncated", "payloadHeader", 7],
    [CAPTIONS_HEX.slice(0, -4), "truncated", "anc[0].userDataWord", 8],
    [CAPTIONS_HEX.replace("01000000", "01400000"), "f-invalid", "f", 5],
  ])("throws for %s", (hex, code, field, offset) => {
    expect(() => decodePayload(fromHex(hex))).toThrow(
      expect.objectContaining({ name: "FormatError", code, field, offset, clause: "RFC 8331 2.1" }),
    );
  });

  test("delivers F = 01 on request", () => {
    const bytes = fromHex(CAPTIONS_HEX.replace("01000000", "01400000"));
    expect(decodePayload(bytes, { deliverInvalidF: true }).packets).toEqual([captions]);
  });

  test("throws nothing but FormatError, and exactly when lenient names an error", () => {
    fc.assert(
      fc.property(junkPayload(), (bytes) => {
        const error = parsePayload(bytes).diagnostics.find(({ severity }) => severity === "error");
        try {
          decodePayload(bytes);
          expect(error).toBeUndefined();
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "FormatError", code: error?.code });
        }
      }),
    );
  });
});

describe("AncCursor", () => {
  test("finds the next packet behind any data count", () => {
    for (let count = 0; count <= 255; count++) {
      const packet = createAncPacket({ did: 0x50, sdid: 1, payload: new Uint8Array(count) });
      const cursor = new AncCursor().reset(encodePayload({ packets: [packet, packet] }));
      expect([cursor.next(), cursor.next(), cursor.offset - 8]).toEqual([
        true,
        true,
        sizeOfAncPacket(packet),
      ]);
    }
  });

  const cursor = new AncCursor();

  /** Everything that the cursor says, as `parsePayload` would. */
  function walk(bytes: Uint8Array, start = 0, end = bytes.length): unknown {
    const found: unknown[] = [];
    cursor.reset(bytes, start, end);
    while (cursor.next()) {
      const words = new Uint16Array(259);
      const count = cursor.wordsInto(words);
      const payload = new Uint8Array(255);
      expect(cursor.payloadInto(payload)).toBe(count - 4);
      expect(Array.from({ length: count }, (_, i) => cursor.word(i))).toEqual([
        ...words.subarray(0, count),
      ]);
      expect([...payload.subarray(0, count - 4)]).toEqual(
        [...words.subarray(3, count - 1)].map((word) => word & 0xff),
      );
      expect(cursor.did).toBe((words[0] as number) & 0xff);
      expect(cursor.sdidOrDbn).toBe((words[1] as number) & 0xff);
      expect(cursor.dataCount).toBe(count - 4);
      const { cNotYChannelFlag, lineNumber, horizontalOffset, streamNum } = cursor;
      const packet = cursor.packet();
      expect(packet).toEqual({
        cNotYChannelFlag,
        lineNumber,
        horizontalOffset,
        ...(streamNum < 0 ? {} : { streamNum }),
        words: words.slice(0, count),
      });
      expect(toHex(cursor.record())).toBe(
        toHex(bytes.subarray(cursor.offset, cursor.offset + Math.ceil((32 + 10 * count) / 8))),
      );
      found.push([cursor.index, packet, cursor.checksumValid, cursor.parityValid]);
    }
    return { found, unparsedBytes: cursor.unparsedBytes, truncated: cursor.truncated };
  }

  function expected(bytes: Uint8Array): unknown {
    const {
      packets: all,
      diagnostics,
      unparsedBytes,
    } = parsePayload(bytes, {
      deliverInvalidF: true,
    });
    const named = (code: string, index: number): boolean =>
      diagnostics.some((one) => one.code === code && one.packet === index);
    return {
      found: all.map((packet, i) => [i, packet, !named("checksum", i), !named("parity", i)]),
      unparsedBytes,
      truncated: diagnostics.some(({ code }) => code === "truncated"),
    };
  }

  test("says what parsePayload says, wherever the payload lies", () => {
    fc.assert(
      fc.property(
        fc.oneof(junkPayload(), payload(packets()).map(encodePayload)),
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (bytes, before, after) => {
          const pool = Uint8Array.from([...before, ...bytes, ...after]);
          expect(walk(bytes)).toEqual(expected(bytes));
          const inside = walk(pool, before.length, before.length + bytes.length) as {
            found: unknown;
          };
          expect(inside).toEqual(expected(bytes));
        },
      ),
    );
  });

  test("reads the header", () => {
    cursor.reset(fromHex("abcd0000 00c00000".replace(" ", "")));
    const { extendedSequenceNumber, length, ancCount, f } = cursor;
    expect([extendedSequenceNumber, length, ancCount, f]).toEqual([0xabcd, 0, 0, 3]);
    expect(cursor.next()).toBe(false);
  });

  test("refuses a range outside the bytes, and targets without room", () => {
    expect(() => cursor.reset(new Uint8Array(8), 0, 9)).toThrow(RangeError);
    expect(() => cursor.reset(new Uint8Array(8), 5, 4)).toThrow(RangeError);
    cursor.reset(fromHex(CAPTIONS_HEX)).next();
    expect(() => cursor.wordsInto(new Uint16Array(5))).toThrow(RangeError);
    expect(() => cursor.payloadInto(new Uint8Array(1))).toThrow(RangeError);
  });
});
