import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type Caps,
  capsAreEmpty,
  formatCaps,
  fractionOf,
  intersectCaps,
  parseCaps,
} from "../src/caps.js";

const fixed = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.boolean(),
  fc.constantFrom("cdp", "cc_data", "I420", "two words", "30", 'say "x"'),
  fc.record({
    numerator: fc.integer({ min: 1, max: 6 }),
    denominator: fc.integer({ min: 1, max: 3 }),
  }),
);
const value = fc.oneof(
  fixed,
  fc.array(fixed, { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
  fc.tuple(fc.nat(5), fc.nat(5)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
);
const anyCaps: fc.Arbitrary<Caps> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("ANY" as const) },
  {
    weight: 9,
    arbitrary: fc.array(
      fc.record({
        mediaType: fc.constantFrom("a/b", "closedcaption/x-cea-708"),
        fields: fc.dictionary(fc.constantFrom("format", "framerate", "x-y"), value, { maxKeys: 2 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  },
);

describe("caps", () => {
  test("memory is the system's", () => {
    expect(parseCaps("video/x-raw(memory:SystemMemory), width=2")).toEqual(
      parseCaps("video/x-raw, width=2"),
    );
    expect(() => parseCaps("video/x-raw(memory:CUDAMemory)")).toThrow(
      /memory:CUDAMemory is not supported/,
    );
  });

  test("GStreamer's notation", () => {
    expect(
      parseCaps(
        "video/x-raw, format=(string){ I420, NV12 }, framerate=[ 1/1, 60/1 ], width=1920; a/b",
      ),
    ).toEqual([
      {
        mediaType: "video/x-raw",
        fields: {
          format: { oneOf: ["I420", "NV12"] },
          framerate: {
            from: { numerator: 1, denominator: 1 },
            to: { numerator: 60, denominator: 1 },
          },
          width: 1920,
        },
      },
      { mediaType: "a/b", fields: {} },
    ]);
    expect(fractionOf(parseCaps("a/b,framerate=30000/1001"), "framerate")).toEqual({
      numerator: 30_000,
      denominator: 1001,
    });
  });

  test.each([
    "video",
    "a/b,",
    "a/b,x",
    "a/b,x=",
    "a/b,x={1",
    "a/b,x=[1",
    "a/b,x=[a,b]",
    "a/b,x=1/0",
    "a/b c",
  ])("%j is a SyntaxError", (text) => {
    expect(() => parseCaps(text)).toThrow(SyntaxError);
  });

  it.prop([anyCaps])("what is formatted parses to the same", (caps) => {
    // A string that looks like a number needs its type; caps made in code are compared by what they admit.
    const again = parseCaps(formatCaps(caps));
    expect(formatCaps(again)).toBe(formatCaps(caps));
  });

  it.prop([anyCaps])("ANY is neutral, and caps intersect with themselves", (caps) => {
    expect(intersectCaps(caps, "ANY")).toEqual(caps);
    expect(intersectCaps("ANY", caps)).toEqual(caps);
    expect(capsAreEmpty(intersectCaps(caps, caps))).toBe(false);
  });

  it.prop([anyCaps, anyCaps])("whether two intersect does not depend on their order", (a, b) => {
    expect(capsAreEmpty(intersectCaps(a, b))).toBe(capsAreEmpty(intersectCaps(b, a)));
  });

  test("ranges, lists and open fields", () => {
    const of = (text: string): Caps => parseCaps(text);
    expect(formatCaps(intersectCaps(of("a/b,x=[1,5]"), of("a/b,x=[4,9],y=2")))).toBe(
      "a/b, x=[ 4, 5 ], y=2",
    );
    expect(formatCaps(intersectCaps(of("a/b,x={1,2,3}"), of("a/b,x=[2,9]")))).toBe(
      "a/b, x={ 2, 3 }",
    );
    expect(intersectCaps(of("a/b,x=1"), of("a/b,x=2"))).toEqual([]);
    expect(intersectCaps(of("a/b"), of("a/c"))).toEqual([]);
  });
});
