import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../tools/testing/vectors.js";
import { Av1Parser, decodeIvfHeader, IvfParser, isAv1KeyFrame, splitObus } from "../src/index.js";
import { frames, hexOf, issues, joined, run, text } from "./parsing.js";
import { codedFrames, peerFiles } from "./peer-frames.js";

/** AV1 4.10.5. */
function leb128(value: number): number[] {
  const digits = value.toString(2);
  const padded = digits.padStart(Math.ceil(digits.length / 7) * 7, "0");
  const groups = (padded.match(/.{7}/g) ?? []).reverse();
  return groups.map((group, i) => Number.parseInt(`${i < groups.length - 1 ? 1 : 0}${group}`, 2));
}

interface Unit {
  readonly obuType: number;
  readonly payload: readonly number[];
}

function sized({ obuType, payload }: Unit): number[] {
  return [obuType * 8 + 2, ...leb128(payload.length), ...payload];
}

/** AV1 5.2: a temporal delimiter, then the units. */
function lowOverhead(units: readonly Unit[]): number[] {
  return [0x12, 0x00, ...units.flatMap(sized)];
}

/** AV1 B.2: sizes outside; the OBUs' own are left out, or not. */
function lengthDelimited(units: readonly Unit[], withSizes: boolean): number[] {
  const all: readonly Unit[] = [{ obuType: 2, payload: [] }, ...units];
  const frame = all.flatMap((unit) => {
    const obu = withSizes ? sized(unit) : [unit.obuType * 8, ...unit.payload];
    return [...leb128(obu.length), ...obu];
  });
  const unit = [...leb128(frame.length), ...frame];
  return [...leb128(unit.length), ...unit];
}

const unit: fc.Arbitrary<Unit> = fc.record({
  obuType: fc.constantFrom(1, 3, 4, 5, 6, 15),
  payload: fc
    .oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 126, maxLength: 200 }))
    .map((bytes) => [...bytes]),
});
const temporalUnits = fc.array(fc.array(unit, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});
const sizes = fc.array(fc.nat(60));

describe("Av1Parser", () => {
  it.prop([temporalUnits, sizes])(
    "AV1 5.2: units come out as containers store them",
    (all, cut) => {
      const bytes = Uint8Array.from(all.flatMap(lowOverhead));
      const events = run(new Av1Parser(), bytes, cut);
      expect(issues(events)).toEqual([]);
      expect(frames(events, "temporal-unit")).toEqual(
        all.map((units) => hexOf(units.flatMap(sized))),
      );
    },
  );

  it.prop([temporalUnits, fc.boolean(), sizes])(
    "AV1 annex B: so do the length-delimited ones, with sizes put in",
    (all, withSizes, cut) => {
      const bytes = Uint8Array.from(all.flatMap((units) => lengthDelimited(units, withSizes)));
      const events = run(new Av1Parser(), bytes, cut);
      expect(issues(events)).toEqual([]);
      expect(frames(events, "temporal-unit")).toEqual(
        all.map((units) => hexOf(units.flatMap(sized))),
      );
    },
  );

  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    temporalUnits.map((all) => Uint8Array.from(all.flatMap(lowOverhead))),
    temporalUnits.map((all) => Uint8Array.from(all.flatMap((one) => lengthDelimited(one, true)))),
    fc.constant(Uint8Array.of(0x12, 0x00, 0x0a, 0xff, 0xff)),
  );

  it.prop([fc.array(junk, { maxLength: 6 }), fc.constantFrom(undefined, "obu", "annexb"), sizes])(
    "anything gives the same events for any chunking",
    (pieces, format, cut) => {
      const bytes = joined(pieces);
      const options = { maxSize: 300, ...(format === undefined ? {} : { format }) };
      expect(run(new Av1Parser(options), bytes, cut)).toEqual(run(new Av1Parser(options), bytes));
    },
  );

  const key: Unit[] = [
    { obuType: 1, payload: [0, 0, 0, 1] },
    { obuType: 6, payload: [0x10, 7] },
  ];
  const inter: Unit[] = [{ obuType: 6, payload: [0x30, 7, 7] }];

  test("garbage between two units costs the one that it hits", () => {
    const bytes = [...lowOverhead(key), 0x80, 1, 2, ...lowOverhead(inter), ...lowOverhead(key)];
    const events = run(new Av1Parser(), Uint8Array.from(bytes));
    expect(issues(events)).toEqual(["resync"]);
    expect(frames(events, "temporal-unit")).toEqual(
      [inter, key].map((units) => hexOf(units.flatMap(sized))),
    );
  });

  test("a length-delimited unit whose sizes disagree is dropped, the next one is not", () => {
    const bad = lengthDelimited(inter, true);
    bad[5] = 0x70;
    const bytes = [...lengthDelimited(key, true), ...bad, ...lengthDelimited(key, false)];
    const events = run(new Av1Parser(), Uint8Array.from(bytes));
    expect(issues(events)).toEqual(["invalid"]);
    expect(frames(events, "temporal-unit")).toHaveLength(2);
  });

  test.each([
    ["low-overhead", lowOverhead],
    ["length-delimited", (units: readonly Unit[]) => lengthDelimited(units, false)],
  ])("a %s unit that is cut off is an issue", (_, encode) => {
    const bytes = Uint8Array.from([...encode(key), ...encode(inter)]);
    const events = run(new Av1Parser(), bytes.subarray(0, bytes.length - 1));
    expect(issues(events)).toEqual(["truncated"]);
    expect(frames(events, "temporal-unit")).toEqual([hexOf(key.flatMap(sized))]);
  });

  test("AV1 in ISOBMFF 2.4: a shown key frame with a sequence header is where decoding begins", () => {
    const isKey = (units: readonly Unit[]): boolean =>
      isAv1KeyFrame(splitObus(Uint8Array.from(units.flatMap(sized))));
    expect(isKey(key)).toBe(true);
    expect(isKey(inter)).toBe(false);
    expect(isKey(key.slice(1))).toBe(false);
    // Not shown; an intra-only frame; an existing frame shown.
    for (const head of [0x00, 0x50, 0x90]) {
      expect(isKey([key[0] as Unit, { obuType: 3, payload: [head] }])).toBe(false);
    }
    // A reduced still picture header: a key frame without saying so.
    const still = { obuType: 1, payload: [0x18, 0] };
    expect(isKey([still, { obuType: 6, payload: [0x00] }])).toBe(true);
  });

  test("the peers' temporal units, put into both formats, come back", () => {
    let checked = 0;
    for (const file of peerFiles) {
      const units = codedFrames(file, "av01").map((bytes) =>
        splitObus(bytes)
          .filter(({ obuType }) => obuType !== 2)
          .map(({ obuType, payload }) => ({ obuType, payload: [...payload] })),
      );
      if (units.length < 2) continue;
      const expected = units.map((one) => hexOf(one.flatMap(sized)));
      for (const bytes of [
        units.flatMap(lowOverhead),
        units.flatMap((one) => lengthDelimited(one, false)),
      ]) {
        const events = run(new Av1Parser(), Uint8Array.from(bytes), [3, 500, 0, 1, 1]);
        expect(issues(events)).toEqual([]);
        expect(frames(events, "temporal-unit")).toEqual(expected);
        expect((events[0] as { isKey: boolean }).isKey).toBe(true);
      }
      checked += units.length;
    }
    expect(checked).toBeGreaterThan(0);
  });
});

