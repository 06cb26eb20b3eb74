import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { line21First } from "../src/conformance/arbitraries.js";
import {
  type Cdp,
  CdpCursor,
  CdpWriter,
  decodeCdp,
  encodeCdp,
  isFormatError,
  mccFrameOf,
  padCcData,
  ServiceInfoCollector,
  sizeOfCdp,
  timeCodeOfFrame,
} from "../src/index.js";

const service = fc
  .record({
    language: fc.stringMatching(/^[a-z]{3}$/),
    digitalCc: fc.boolean(),
    captionServiceNumber: fc.integer({ min: 1, max: 63 }),
    line21Field: fc.boolean(),
    easyReader: fc.boolean(),
    wideAspectRatio: fc.boolean(),
  })
  .map((entry) =>
    entry.digitalCc ? { ...entry, line21Field: false } : { ...entry, captionServiceNumber: 0 },
  );

const anyCdp: fc.Arbitrary<Cdp> = fc.record({
  cdpFrameRate: fc.integer({ min: 1, max: 8 }),
  captionServiceActive: fc.boolean(),
  cdpHdrSequenceCntr: fc.nat(0xffff),
  timeCode: fc.option(
    fc.record({
      hours: fc.nat(23),
      minutes: fc.nat(59),
      seconds: fc.nat(59),
      frames: fc.nat(29),
      fieldFlag: fc.boolean(),
      dropFrameFlag: fc.boolean(),
    }),
    { nil: undefined },
  ),
  ccData: fc.option(
    fc
      .nat(31)
      .chain((count) => fc.uint8Array({ minLength: 3 * count, maxLength: 3 * count }))
      .map(line21First),
    { nil: undefined },
  ),
  svcInfo: fc.option(
    fc.record({
      svcInfoStart: fc.boolean(),
      svcInfoChange: fc.boolean(),
      svcInfoComplete: fc.boolean(),
      services: fc.array(service, { maxLength: 15 }),
    }),
    { nil: undefined },
  ),
  futureSections: fc.array(
    fc.record({
      sectionId: fc.integer({ min: 0x75, max: 0xef }),
      data: fc.uint8Array({ maxLength: 8 }),
    }),
    { maxLength: 2 },
  ),
});

const empty: Cdp = {
  cdpFrameRate: 5,
  captionServiceActive: true,
  cdpHdrSequenceCntr: 7,
  timeCode: undefined,
  ccData: undefined,
  svcInfo: undefined,
  futureSections: [],
};

