import { describe, expect, test } from "vitest";
import {
  createAncPacket,
  decodeOp47,
  decodeOp47Multipacket,
  encodeOp47,
  encodeOp47Multipacket,
  type Op47Sdp,
  op47Line,
  userDataWords,
  wordOf,
} from "../src/index.js";

const data = Uint8Array.from({ length: 45 }, (_, i) => [0x55, 0x55, 0x27][i] ?? i);
const sdp: Op47Sdp = {
  format: 2,
  counter: 0x1234,
  packets: [
    { field: 1, line: 21, data },
    { field: 2, line: 22, data: data.slice().reverse() },
  ],
};
/** The payload with a byte replaced, and the checksum made right again unless that byte is it. */
function damaged(at: number, value: number): Uint8Array {
  const payload = encodeOp47(sdp);
  payload[at] = value;
  const last = payload.length - 1;
  if (at !== last) {
    payload[last] = 0;
    payload[last] = -payload.reduce((sum, byte) => sum + byte, 0);
  }
  return payload;
}

describe("subtitling distribution packet", () => {
  test("has header, descriptors, blocks and footer", () => {
    const payload = encodeOp47(sdp);
    expect(payload).toHaveLength(103);
    expect([...payload.subarray(0, 9)]).toEqual([0x51, 0x15, 103, 2, 0xf5, 0x76, 0, 0, 0]);
    expect(payload.subarray(9, 54)).toEqual(data);
    expect([...payload.subarray(99, 102)]).toEqual([0x74, 0x12, 0x34]);
    expect(payload.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
    expect(decodeOp47(payload)).toEqual(sdp);
  });

  test("blocks are views of the payload", () => {
    const payload = encodeOp47(sdp);
    expect(decodeOp47(payload).packets[0]?.data.buffer).toBe(payload.buffer);
  });

  test("reserved bits of descriptors are ignored", () => {
    expect(decodeOp47(damaged(4, 0x95))).toEqual(sdp);
  });

  test("an unused descriptor between used ones takes no block", () => {
    const payload = encodeOp47(sdp);
    payload.set([0xf5, 0, 0, 0x76], 4);
    expect(decodeOp47(payload)).toEqual(sdp);
  });

  test.each([
    ["length", "sdp", new Uint8Array(0)],
    ["length", "sdp", encodeOp47(sdp).subarray(0, 57)],
    ["length", "length", encodeOp47(sdp).subarray(0, 102)],
    ["length", "length", damaged(2, 104)],
    ["length", "descriptors", damaged(5, 0)],
    ["length", "descriptors", damaged(6, 0xe1)],
    ["identifier", "identifier", damaged(0, 0x50)],
    ["identifier", "identifier", damaged(1, 0x14)],
    ["footer", "footerId", damaged(99, 0x75)],
    ["checksum", "checksum", damaged(102, 0)],
  ])("%s: refuses a bad %s", (code, field, payload) => {
    expect(() => decodeOp47(payload)).toThrow(expect.objectContaining({ code, field }));
  });

  test("errors come in the order length, identifier, footer, checksum", () => {
    const payload = new Uint8Array(103);
    const codeOf = (): string => {
      try {
        decodeOp47(payload);
        return "none";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const codes = [codeOf()];
    payload.set([103, 0, 0xf5, 0x76], 2);
    codes.push(codeOf());
    payload.set([0x51, 0x15]);
    codes.push(codeOf());
    payload[99] = 0x74;
    codes.push(codeOf());
    payload[102] = -payload.reduce((sum, byte) => sum + byte, 0);
    codes.push(codeOf());
    expect(codes).toEqual(["length", "identifier", "footer", "checksum", "none"]);
  });

  test.each([
    { ...sdp, packets: [] },
    { ...sdp, packets: Array(6).fill(sdp.packets[0]) },
    { ...sdp, counter: 0x10000 },
    { ...sdp, format: -1 },
    { ...sdp, packets: [{ field: 1 as const, line: 32, data }] },
    { ...sdp, packets: [{ field: 0 as 1, line: 1, data }] },
    { ...sdp, packets: [{ field: 1 as const, line: 1, data: data.subarray(1) }] },
  ])("does not write what does not fit (%#)", (bad) => {
    expect(() => encodeOp47(bad)).toThrow(RangeError);
  });

  test("lines of the 625-line raster", () => {
    expect([op47Line({ field: 1, line: 21 }), op47Line({ field: 2, line: 22 })]).toEqual([21, 335]);
  });
});

describe("ANC multipacket", () => {
  const nested = createAncPacket({ did: 0x43, sdid: 0x02, payload: encodeOp47(sdp) });
  const multipacket = {
    priority: 1,
    packets: [
      { lineField: 0x8c, did: 0x43, sdid: 0x02, userDataWords: userDataWords(nested) },
      { lineField: 0x0d, did: 0x41, sdid: 0x05, userDataWords: Uint16Array.of(0x3a5, 0x001) },
    ],
  };

  test("keeps nested words with all their bits", () => {
    const words = encodeOp47Multipacket(multipacket);
    expect(words).toHaveLength(1 + 4 + 103 + 4 + 2);
    expect([...words.subarray(0, 5)]).toEqual([1, 0x8c, 0x43, 0x02, 103].map(wordOf));
    expect(decodeOp47Multipacket(words)).toEqual(multipacket);
  });

  test("without a nested packet is empty", () => {
    const words = Uint16Array.of(wordOf(7), wordOf(0x8c));
    expect(decodeOp47Multipacket(words)).toEqual({ priority: 7, packets: [] });
  });

  test.each([0, 1, 3, 4, 5, 107, 109, 110, 111, 112, 113])(
    "refuses its first %i words",
    (length) => {
      const words = encodeOp47Multipacket(multipacket).subarray(0, length);
      expect(() => decodeOp47Multipacket(words)).toThrow(
        expect.objectContaining({ name: "FormatError", code: "length" }),
      );
    },
  );

  test("may end behind any nested packet", () => {
    const words = encodeOp47Multipacket(multipacket).subarray(0, 108);
    expect(decodeOp47Multipacket(words).packets).toEqual(multipacket.packets.slice(0, 1));
  });

  test("does not write more than a packet holds, nothing, or more than ten bits", () => {
    const [first, second] = multipacket.packets;
    const tooMany = { priority: 0, packets: Array(3).fill(first) };
    const tooWide = { ...second, userDataWords: Uint16Array.of(0x400) };
    expect(() => encodeOp47Multipacket(tooMany)).toThrow(RangeError);
    expect(() => encodeOp47Multipacket({ priority: 0, packets: [] })).toThrow(RangeError);
    expect(() =>
      encodeOp47Multipacket({ priority: 0, packets: [tooWide as (typeof multipacket.packets)[0]] }),
    ).toThrow(RangeError);
  });
});
