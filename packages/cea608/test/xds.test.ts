import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  decodeXdsContent,
  decodeXdsPacket,
  encodeXdsContent,
  encodeXdsPacket,
  isFormatError,
  withParity,
  type XdsContent,
  type XdsPacket,
  XdsParser,
  type XdsResult,
  xdsKeyword,
} from "../src/index.js";
import { words as wordsOf } from "./implementation.js";

const STAR_TREK = "0183d3f461f22054f2e56b808f9d";
const bytesWithParity = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes, withParity);

function feed(parser: XdsParser, bytes: Uint8Array): XdsResult[] {
  return wordsOf(bytes).flatMap((word) => parser.push(word) ?? []);
}

describe("packets", () => {
  test("the example of the standard", () => {
    const packet = decodeXdsPacket(fromHex(STAR_TREK));
    expect(packet).toEqual({
      class: "current",
      type: 3,
      data: new TextEncoder().encode("Star Trek"),
    });
    expect(toHex(encodeXdsPacket(packet))).toBe(STAR_TREK);
  });

  test.each([
    ["truncated", bytesWithParity(1, 3)],
    ["parity", fromHex(`0103${STAR_TREK.slice(4)}`)],
    ["xdsSequence", bytesWithParity(2, 3, 0x0f, 0x6c)],
    ["xdsSequence", bytesWithParity(1, 0, 0x0f, 0x70)],
    ["xdsSequence", bytesWithParity(1, 3, 0x41, 0x42)],
    ["xdsSequence", bytesWithParity(1, 3, 0x41, 0x0f, 0x10)],
    ["invalidPair", bytesWithParity(1, 3, 0x41, 0x05, 0x0f, 0x27)],
    ["xdsChecksum", fromHex(`${STAR_TREK.slice(0, -2)}1c`)],
    ["xdsLength", bytesWithParity(1, 3, ...Array(34).fill(0x41), 0x0f, 0x4b)],
  ])("%s is thrown", (code, bytes) => {
    expect(() => decodeXdsPacket(bytes)).toThrow(
      expect.objectContaining({ name: "FormatError", code }),
    );
  });

  test("the encoder refuses what the decoder would", () => {
    const packet: XdsPacket = { class: "current", type: 3, data: Uint8Array.of(0x41) };
    expect(() => encodeXdsPacket({ ...packet, type: 0 })).toThrow(RangeError);
    expect(() => encodeXdsPacket({ ...packet, type: 128 })).toThrow(RangeError);
    expect(() => encodeXdsPacket({ ...packet, data: new Uint8Array(1) })).toThrow(RangeError);
    expect(() => encodeXdsPacket({ ...packet, data: new Uint8Array(33).fill(65) })).toThrow(
      RangeError,
    );
    expect(() => encodeXdsPacket({ ...packet, class: "other" as "misc" })).toThrow(RangeError);
  });

  test("captions interrupt a packet, and its continue pair goes on with it", () => {
    const parser = new XdsParser();
    expect(feed(parser, fromHex(STAR_TREK.slice(0, 12)))).toEqual([]);
    expect(parser.active).toBe(true);
    expect(parser.push(0x1529)).toBeUndefined();
    expect(parser.active).toBe(false);
    expect(parser.push(0xc8e9)).toBeUndefined();
    expect(parser.push(0x0283)).toBeUndefined();
    const rest = feed(parser, fromHex(STAR_TREK.slice(12)));
    expect(rest).toMatchObject([{ packet: { class: "current", type: 3 } }]);
  });

  test("issues name what is wrong and leave the next packet alone", () => {
    const codes = (...bytes: number[]): (string | undefined)[] => {
      const parser = new XdsParser();
      const before = feed(parser, bytesWithParity(...bytes));
      expect(feed(parser, fromHex(STAR_TREK)).at(-1)?.packet?.type).toBe(3);
      return before.map(({ issue }) => issue?.code);
    };
    expect(codes(2, 4)).toEqual(["xdsSequence"]);
    expect(codes(1, 0)).toEqual(["xdsSequence"]);
    expect(codes(0x0f, 0x20)).toEqual(["xdsSequence"]);
    expect(codes(1, 4, 1, 4)).toEqual(["xdsSequence"]);
    expect(codes(1, 4, 0x41, 0x41, 0x0f, 0x00)).toEqual(["xdsChecksum"]);
    expect(codes(1, 4, ...Array(34).fill(0x41))).toEqual(["xdsLength"]);
    expect(codes(1, 4, 0x41, 0x01)).toEqual(["invalidPair"]);
  });

  prop.prop([fc.array(fc.integer({ min: 0, max: 0xffff }))])(
    "any words give packets or issues",
    (words) => {
      const parser = new XdsParser();
      for (const word of words) {
        const result = parser.push(word);
        if (result?.packet === undefined) continue;
        expect(decodeXdsPacket(encodeXdsPacket(result.packet))).toEqual(result.packet);
      }
    },
  );

  prop.prop([fc.uint8Array({ maxLength: 60 })])("junk gives a packet or a FormatError", (junk) => {
    try {
      const packet = decodeXdsPacket(junk);
      decodeXdsContent(packet);
    } catch (error) {
      expect(isFormatError(error)).toBe(true);
    }
  });
});

