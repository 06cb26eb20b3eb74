import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  AccessUnitParser,
  AnnexBParser,
  annexBToLengthPrefixed,
  encodeAnnexB,
  encodeLengthPrefixed,
  escapeRbsp,
  isAnnexB,
  lengthPrefixedToAnnexB,
  splitAnnexB,
  splitLengthPrefixed,
  unescapeNal,
} from "../src/index.js";

const rbsp = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => {
  // Runs of zeros and small numbers are what matters here.
  return Uint8Array.from(bytes, (byte) => (byte < 160 ? byte & 3 : byte));
});
/** A NAL unit: a header byte, escaped, not ending in zero. */
const nal = rbsp.map((bytes) => escapeRbsp(Uint8Array.of(0x67, ...bytes, 0x80)));

function chunks(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return [...pieces, bytes.slice(at)];
}

describe("splitAnnexB", () => {
  test("takes start codes of three and four bytes, and drops trailing zeros", () => {
    const nals = splitAnnexB(fromHex("00000001670000000000016800000001650102000000"));
    expect(nals.map(toHex)).toEqual(["67", "68", "650102"]);
  });

  test("passes over what stands before the first start code, and finds nothing without one", () => {
    expect(splitAnnexB(fromHex("aabb00000165")).map(toHex)).toEqual(["65"]);
    expect(splitAnnexB(fromHex("0000020001"))).toEqual([]);
  });

  it.prop([fc.array(nal)])("undoes encodeAnnexB", (nals) => {
    expect(splitAnnexB(encodeAnnexB(nals)).map(toHex)).toEqual(nals.map(toHex));
  });

  it.prop([fc.array(nal), fc.constantFrom(1, 2, 3, 4)])(
    "length-prefixed and back",
    (nals, size) => {
      const lengthSize = size as 1 | 2 | 3 | 4;
      const bytes = encodeAnnexB(nals);
      const prefixed = annexBToLengthPrefixed(bytes, lengthSize);
      expect(splitLengthPrefixed(prefixed, lengthSize).map(toHex)).toEqual(nals.map(toHex));
      expect(toHex(lengthPrefixedToAnnexB(prefixed, lengthSize))).toBe(toHex(bytes));
    },
  );
});

describe("isAnnexB", () => {
  test("tells a start code from a length of 1 or 256 to 511", () => {
    expect(isAnnexB(fromHex("0000000165aabb"))).toBe(true);
    expect(isAnnexB(fromHex("0000000165"))).toBe(false);
    const sample = encodeLengthPrefixed([new Uint8Array(300).fill(0x65)]);
    expect(isAnnexB(sample)).toBe(false);
    expect(isAnnexB(sample.subarray(0, 200))).toBe(true);
  });
});

describe("splitLengthPrefixed", () => {
  test("a cut length or unit is truncated", () => {
    for (const hex of ["000000", "0000000565aa", "000000016500"]) {
      expect(() => splitLengthPrefixed(fromHex(hex))).toThrow(
        expect.objectContaining({ name: "FormatError", code: "truncated" }),
      );
    }
  });

  test("a unit that does not fit its length is refused", () => {
    expect(() => encodeLengthPrefixed([new Uint8Array(256)], 1)).toThrow(RangeError);
  });
});

describe("emulation prevention", () => {
  /** The definition, on text: a 03 between two zeros and a byte of 0 to 3, from left to right. */
  function naive(bytes: Uint8Array): string {
    let written = "";
    for (const byte of bytes) {
      if (byte <= 3 && /^(..)*0000$/.test(written)) written += "03";
      written += byte.toString(16).padStart(2, "0");
    }
    return /^(..)*0000$/.test(written) ? `${written}03` : written;
  }

  it.prop([rbsp])("follows the definition of H.264 7.4.1", (bytes) => {
    expect(toHex(escapeRbsp(bytes))).toBe(naive(bytes));
  });

  it.prop([rbsp])("unescaping undoes escaping, and no start code is left", (bytes) => {
    const escaped = escapeRbsp(bytes);
    expect(toHex(unescapeNal(escaped))).toBe(toHex(bytes));
    expect(toHex(escaped).match(/^(..)*?0000(00|01|02)/)).toBeNull();
  });

  test("a unit without emulation prevention is not copied", () => {
    const unit = fromHex("6742c01e");
    expect(unescapeNal(unit)).toBe(unit);
  });
});

