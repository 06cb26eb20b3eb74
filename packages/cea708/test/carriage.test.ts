import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  CaptionReorderer,
  type CaptionServiceEntry,
  ccDataToLine21Payloads,
  decodeA53UserData,
  decodeAv1MetadataCaptions,
  decodeCaptionServiceDescriptor,
  decodeLine21Payload,
  decodeMpeg2UserData,
  decodeQuickTimeSample,
  decodeSeiCaptions,
  decodeT35Captions,
  encodeA53UserData,
  encodeAv1MetadataCaptions,
  encodeC608Sample,
  encodeCaptionServiceDescriptor,
  encodeDvdUserData,
  encodeLine21Payload,
  encodeScte20UserData,
  encodeSeiCaptions,
  encodeT35Captions,
  formatMcc,
  isFormatError,
  isSeiNalUnit,
  line21PayloadsToCcData,
  type MccFile,
  mccChecksum,
  mccFrameOf,
  mccFrameRate,
  parseMcc,
  type SeiCodec,
  scte20ToCcData,
} from "../src/index.js";

const triplets = fc
  .array(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), { maxLength: 31 })
  .map((all) => Uint8Array.from(all.flat()));
const codec = fc.constantFrom<SeiCodec>("h264", "h265", "h266");

describe("A/53", () => {
  test("is what A/53 shows: identifier, type, flags and count, em_data, triplets, marker", () => {
    expect(toHex(encodeA53UserData(fromHex("fc9420fa0000")))).toBe("4741393403c2fffc9420fa0000ff");
    expect(toHex(encodeT35Captions(fromHex("fc9420")))).toBe("b500314741393403c1fffc9420ff");
  });

  property.prop([triplets, codec])(
    "round trip in SEI of any codec, T.35 and AV1 metadata",
    (ccData, each) => {
      const expected = {
        processEmDataFlag: true,
        processCcDataFlag: true,
        additionalDataFlag: false,
        emData: 0xff,
        ccData,
      };
      expect(decodeSeiCaptions(encodeSeiCaptions(ccData, each), each)).toEqual([expected]);
      expect(decodeT35Captions(encodeT35Captions(ccData))).toEqual(expected);
      expect(decodeAv1MetadataCaptions(encodeAv1MetadataCaptions(ccData))).toEqual(expected);
      expect(decodeMpeg2UserData(encodeA53UserData(ccData))).toEqual({
        kind: "a53",
        captions: expected,
      });
    },
  );

  property.prop([triplets, codec])("an SEI NAL unit never holds a start code", (ccData, each) => {
    const hex = toHex(encodeSeiCaptions(ccData, each));
    for (let at = 0; at + 6 <= hex.length; at += 2) {
      expect(["000000", "000001", "000002"]).not.toContain(hex.slice(at, at + 6));
    }
  });

  property.prop([fc.uint8Array({ maxLength: 200 }), codec])(
    "any bytes: captions, nothing, or the typed error",
    (junk, each) => {
      decodeSeiCaptions(junk, each);
      decodeAv1MetadataCaptions(junk);
      decodeQuickTimeSample(junk);
      for (const prefix of [
        "",
        "47413934 03",
        "43430 1f8",
        "0381",
        "b50031 47413934 03",
        "b5002f 03",
      ]) {
        const bytes = Uint8Array.from([...fromHex(prefix.replaceAll(" ", "")), ...junk]);
        for (const decode of [
          decodeA53UserData,
          decodeT35Captions,
          decodeMpeg2UserData,
          decodeCaptionServiceDescriptor,
        ]) {
          try {
            decode(bytes);
          } catch (error) {
            if (!isFormatError(error)) throw error;
          }
        }
      }
    },
  );

  test("cut short is a typed error, bar data and other identifiers are none of ours", () => {
    const whole = encodeA53UserData(fromHex("fc9420fa0000"));
    for (let length = 5; length < whole.length - 1; length++) {
      expect(() => decodeA53UserData(whole.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "truncated" }),
      );
    }
    // The marker at the end may be missing: some muxers forget it.
    expect(decodeA53UserData(whole.subarray(0, -1))?.ccData).toHaveLength(6);
    expect(decodeA53UserData(fromHex("4741393406ff"))).toBeUndefined();
    expect(decodeA53UserData(fromHex("4454473141"))).toBeUndefined();
    expect(decodeT35Captions(fromHex("b5003147413934"))).toBeUndefined();
    expect(decodeSeiCaptions(fromHex("67640028"), "h264")).toEqual([]);
    expect(isSeiNalUnit(fromHex("4e01"), "h265")).toBe(true);
  });

  test("cc_count 0 and process_cc_data_flag 0 are kept", () => {
    const captions = decodeA53UserData(fromHex("474139340380ffff"));
    expect(captions).toMatchObject({ processCcDataFlag: false, emData: 0xff });
    expect(captions?.ccData).toHaveLength(0);
  });

  test("DirecTV's form has a length byte", () => {
    const found = decodeT35Captions(fromHex("b5002f0308c1fffc9420ff"));
    expect(toHex(found?.ccData ?? new Uint8Array(0))).toBe("fc9420");
  });

  test("other SEI messages around it are passed over, a cut one ends the list", () => {
    const message = toHex(encodeT35Captions(fromHex("fc9420")));
    const nal = fromHex(`0605 03 aabbcc 04 0e ${message} 80`.replaceAll(" ", ""));
    expect(decodeSeiCaptions(nal, "h264")).toHaveLength(1);
    expect(decodeSeiCaptions(nal.subarray(0, 12), "h264")).toEqual([]);
  });
});