describe("contents", () => {
  const start = {
    minute: 30,
    hour: 20,
    date: 15,
    month: 11,
    daylightSaving: true,
    leapDay: false,
    zeroSeconds: true,
    tapeDelayed: false,
  };
  const contents: readonly XdsContent[] = [
    { kind: "startTime", start },
    { kind: "length", length: { hours: 1, minutes: 30 } },
    { kind: "length", length: { hours: 1, minutes: 30 }, elapsed: { hours: 0, minutes: 7 } },
    {
      kind: "length",
      length: { hours: 1, minutes: 30 },
      elapsed: { hours: 0, minutes: 7 },
      elapsedSeconds: 59,
    },
    { kind: "programName", text: "Señor Ñandú" },
    { kind: "programType", keywords: [0x20, 0x7f] },
    { kind: "contentAdvisory", advisory: { system: "us-tv", rating: "TV-Y7", flags: ["V"] } },
    {
      kind: "contentAdvisory",
      advisory: { system: "us-tv", rating: "TV-MA", flags: ["D", "V", "S", "L"] },
    },
    { kind: "contentAdvisory", advisory: { system: "mpa", rating: "PG-13", flags: [] } },
    { kind: "contentAdvisory", advisory: { system: "ca-en", rating: "14+", flags: [] } },
    { kind: "contentAdvisory", advisory: { system: "ca-fr", rating: "8+", flags: [] } },
    { kind: "audioServices", main: { language: 1, type: 3 }, second: { language: 2, type: 2 } },
    {
      kind: "captionServices",
      services: [
        { language: 1, field: 1, dataChannel: 1, text: false },
        { language: 2, field: 2, dataChannel: 2, text: true },
      ],
    },
    { kind: "copyControl", cgms: 3, aps: 2, asb: true, rcd: true },
    { kind: "aspectRatio", startLine: 53, endLine: 231, squeezed: undefined },
    { kind: "aspectRatio", startLine: 22, endLine: 262, squeezed: true },
    {
      kind: "composite1",
      keywords: [0x22, 0x34, 0x20, 0x20, 0x20],
      advisory: 0x44,
      length: { hours: 1, minutes: 58 },
      elapsed: { hours: 0, minutes: 3 },
      title: "Twenty-two characters.",
    },
    {
      kind: "composite2",
      start,
      audio: { main: { language: 1, type: 3 }, second: { language: 7, type: 7 } },
      captions: [
        { language: 1, field: 1, dataChannel: 1, text: false },
        { language: 0, field: 2, dataChannel: 2, text: true },
      ],
      callLetters: "WGBH",
      nativeChannel: " 2",
      network: "PBS",
    },
    { kind: "description", row: 8, text: "The last row" },
    { kind: "networkName", text: "PBS" },
    { kind: "callLetters", text: "WGBH02" },
    { kind: "tapeDelay", delay: { hours: 3, minutes: 5 } },
    { kind: "transmissionSignalId", tsid: 0xbeef },
    { kind: "timeOfDay", time: start, dayOfWeek: 1, year: 2026 },
    { kind: "impulseCapture", start, length: { hours: 2, minutes: 0 } },
    {
      kind: "supplementalDataLocation",
      lines: [
        { field: 1, line: 12 },
        { field: 2, line: 31 },
      ],
    },
    { kind: "localTimeZone", hoursWest: 5, dst: true },
  ];

  test.each(contents.map((content) => [content.kind, content] as const))(
    "%s is read as written",
    (_, content) => {
      const packet = encodeXdsContent(content);
      expect(decodeXdsContent(decodeXdsPacket(encodeXdsPacket(packet)))).toEqual(content);
    },
  );

  test("the bits stand where the standard has them", () => {
    const data = (content: XdsContent): number[] => [...encodeXdsContent(content).data];
    expect(data({ kind: "transmissionSignalId", tsid: 0x1234 })).toEqual([0x44, 0x43, 0x42, 0x41]);
    expect(data({ kind: "startTime", start })).toEqual([0x5e, 0x74, 0x4f, 0x6b]);
    expect(
      data({
        kind: "contentAdvisory",
        advisory: { system: "us-tv", rating: "TV-14", flags: ["D", "L"] },
      }),
    ).toEqual([0x68, 0x4d]);
    expect(data({ kind: "copyControl", cgms: 3, aps: 0, asb: false, rcd: false })).toEqual([
      0x58, 0x40,
    ]);
  });

  test("the next programme has a class of its own", () => {
    const content: XdsContent = { kind: "programName", text: "Next" };
    const packet = encodeXdsContent(content, true);
    expect(packet.class).toBe("future");
    expect(decodeXdsContent(packet)).toEqual(content);
    expect(encodeXdsContent({ kind: "description", row: 1, text: "x" }, true).class).toBe("future");
    expect(() => encodeXdsContent({ kind: "networkName", text: "x" }, true)).toThrow(RangeError);
  });

  test("types without a settled layout have their data only", () => {
    for (const [xdsClass, type] of [
      ["current", 0x0e],
      ["misc", 0x41],
      ["public", 1],
      ["private", 1],
    ] as const) {
      expect(
        decodeXdsContent({ class: xdsClass, type, data: Uint8Array.of(0x41) }),
      ).toBeUndefined();
    }
  });

  test("data that are too short or reserved are refused", () => {
    for (const [type, data] of [
      [1, [0x40]],
      [5, [0x40]],
      [5, [0x58, 0x48]],
      [5, [0x58, 0x47]],
      [5, [0x78, 0x46]],
    ] as const) {
      const packet: XdsPacket = { class: "current", type, data: Uint8Array.from(data) };
      expect(() => decodeXdsContent(packet)).toThrow(
        expect.objectContaining({ code: "xdsContent" }),
      );
    }
  });

  test("values that do not fit are refused", () => {
    expect(() => encodeXdsContent({ kind: "programName", text: "É" })).toThrow(RangeError);
    expect(() => encodeXdsContent({ kind: "transmissionSignalId", tsid: 65_536 })).toThrow(
      RangeError,
    );
    expect(() => encodeXdsContent({ kind: "description", row: 9, text: "" })).toThrow(RangeError);
    expect(() =>
      encodeXdsContent({ kind: "length", length: { hours: 0, minutes: 1 }, elapsedSeconds: 1 }),
    ).toThrow(RangeError);
    expect(() =>
      encodeXdsContent({
        kind: "contentAdvisory",
        advisory: { system: "mpa", rating: "TV-G", flags: [] },
      }),
    ).toThrow(RangeError);
    expect(() =>
      encodeXdsContent({
        kind: "contentAdvisory",
        advisory: { system: "mpa", rating: "G", flags: ["D"] },
      }),
    ).toThrow(RangeError);
    expect(() => encodeXdsContent({ kind: "other" } as never)).toThrow(TypeError);
  });

  test("keywords have names", () => {
    expect(xdsKeyword(0x20)).toBe("Education");
    expect(xdsKeyword(0x27)).toBe("Action");
    expect(xdsKeyword(0x7f)).toBe("Western");
    expect(xdsKeyword(0x80)).toBeUndefined();
  });
});