describe("AnnexBParser", () => {
  const stream = fc.oneof(
    fc.array(nal).map((nals) => encodeAnnexB(nals)),
    rbsp,
    fc.array(rbsp).map((pieces) => encodeAnnexB(pieces)),
  );

  it.prop([stream, fc.array(fc.nat(20))])("any chunking gives the same events", (bytes, sizes) => {
    const whole = new AnnexBParser();
    const expected = [...whole.push(bytes), ...whole.flush()];
    const parser = new AnnexBParser();
    // Copies, because views are valid until the next push only.
    const actual = chunks(bytes, sizes).flatMap((chunk) => structuredClone(parser.push(chunk)));
    actual.push(...parser.flush());
    expect(actual.map(plainEvent)).toEqual(expected.map(plainEvent));
    const nals = expected.flatMap((event) => (event.type === "nal" ? [toHex(event.nal)] : []));
    expect(nals).toEqual(splitAnnexB(bytes).map(toHex));
  });

  it.prop([stream, fc.array(fc.nat(9)), fc.integer({ min: 1, max: 30 })])(
    "a limit gives the same events for any chunking, and bounds the units",
    (bytes, sizes, maxNalSize) => {
      const whole = new AnnexBParser({ maxNalSize });
      const expected = [...whole.push(bytes), ...whole.flush()].map(plainEvent);
      const parser = new AnnexBParser({ maxNalSize });
      const actual = chunks(bytes, sizes).flatMap((chunk) => structuredClone(parser.push(chunk)));
      actual.push(...parser.flush());
      expect(actual.map(plainEvent)).toEqual(expected);
      for (const event of actual) {
        if (event.type === "nal") expect(event.nal.length).toBeLessThanOrEqual(maxNalSize);
      }
    },
  );

  test("reports junk before the first start code, and a forbidden bit", () => {
    const parser = new AnnexBParser();
    const events = [...parser.push(fromHex("aabb000001e5")), ...parser.flush()];
    expect(events.map((event) => (event.type === "issue" ? event.issue.code : "nal"))).toEqual([
      "resync",
      "nal",
      "forbidden-bit",
    ]);
  });

  function plainEvent(event: { type: string; nal?: Uint8Array; offset?: number }): unknown {
    return event.nal === undefined ? event : { ...event, nal: toHex(event.nal) };
  }
});

describe("AccessUnitParser", () => {
  test("AVC: parameter sets and delimiters open an access unit, first_mb_in_slice 0 a picture", () => {
    const units = ["0910", "6742", "68ce", "6588", "6540", "4188", "4140", "0605", "4188"];
    const parser = new AccessUnitParser({ codec: "avc" });
    const events = [...parser.push(encodeAnnexB(units.map(fromHex))), ...parser.flush()];
    expect(
      events.map((event) => event.type === "access-unit" && [event.isKey, event.nals.map(toHex)]),
    ).toEqual([
      [true, ["0910", "6742", "68ce", "6588", "6540"]],
      [false, ["4188", "4140"]],
      [false, ["0605", "4188"]],
    ]);
  });

  test("HEVC: first_slice_segment_in_pic_flag and prefix units", () => {
    const units = [
      "4601",
      "4001",
      "4201",
      "4401",
      "2601af",
      "26012f",
      "0201d0",
      "5001",
      "4e01",
      "0201d0",
    ];
    const parser = new AccessUnitParser({ codec: "hevc" });
    const events = [...parser.push(encodeAnnexB(units.map(fromHex))), ...parser.flush()];
    expect(
      events.map((event) => event.type === "access-unit" && [event.isKey, event.nals.length]),
    ).toEqual([
      [true, 6],
      [false, 2],
      [false, 2],
    ]);
  });

  test("an access unit of too many NAL units is split with an issue", () => {
    const parser = new AccessUnitParser({ codec: "avc", maxNals: 2 });
    const events = [
      ...parser.push(encodeAnnexB(["65", "65", "65"].map(fromHex))),
      ...parser.flush(),
    ];
    expect(events.map(({ type }) => type)).toEqual(["issue", "access-unit", "access-unit"]);
  });
});