describe("MPEG-2 user data", () => {
  const pair = fc.record({
    ccPriority: fc.nat(3),
    fieldNumber: fc.integer({ min: 1, max: 3 }),
    lineOffset: fc.nat(31),
    ccData1: fc.nat(255),
    ccData2: fc.nat(255),
  });
  property.prop([fc.array(pair, { maxLength: 31 })])("SCTE 20 round trip", (pairs) => {
    expect(decodeMpeg2UserData(encodeScte20UserData(pairs))).toEqual({ kind: "scte20", pairs });
  });

  test("SCTE 20 sends bits in reverse and numbers fields by display order", () => {
    // count 1, priority 0, field 1, offset 12, 0x94 reversed = 0x29, 0x20 reversed = 0x04, marker.
    const bits = ["00001", "00", "01", "01100", "00101001", "00000100", "1"].join("");
    const bytes = [
      0x03,
      0x81,
      ...(bits.padEnd(32, "1").match(/.{8}/g) ?? []).map((each) => Number.parseInt(each, 2)),
    ];
    const decoded = decodeMpeg2UserData(Uint8Array.from(bytes));
    if (decoded?.kind !== "scte20") throw new Error("not SCTE 20");
    expect(decoded.pairs).toEqual([
      { ccPriority: 0, fieldNumber: 1, lineOffset: 12, ccData1: 0x94, ccData2: 0x20 },
    ]);
    expect(toHex(scte20ToCcData(decoded.pairs, true))).toBe("fc9420");
    expect(toHex(scte20ToCcData(decoded.pairs, false))).toBe("fd9420");
  });

  test("DVD: blocks are counted by their markers, whatever the count says", () => {
    const decoded = decodeMpeg2UserData(fromHex("434301f89fff9420fe8080ff942cfe80800001"));
    if (decoded?.kind !== "dvd") throw new Error("not DVD");
    expect(toHex(decoded.ccData)).toBe("fc9420fd8080fc942cfd8080");
    const again = decodeMpeg2UserData(encodeDvdUserData(decoded.ccData));
    expect(again).toEqual(decoded);
  });
});

describe("QuickTime", () => {
  test("repeated atoms are appended, cdt2 may be alone, oddities are reported", () => {
    expect(toHex(encodeC608Sample(fromHex("9420"), fromHex("8080")))).toBe(
      "0000000a6364617494200000000a636474328080",
    );
    const twice = decodeQuickTimeSample(fromHex("0000000a6364617494200000000a63646174942c"));
    expect(toHex(twice.field1)).toBe("9420942c");
    expect(twice.issues).toEqual([]);
    const alone = decodeQuickTimeSample(fromHex("0000000a6364743215ab"));
    expect([toHex(alone.field1), toHex(alone.field2)]).toEqual(["", "15ab"]);
    expect(decodeQuickTimeSample(fromHex("000000046364")).issues).toMatchObject([
      { code: "truncated" },
    ]);
    expect(decodeQuickTimeSample(fromHex("0000000463646174")).issues).toMatchObject([
      { code: "length" },
    ]);
    expect(decodeQuickTimeSample(fromHex("000000ff636461749420")).issues).toMatchObject([
      { code: "truncated" },
    ]);
    expect(decodeQuickTimeSample(fromHex("0000000966726565aa")).issues).toMatchObject([
      { code: "section" },
    ]);
  });
});

