import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { decodeHdr, encodeHdr, type HdrFrame } from "../src/index.js";

const STATIC_1 = "001a891833c286c41d4c0bb884d03e803d1340420098968000000032";
const STATIC_2 = "0106900403e80190";

describe("HDR metadata", () => {
  test("both static frames and a raw one", () => {
    const frames: HdrFrame[] = [
      {
        kind: "static1",
        primaries: [
          [13250, 34500],
          [7500, 3000],
          [34000, 16000],
        ],
        whitePoint: [15635, 16450],
        maxLuminance: 10000000,
        minLuminance: 50,
      },
      { kind: "static2", maxCll: 1000, maxFall: 400 },
      { kind: "raw", type: 6, data: Uint8Array.of(4, 1, 0xb5) },
    ];
    const hex = `${STATIC_1}${STATIC_2}06030401b5`;
    expect(decodeHdr(fromHex(hex))).toEqual(frames);
    expect(toHex(encodeHdr(frames))).toBe(hex);
  });

  test("luminances have 32 bits, without a sign", () => {
    const hex = `${STATIC_1.slice(0, 40)}fffffffffffffffe`;
    const [frame] = decodeHdr(fromHex(hex));
    expect(frame).toMatchObject({ maxLuminance: 0xffffffff, minLuminance: 0xfffffffe });
    expect(toHex(encodeHdr(frame === undefined ? [] : [frame]))).toBe(hex);
  });

  test("no frame is no byte", () => {
    expect(decodeHdr(new Uint8Array(0))).toEqual([]);
    expect(encodeHdr([])).toEqual(new Uint8Array(0));
  });

  test("a static frame with another SEI message is raw and stays as it is", () => {
    const hex = `0106${"91"}0403e80190`;
    const frames = decodeHdr(fromHex(hex));
    expect(frames).toEqual([{ kind: "raw", type: 1, data: fromHex("910403e80190") }]);
    expect(toHex(encodeHdr(frames))).toBe(hex);
  });

  test.each([
    ["a frame's length byte is missing", "02"],
    ["a frame is cut off", STATIC_2.slice(0, -2)],
    ["a frame is cut off behind a good one", `${STATIC_2}${STATIC_1.slice(0, -2)}`],
    ["static 1 is too short", "0019891833c286c41d4c0bb884d03e803d13404200989680000000"],
    ["static 2 is too long", "0107900403e8019000"],
    ["the SEI size is not the frame's", "0106900303e80190"],
  ])("refuses: %s", (_, hex) => {
    expect(() => decodeHdr(fromHex(hex))).toThrow(
      expect.objectContaining({ code: "length", clause: "ST 2108-1" }),
    );
  });

  test.each<[string, HdrFrame[]]>([
    ["more than 255 bytes", Array(10).fill(decodeHdr(fromHex(STATIC_1))[0])],
    ["a light level of 17 bits", [{ kind: "static2", maxCll: 0x10000, maxFall: 0 }]],
    ["a raw frame of 256 bytes", [{ kind: "raw", type: 2, data: new Uint8Array(256) }]],
    ["a raw frame of static type", [{ kind: "raw", type: 1, data: new Uint8Array(5) }]],
    [
      "a raw frame that reads as static",
      [{ kind: "raw", type: 1, data: fromHex(STATIC_2.slice(4)) }],
    ],
  ])("does not write %s", (_, frames) => {
    expect(() => encodeHdr(frames)).toThrow(RangeError);
  });

  test("does not know other kinds of frame", () => {
    expect(() => encodeHdr([{ kind: "static3" } as unknown as HdrFrame])).toThrow(TypeError);
  });
});
