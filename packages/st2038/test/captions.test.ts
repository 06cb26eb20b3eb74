import { fc, it } from "@fast-check/vitest";
import { createAncPacket, parityErrors } from "@x/st291";
import { rawPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import {
  type AncPacket,
  ancToCaption,
  ancToCaptions,
  cdpToAnc,
  cea608ToAnc,
} from "../src/index.js";

const cdp = Uint8Array.of(0x96, 0x69, 7, 0x3f, 0x40, 0, 0);

describe("captions into ancillary packets", () => {
  test("a CDP is 61/01 on line 9 of the Y channel", () => {
    const packet = cdpToAnc(cdp);
    expect([...packet.words.subarray(0, 3)]).toEqual([0x161, 0x101, 0x107]);
    expect(packet).toMatchObject({
      cNotYChannelFlag: false,
      lineNumber: 9,
      horizontalOffset: 0,
    });
    expect(parityErrors(packet)).toEqual([]);
  });

  test("goes elsewhere on request", () => {
    const position = { cNotYChannelFlag: true, lineNumber: 12, horizontalOffset: 40 };
    expect(cdpToAnc(cdp, position)).toMatchObject(position);
    expect(cea608ToAnc(Uint8Array.of(0x8b, 0x94, 0x20), position)).toMatchObject([position]);
  });

  test("each CEA-608 triplet is a packet 61/02", () => {
    const packets = cea608ToAnc(Uint8Array.of(0x8b, 0x94, 0x20, 0x0b, 0x80, 0x80));
    expect(packets.map(({ words }) => [...words])).toEqual([
      [0x161, 0x102, 0x203, 0x28b, 0x194, 0x120, 0x1a5],
      [0x161, 0x102, 0x203, 0x10b, 0x180, 0x180, 0x271],
    ]);
    expect(cea608ToAnc(new Uint8Array(0))).toEqual([]);
  });

  test("refuses what has no place in a packet", () => {
    expect(() => cdpToAnc(new Uint8Array(256))).toThrow(RangeError);
    expect(() => cdpToAnc(new Uint8Array(0))).toThrow(RangeError);
    expect(() => cdpToAnc(cdp, { lineNumber: 2048 })).toThrow(RangeError);
    expect(() => cea608ToAnc(new Uint8Array(4))).toThrow(RangeError);
  });
});

describe("captions out of ancillary packets", () => {
  test("both kinds, and nothing else", () => {
    expect(ancToCaption(cdpToAnc(cdp))).toEqual({ format: "cdp", data: cdp });
    const [packet] = cea608ToAnc(Uint8Array.of(0x8b, 0x94, 0x20));
    expect(ancToCaption(packet as AncPacket)).toEqual({
      format: "s334-1a",
      data: Uint8Array.of(0x8b, 0x94, 0x20),
    });
    for (const [did, sdid] of [
      [0x61, 3],
      [0x60, 1],
      [0xe1, 1],
    ] as const) {
      expect(ancToCaption(createAncPacket({ did, sdid, payload: cdp }))).toBeUndefined();
    }
  });

  test("inverted parity does not matter", () => {
    const words = cdpToAnc(cdp).words.map((word) => word ^ 0x300);
    expect(ancToCaption({ ...cdpToAnc(cdp), words })?.data).toEqual(cdp);
  });

  test.each([
    [1, 0, "at least one byte"],
    [2, 0, "a triplet"],
    [2, 2, "a triplet"],
    [2, 6, "a triplet"],
  ])("61/0%d with %d bytes is not %s", (sdid, length) => {
    const packet = createAncPacket({ did: 0x61, sdid, payload: new Uint8Array(length) });
    expect(() => ancToCaption(packet)).toThrow(
      expect.objectContaining({ name: "FormatError", code: "data-count", actual: length }),
    );
  });

  test("a bad packet hides none of the others", () => {
    const bad = createAncPacket({ did: 0x61, sdid: 2, payload: [1] });
    const other = createAncPacket({ did: 0x41, sdid: 5, payload: [1] });
    const { captions, issues } = ancToCaptions([bad, other, cdpToAnc(cdp)]);
    expect(captions).toEqual([{ format: "cdp", data: cdp }]);
    expect(issues).toMatchObject([{ code: "data-count", severity: "error", offset: 0 }]);
  });

  it.prop([fc.array(rawPacket(6), { maxLength: 4 })])("any packets have a result", (packets) => {
    const { captions, issues } = ancToCaptions(packets);
    expect(captions.length + issues.length).toBeLessThanOrEqual(packets.length);
  });

  it.prop([fc.uint8Array({ minLength: 1, maxLength: 255 })])("what goes in comes out", (data) => {
    expect(ancToCaption(cdpToAnc(data))?.data).toEqual(data);
  });
});