describe("ST 334-1 annex B", () => {
  test("line 21 is offset 12, the top bit is field 1", () => {
    const payload = { field: 1, lineOffset: 12, ccData1: 0x94, ccData2: 0x20 } as const;
    expect(toHex(encodeLine21Payload(payload))).toBe("8c9420");
    expect(decodeLine21Payload(fromHex("8c9420"))).toEqual(payload);
    expect(toHex(line21PayloadsToCcData(fromHex("8c94200c15ab")))).toBe("fc9420fd15ab");
    expect(toHex(ccDataToLine21Payloads(fromHex("fc9420f98080fd15abfa0000")))).toBe("8c94200c15ab");
    expect(() => encodeLine21Payload({ ...payload, lineOffset: 32 })).toThrow(RangeError);
  });
});

describe("caption service descriptor", () => {
  const english: CaptionServiceEntry = {
    language: "eng",
    digitalCc: false,
    captionServiceNumber: 0,
    line21Field: false,
    easyReader: false,
    wideAspectRatio: false,
  };
  test("is A/65's example", () => {
    const digital = { ...english, digitalCc: true, captionServiceNumber: 1, wideAspectRatio: true };
    const bytes = encodeCaptionServiceDescriptor([english, digital]);
    expect(toHex(bytes)).toBe("e2656e677e3fff656e67c17fff");
    expect(decodeCaptionServiceDescriptor(bytes)).toEqual([english, digital]);
  });

  property.prop([fc.uint8Array({ minLength: 1, maxLength: 100 })])(
    "every entry is written as it was read",
    (bytes) => {
      const count = Math.floor((bytes.length - 1) / 6);
      if (count < 1 || count > 16) return;
      const content = bytes.slice(0, 1 + 6 * count);
      content[0] = 0xe0 | count;
      expect(toHex(encodeCaptionServiceDescriptor(decodeCaptionServiceDescriptor(content)))).toBe(
        toHex(content),
      );
    },
  );

  test("refuses what does not fit", () => {
    expect(() => encodeCaptionServiceDescriptor([])).toThrow(RangeError);
    expect(() => encodeCaptionServiceDescriptor([{ ...english, language: "en" }])).toThrow(
      RangeError,
    );
    expect(() => decodeCaptionServiceDescriptor(fromHex("e265"))).toThrow(
      expect.objectContaining({ code: "truncated" }),
    );
  });
});

describe("CaptionReorderer", () => {
  property.prop([fc.array(fc.nat(1000), { maxLength: 60 }), fc.integer({ min: 1, max: 5 })])(
    "pictures displaced by less than the depth come out in order",
    (seed, depth) => {
      const shuffled = seed
        .map((value, index) => ({ pts: index, key: index + (value % (depth + 1)) }))
        .sort((a, b) => a.key - b.key);
      const reorderer = new CaptionReorderer(depth);
      const out = shuffled.flatMap(({ pts }) =>
        reorderer.push({ pts, ccData: Uint8Array.of(pts) }),
      );
      out.push(...reorderer.flush());
      expect(out.map((each) => each.pts)).toEqual(seed.map((_, index) => index));
    },
  );

  test("with decoding times nothing waits longer than it must: I P B B", () => {
    const reorderer = new CaptionReorderer();
    const out = [
      [0, 0],
      [3, 1],
      [1, 2],
      [2, 3],
      [6, 4],
    ].map(([pts = 0, dts]) =>
      reorderer.push({ pts, ccData: new Uint8Array(0) }, dts).map((each) => each.pts),
    );
    expect(out).toEqual([[0], [], [1], [2, 3], []]);
  });
});