describe("CDP", () => {
  property.prop([anyCdp])("strict decoding gives back what was encoded", (cdp) => {
    fc.pre(sizeOfCdp(cdp) <= 255);
    const bytes = encodeCdp(cdp);
    const decoded = decodeCdp(bytes, 0, { mode: "strict" });
    expect(decoded.cdp).toEqual({ ...cdp, verbatim: undefined });
    expect(decoded.end).toBe(bytes.length);
  });

  property.prop([anyCdp, fc.nat(254), fc.integer({ min: 1, max: 255 })])(
    "any damaged byte is an error in strict mode; lenient mode writes it again as it was, or says that it could not be read whole",
    (cdp, place, flip) => {
      fc.pre(sizeOfCdp(cdp) <= 255);
      const bytes = encodeCdp(cdp);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ flip;
      expect(() => decodeCdp(bytes, 0, { mode: "strict" })).toThrow();
      try {
        const decoded = decodeCdp(bytes);
        const errors = decoded.issues.map((issue) => issue.code);
        expect(errors.length).toBeGreaterThan(0);
        const structural = ["truncated", "length", "section", "order", "ccCountWrapped"];
        if (!errors.some((code) => structural.includes(code))) {
          expect(toHex(encodeCdp(decoded.cdp))).toBe(toHex(bytes));
        }
      } catch (error) {
        expect(isFormatError(error) && ["identifier", "truncated"].includes(error.code)).toBe(true);
      }
    },
  );

  property.prop([fc.uint8Array({ maxLength: 260 }), fc.boolean()])(
    "any bytes: a packet or the typed error",
    (junk, identified) => {
      if (identified && junk.length > 2) junk.set([0x96, 0x69]);
      for (const mode of ["lenient", "strict"] as const) {
        try {
          decodeCdp(junk, 0, { mode });
        } catch (error) {
          if (!isFormatError(error)) throw error;
        }
      }
    },
  );

  test("line 21 behind DTVCC or its padding is an error in strict mode, and read in lenient mode", () => {
    for (const before of ["fe4142", "ff0221", "fa0000"]) {
      const ccData = fromHex(`${before}fc9420${"fa0000".repeat(8)}`);
      const bytes = encodeCdp({ ...empty, cdpFrameRate: 8, ccData });
      expect(() => decodeCdp(bytes, 0, { mode: "strict" })).toThrow(
        expect.objectContaining({ code: "order", field: "ccData" }),
      );
      const { cdp, issues } = decodeCdp(bytes);
      expect(issues.map(({ code, severity }) => [code, severity])).toEqual([["order", "error"]]);
      expect(cdp.ccData).toEqual(ccData);
    }
    const invalid = fromHex(`fe4142f88080${"fa0000".repeat(8)}`);
    const bytes = encodeCdp({ ...empty, cdpFrameRate: 8, ccData: invalid });
    expect(decodeCdp(bytes, 0, { mode: "strict" }).cdp.ccData).toEqual(invalid);
  });

  test("every strict prefix is an error", () => {
    const bytes = fromHex("96690d5f430001 72e0 740001 00".replaceAll(" ", ""));
    bytes[12] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
    expect(decodeCdp(bytes, 0, { mode: "strict" }).cdp.ccData).toHaveLength(0);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeCdp(bytes.subarray(0, length), 0, { mode: "strict" })).toThrow();
    }
  });

  test("codes of errors name field and byte", () => {
    const base = encodeCdp({ ...empty, ccData: fromHex("fc9420") });
    const damaged = (at: number, value: number): Uint8Array => {
      const bytes = base.slice();
      bytes[at] = value;
      return bytes;
    };
    const strict = (bytes: Uint8Array) => () => decodeCdp(bytes, 0, { mode: "strict" });
    expect(strict(damaged(0, 0))).toThrow(
      expect.objectContaining({ code: "identifier", offset: 0 }),
    );
    expect(strict(damaged(2, 200))).toThrow(
      expect.objectContaining({ code: "truncated", offset: 2 }),
    );
    expect(strict(damaged(3, 0x0f))).toThrow(
      expect.objectContaining({ code: "range", field: "cdpFrameRate" }),
    );
    expect(strict(damaged(4, 0xc3))).toThrow(expect.objectContaining({ code: "checksum" }));
    expect(strict(damaged(7, 0x70))).toThrow(
      expect.objectContaining({ code: "section", offset: 7 }),
    );
    expect(strict(damaged(13, 9))).toThrow(
      expect.objectContaining({ code: "counter", offset: 13 }),
    );
    expect(strict(damaged(15, 9))).toThrow(
      expect.objectContaining({ code: "checksum", offset: 15 }),
    );
    expect(strict(Uint8Array.from([...base, 0]))).toThrow(
      expect.objectContaining({ code: "length" }),
    );
  });

  test("an encoder refuses what does not fit", () => {
    const cdp = empty;
    expect(() => encodeCdp({ ...cdp, cdpFrameRate: 16 })).toThrow(RangeError);
    expect(() => encodeCdp({ ...cdp, cdpHdrSequenceCntr: 65_536 })).toThrow(RangeError);
    expect(() => encodeCdp({ ...cdp, ccData: new Uint8Array(4) })).toThrow(RangeError);
    expect(() => encodeCdp({ ...cdp, ccData: new Uint8Array(96) })).toThrow(RangeError);
    expect(() =>
      encodeCdp({ ...cdp, futureSections: [{ sectionId: 0x74, data: new Uint8Array(0) }] }),
    ).toThrow(RangeError);
    expect(() =>
      encodeCdp({ ...cdp, futureSections: [{ sectionId: 0x75, data: new Uint8Array(250) }] }),
    ).toThrow(RangeError);
  });
});

describe("CdpCursor", () => {
  property.prop([anyCdp, fc.uint8Array({ maxLength: 5 })])(
    "finds the triplets where decodeCdp finds them",
    (cdp, before) => {
      fc.pre(sizeOfCdp(cdp) <= 255);
      const packet = encodeCdp(cdp);
      const bytes = Uint8Array.from([...before, ...packet, 1, 2, 3]);
      const cursor = new CdpCursor();
      expect(cursor.load(bytes, before.length)).toBe(true);
      expect(cursor.end).toBe(before.length + packet.length);
      expect([cursor.cdpFrameRate, cursor.cdpHdrSequenceCntr]).toEqual([
        cdp.cdpFrameRate,
        cdp.cdpHdrSequenceCntr,
      ]);
      const { ccDataOffset, ccCount } = cursor;
      const found =
        ccDataOffset < 0 ? undefined : bytes.subarray(ccDataOffset, ccDataOffset + 3 * ccCount);
      expect(found).toEqual(cdp.ccData);
    },
  );

  property.prop([anyCdp, fc.nat(254), fc.integer({ min: 1, max: 255 }), fc.nat(254)])(
    "says no to damage and to cuts, and never reads on",
    (cdp, place, flip, cut) => {
      fc.pre(sizeOfCdp(cdp) <= 255);
      const bytes = encodeCdp(cdp);
      const cursor = new CdpCursor();
      expect(cursor.load(bytes.subarray(0, cut % bytes.length))).toBe(false);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ flip;
      expect(cursor.load(bytes)).toBe(false);
    },
  );

  property.prop([fc.uint8Array({ maxLength: 260 })])(
    "any bytes: yes or no, triplets inside the bytes",
    (junk) => {
      if (junk.length > 3) junk.set([0x96, 0x69, junk.length]);
      if (junk.length > 3)
        junk[junk.length - 1] =
          ((junk.at(-1) as number) - junk.reduce((sum, byte) => sum + byte, 0)) & 0xff;
      const cursor = new CdpCursor();
      if (cursor.load(junk))
        expect(cursor.ccDataOffset + 3 * cursor.ccCount).toBeLessThanOrEqual(junk.length);
    },
  );
});

