import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  type Amf3Array,
  type AmfSwitch,
  type AmfValue,
  amfReferenceTable,
  amfToPlain,
  codecOfMetadata,
  decodeAmf0Values,
  decodeScriptData,
  encodeAmf0Values,
  encodeScriptData,
  fourCcNumber,
  fourCcText,
} from "../src/index.js";

const key = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const { value: anyValue } = fc.letrec<{ value: AmfValue }>((tie) => {
  const properties = fc
    .array(fc.tuple(key, tie("value")), { maxLength: 4 })
    .map((list) => new Map(list));
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      fc.double(),
      fc.boolean(),
      fc.string({ unit: "grapheme" }),
      fc.constant(null),
      fc.constant(undefined),
      fc.record({
        type: fc.constant("date" as const),
        time: fc.double(),
        timeZone: fc.integer({ min: -32768, max: 32767 }),
      }),
      fc.record({ type: fc.constant("long-string" as const), value: fc.string() }),
      fc.record({ type: fc.constant("xml" as const), value: fc.string() }),
      fc.record({ type: fc.constant("reference" as const), index: fc.nat(65535) }),
      fc.constant({ type: "unsupported" as const }),
      fc.record({ type: fc.constant("object" as const), properties }),
      fc.record({ type: fc.constant("ecma-array" as const), count: fc.nat(), properties }),
      fc.record({ type: fc.constant("typed-object" as const), className: fc.string(), properties }),
      fc.record({
        type: fc.constant("strict-array" as const),
        values: fc.array(tie("value"), { maxLength: 4 }),
      }),
    ),
  };
});