describe("MCC", () => {
  const head = "File Format=MacCaption_MCC V1.0\r\n\r\nUUID=X\r\nTime Code Rate=30DF\r\n\r\n";
  const line = fc.record({
    timeCode: fc.record({
      hours: fc.nat(23),
      minutes: fc.nat(59),
      seconds: fc.nat(59),
      frames: fc.nat(29),
    }),
    field: fc.option(fc.nat(1), { nil: undefined }),
    packetNumber: fc.constant(undefined),
    did: fc.nat(255),
    sdid: fc.nat(255),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 255 }),
      fc
        .array(
          fc.constantFrom(
            [0xfa, 0, 0],
            [0xfb, 0x80, 0x80],
            [0xfc, 0x80, 0x80],
            [0xfd, 0x80, 0x80],
            [0xe1, 0, 0, 0],
            [0x96, 0x69],
            [0x61, 1],
            [0],
          ),
          { maxLength: 60 },
        )
        .map((all) => Uint8Array.from(all.flat().slice(0, 255))),
    ),
    checksum: fc.nat(255),
  });
  property.prop([fc.array(line, { maxLength: 5 })])("round trip of any packets", (lines) => {
    const file: MccFile = {
      version: "2.0",
      timeCodeRate: "60DF",
      header: [
        ["UUID", "0"],
        ["Creation Program", "test"],
      ],
      comments: ["/ a comment", ""],
      lines,
    };
    expect(parseMcc(formatMcc(file))).toMatchObject({ ...file });
  });

  test("the header stands between blank lines, with and without comments", () => {
    const file: MccFile = {
      version: "1.0",
      timeCodeRate: "30",
      header: [["UUID", "0"]],
      comments: [],
      lines: [],
    };
    const header = "\r\n\r\nUUID=0\r\nTime Code Rate=30\r\n\r\n";
    expect(formatMcc(file)).toBe(`File Format=MacCaption_MCC V1.0\r\n${header}`);
    expect(formatMcc({ ...file, comments: [" c"] })).toBe(
      `File Format=MacCaption_MCC V1.0\r\n\r\n// c${header}`,
    );
  });

  test("aliases, both meanings of U, a missing checksum, suffixes and separators", () => {
    const text =
      `${head}00:00:01;00.0,1\t6102038c9420A2\n00:00:02.00\tT00\n01:00:00:00 6101 04 U 01 E8\n02:00:00,00\t610103UE8\n`.replace(
        /6101 04 U 01 E8/,
        "610104U47",
      );
    const mcc = parseMcc(text);
    expect(mcc.lines.map((each) => toHex(each.data))).toEqual(["8c9420", "", "e1000000", "e10000"]);
    expect(mcc.lines[0]).toMatchObject({ did: 0x61, sdid: 2, field: 0, packetNumber: 1 });
    expect(mcc.lines[1]?.checksum).toBeUndefined();
    expect(mccChecksum({ did: 0x61, sdid: 1, data: new Uint8Array(0) })).toBe(0x62);
  });

  test("a bad line is reported with its number and skipped, or thrown in strict mode", () => {
    for (const [bad, code] of [
      ["nonsense", "syntax"],
      ["00:00:00:00\tTX", "syntax"],
      ["00:00:00:00\tT05AA", "truncated"],
    ] as const) {
      const text = `${head}${bad}\r\n00:00:01;00\tT0062\r\n`;
      const mcc = parseMcc(text);
      expect(mcc.lines).toHaveLength(1);
      expect(mcc.issues).toMatchObject([{ code, offset: 6 }]);
      expect(() => parseMcc(text, { mode: "strict" })).toThrow(expect.objectContaining({ code }));
    }
    expect(() => parseMcc("Scenarist_SCC V1.0")).toThrow(
      expect.objectContaining({ code: "syntax" }),
    );
  });

  test("drop-frame labels are counted as they are skipped", () => {
    const label = (hours: number, minutes: number, seconds: number, frames: number) => ({
      hours,
      minutes,
      seconds,
      frames,
    });
    expect(mccFrameOf(label(0, 1, 0, 2), "30DF")).toBe(1800);
    expect(mccFrameOf(label(1, 0, 0, 0), "30DF")).toBe(107_892);
    expect(mccFrameOf(label(0, 1, 0, 4), "60DF")).toBe(3600);
    expect(mccFrameOf(label(1, 0, 0, 0), "24")).toBe(86_400);
    expect(mccFrameRate("30DF")).toEqual({ numerator: 30_000, denominator: 1001 });
    expect(mccFrameRate("24", { numerator: 24_000, denominator: 1001 })).toEqual({
      numerator: 24_000,
      denominator: 1001,
    });
  });

  property.prop([fc.string({ maxLength: 200 })])(
    "any text behind the header: lines or issues",
    (junk) => {
      const mcc = parseMcc(head + junk);
      expect(mcc.lines.length + mcc.issues.length).toBeLessThanOrEqual(junk.length + 1);
    },
  );
});