function ivfHeader(numerator = 1, denominator = 25): number[] {
  const little = (value: number, size: number): number[] =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
  return [
    ...[...text("DKIF"), 0, 0, 32, 0, ...text("VP90"), ...little(320, 2), ...little(180, 2)],
    ...[...little(denominator, 4), ...little(numerator, 4), ...little(2, 4), 0, 0, 0, 0],
  ];
}

function ivfFrame(timestamp: number, data: readonly number[]): number[] {
  const size = [data.length & 255, data.length >> 8, 0, 0];
  return [...size, timestamp & 255, timestamp >> 8, 0, 0, 0, 0, 0, 0, ...data];
}

describe("IVF", () => {
  test("the header", () => {
    expect(decodeIvfHeader(Uint8Array.from(ivfHeader(1001, 30000)))).toEqual({
      fourCc: "VP90",
      width: 320,
      height: 180,
      timebase: { numerator: 1001, denominator: 30000 },
      frameCount: 2,
      headerBytes: 32,
    });
  });

  test.each([
    ["sync", 0],
    ["unsupported", 4],
    ["range", 7],
    ["range", 16],
  ])("a header with the fault %s at byte %d is refused", (code, at) => {
    const bytes = Uint8Array.from(ivfHeader());
    bytes[at] = at === 7 || at === 16 ? 0 : 9;
    if (at === 7) bytes[6] = 31;
    expect(() => decodeIvfHeader(bytes)).toThrow(expect.objectContaining({ code }));
    const events = run(new IvfParser(), joined([bytes, Uint8Array.from(ivfFrame(0, [1]))]));
    expect(issues(events)).toEqual(["invalid"]);
    expect(events).toHaveLength(1);
  });

  it.prop([fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), sizes])(
    "frames come out with their times, in chunks of any size",
    (all, cut) => {
      const bytes = [...ivfHeader(), ...all.flatMap((data, i) => ivfFrame(300 * i, [...data]))];
      const events = run(new IvfParser(), Uint8Array.from(bytes), cut);
      expect(frames(events)).toEqual(all.map(toHex));
      expect(
        (events as { timestamp?: number }[]).flatMap(({ timestamp = [] }) => timestamp),
      ).toEqual(all.map((_, i) => 300 * i));
    },
  );

  test("a size above the limit ends it, a cut frame is an issue", () => {
    const bytes = Uint8Array.from([...ivfHeader(), ...ivfFrame(0, [1, 2]), ...ivfFrame(1, [3, 4])]);
    expect(issues(run(new IvfParser({ maxFrameSize: 1 }), bytes))).toEqual(["limit"]);
    const cut = run(new IvfParser(), bytes.subarray(0, bytes.length - 1));
    expect(issues(cut)).toEqual(["truncated"]);
    expect(frames(cut)).toEqual(["0102"]);
  });
});