describe("CdpWriter", () => {
  test("counts, pads to the rate's triplets and announces services once a second", () => {
    const language = {
      language: "eng",
      easyReader: false,
      wideAspectRatio: true,
      line21Field: false,
    };
    const writer = new CdpWriter({
      frameRate: { numerator: 30_000, denominator: 1001 },
      services: [{ ...language, digitalCc: true, captionServiceNumber: 1 }],
      firstSequenceCntr: 65_530,
    });
    for (let frame = 0; frame < 61; frame++) {
      const { cdp, issues } = decodeCdp(writer.write(fromHex("fc8080")), 0, { mode: "strict" });
      expect(issues).toEqual([]);
      expect(cdp.cdpHdrSequenceCntr).toBe((65_530 + frame) & 0xffff);
      expect(cdp.ccData).toHaveLength(60);
      expect(cdp.svcInfo?.services.length).toBe(frame % 30 === 0 ? 1 : undefined);
    }
    expect(() => writer.write(new Uint8Array(63))).toThrow(RangeError);
    expect(() => writer.write(new Uint8Array(4))).toThrow(RangeError);
  });

  test("padding is FA 00 00", () => {
    expect(toHex(padCcData(fromHex("fc8080"), 3))).toBe("fc8080fa0000fa0000");
  });
});

describe("ServiceInfoCollector", () => {
  const entry = (captionServiceNumber: number) => ({
    language: "eng",
    digitalCc: true,
    captionServiceNumber,
    line21Field: false,
    easyReader: false,
    wideAspectRatio: true,
  });
  const part = (flags: string, ...numbers: number[]) => ({
    svcInfoStart: flags.includes("s"),
    svcInfoChange: false,
    svcInfoComplete: flags.includes("c"),
    services: numbers.map(entry),
  });

  test("a set may come in one section or in several; without its start it is nothing", () => {
    const collector = new ServiceInfoCollector();
    expect(collector.push(part("", 9))).toBeUndefined();
    expect(collector.push(part("sc", 1, 2))).toEqual([entry(1), entry(2)]);
    expect(collector.push(part("c", 9))).toBeUndefined();
    expect(collector.push(part("s", 1))).toBeUndefined();
    expect(collector.push(part("", 2))).toBeUndefined();
    expect(collector.push(part("c", 3))).toEqual([entry(1), entry(2), entry(3)]);
    collector.push(part("s", 1));
    collector.reset();
    expect(collector.push(part("c", 3))).toBeUndefined();
  });
});

describe("timeCodeOfFrame", () => {
  const ntsc = { numerator: 30_000, denominator: 1001 };
  property.prop([fc.nat(2_589_407), fc.boolean()])(
    "is the inverse of counting labels",
    (frame, dropFrame) => {
      fc.pre(dropFrame || frame < 24 * 3600 * 30);
      const time = timeCodeOfFrame(frame, ntsc, dropFrame);
      expect(mccFrameOf(time, dropFrame ? "30DF" : "30")).toBe(frame);
      if (dropFrame && time.seconds === 0 && time.minutes % 10 !== 0)
        expect(time.frames).toBeGreaterThan(1);
    },
  );

  test("wraps after a day, counts pairs above 30 Hz, refuses a drop-frame count that does not exist", () => {
    expect(timeCodeOfFrame(2_589_408, ntsc, true)).toMatchObject({
      hours: 0,
      minutes: 0,
      seconds: 0,
      frames: 0,
    });
    expect(timeCodeOfFrame(119, { numerator: 60, denominator: 1 })).toMatchObject({
      seconds: 1,
      frames: 29,
      fieldFlag: true,
    });
    expect(timeCodeOfFrame(50, { numerator: 50, denominator: 1 })).toMatchObject({
      seconds: 1,
      frames: 0,
      fieldFlag: false,
    });
    expect(() => timeCodeOfFrame(1, { numerator: 25, denominator: 1 }, true)).toThrow(RangeError);
    expect(() => timeCodeOfFrame(-1, ntsc)).toThrow(RangeError);
  });
});