function codeOf(hex: string, amf3 = false): string {
  try {
    decodeScriptData(fromHex(hex), amf3);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "no error";
}

describe("AMF0", () => {
  it.prop([fc.array(anyValue, { maxLength: 4 })])(
    "values are read as they were written, types and all",
    (values) => {
      const bytes = encodeAmf0Values(values);
      const decoded = decodeAmf0Values(bytes);
      expect(decoded).toEqual({ values, missingEnd: false });
      expect(toHex(encodeAmf0Values(decoded.values))).toBe(toHex(bytes));
    },
  );

  it.prop([fc.uint8Array({ maxLength: 200 })])(
    "junk gives values or one of the AMF codes",
    (junk) => {
      const codes = [
        "no error",
        "amf-truncated",
        "amf-type",
        "amf-depth",
        "amf-count",
        "amf-object-end",
      ];
      expect(codes).toContain(codeOf(toHex(junk)));
      expect(codes).toContain(codeOf(`0011${toHex(junk)}`, true));
    },
  );

  test("a string above 65535 bytes is a long string, on both ways", () => {
    const text = "x".repeat(65536);
    const bytes = encodeAmf0Values([text]);
    expect(toHex(bytes.subarray(0, 5))).toBe("0c00010000");
    expect(decodeAmf0Values(bytes).values).toEqual([text]);
  });

  test("what has no form in AMF0 is refused", () => {
    const long = "x".repeat(65536);
    const object = (name: string): AmfValue => ({
      type: "object",
      properties: new Map([[name, 1]]),
    });
    expect(() => encodeAmf0Values([object("")])).toThrow(RangeError);
    expect(() => encodeAmf0Values([object(long)])).toThrow(RangeError);
    let deep: AmfValue = 1;
    for (let i = 0; i < 31; i++) deep = { type: "strict-array", values: [deep] };
    expect(() => encodeAmf0Values([deep])).not.toThrow();
    expect(() => encodeAmf0Values([{ type: "strict-array", values: [deep] }])).toThrow(RangeError);
  });

  test.each([
    ["00", "amf-truncated"],
    ["0a00000005", "amf-count"],
    ["04", "amf-type"],
    ["09", "amf-object-end"],
    ["0300000a", "amf-object-end"],
    ["03000161", "amf-truncated"],
  ])("%s is %s", (hex, code) => expect(codeOf(hex)).toBe(code));

  test("of a key that occurs twice the last value counts, and __proto__ is a key like others", () => {
    const { values } = decodeAmf0Values(
      fromHex("03" + "000161" + "05" + "000161" + "0101" + "00095f5f70726f746f5f5f" + "0100000009"),
    );
    const plain = amfToPlain(values[0]) as Record<string, unknown>;
    expect(Object.keys(plain)).toEqual(["a", "__proto__"]);
    expect(plain.a).toBe(true);
    expect(Object.getPrototypeOf(plain)).toBeNull();
  });

  test("references count the complex values in order of appearance", () => {
    const inner: AmfValue = { type: "strict-array", values: [1] };
    const outer: AmfValue = { type: "object", properties: new Map([["a", inner]]) };
    expect(amfReferenceTable(["name", outer, { type: "reference", index: 1 }])).toEqual([
      outer,
      inner,
    ]);
  });
});

describe("AMF3", () => {
  function amf3(hex: string): unknown {
    return amfToPlain(decodeScriptData(fromHex(`0011${hex}`), true).values[0]);
  }

  test("U29 has up to 29 bits, and integers are signed", () => {
    expect(amf3("0400")).toBe(0);
    expect(amf3("048200")).toBe(256);
    expect(amf3("04ffffffff")).toBe(-1);
    expect(amf3("04bfffffff")).toBe(2 ** 28 - 1);
    expect(amf3("04c0808000")).toBe(-(2 ** 28));
  });

  test("an object, as the reference encodes it", () => {
    expect(amf3("0a0b010b776964746804820001")).toEqual(
      Object.assign(Object.create(null), { width: 256 }),
    );
  });

  test("an array can contain itself, but not in plain form", () => {
    const [value] = decodeScriptData(fromHex("00110903010900"), true).values;
    const array = (value as AmfSwitch).value as Amf3Array;
    expect(array.values[0]).toBe(array);
    expect(amf3("0903010900")).toEqual([undefined]);
  });

  test("a value can be there several times", () => {
    const [first, second] = amf3("09050109030104010902") as [unknown[], unknown[]];
    expect(first).toEqual([1]);
    expect(second).toBe(first);
  });

  test("lists of a list twice, thirty deep, can be printed", () => {
    let hex = "01";
    for (let depth = 29; depth > 0; depth--) {
      hex = `090501${hex}${depth < 29 ? `09${toHex(Uint8Array.of(2 * depth))}` : "01"}`;
    }
    expect(JSON.stringify(amf3(hex)).length).toBeLessThan(2 ** 22);
  });

  test("an array's names are names, whatever they mean to JavaScript", () => {
    const names = ["length", "4294967294", "__proto__", "constructor", "a"];
    const members = names.map((name) => {
      const bytes = new TextEncoder().encode(name);
      return `${toHex(Uint8Array.of(2 * bytes.length + 1, ...bytes))}0407`;
    });
    const plain = amf3(`0903${members.join("")}010408`) as Record<string, unknown>;
    expect(Object.keys(plain).sort()).toEqual([...names, "0"].sort());
    expect(plain.length).toBe(7);
    expect(plain[0]).toBe(8);
  });

  test.each([
    ["0a07", "amf-type"],
    ["0602", "amf-type"],
    ["0980808003", "amf-count"],
    ["0d7f00", "amf-count"],
    ["12", "amf-type"],
    ["0cff", "amf-truncated"],
  ])("%s is %s", (hex, code) => expect(codeOf(`0011${hex}`, true)).toBe(code));

  test("another format byte than 0 is refused, an empty body is empty", () => {
    expect(codeOf("03", true)).toBe("amf-type");
    for (const hex of ["", "00"]) {
      const script = decodeScriptData(fromHex(hex), true);
      expect(script.values).toEqual([]);
      expect(toHex(encodeScriptData(script))).toBe(hex);
    }
  });
});

describe("codec numbers of onMetaData", () => {
  test("FourCCs, also reversed, and legacy numbers", () => {
    expect(fourCcNumber("hvc1")).toBe(1752589105);
    expect(fourCcText(1332770163)).toBe("Opus");
    expect(codecOfMetadata("audio", 1630826605)).toBe("mp4a");
    expect(codecOfMetadata("audio", 1836069985)).toBe("mp4a");
    expect(codecOfMetadata("audio", 10)).toBe("aac");
    expect(codecOfMetadata("video", 7)).toBe("avc");
    expect(codecOfMetadata("video", 0x12345678)).toBeUndefined();
  });
});
