import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type CodestreamHeader,
  cfaPattern,
  cfaRegistration,
  decodeHeader,
  encodeHeader,
  Marker,
  markerName,
  sizeOfHeader,
} from "../src/index.js";
import { sampleHeader } from "./samples.js";

const SLH = [0xff, 0x20];

function withSlice(header: Uint8Array): Uint8Array {
  return new Uint8Array([...header, ...SLH]);
}

const bayer: CodestreamHeader = {
  ...sampleHeader,
  cap: new Uint8Array([0x44]),
  pih: { ...sampleHeader.pih, nc: 4, cpih: 3, bw: 18, fq: 6, nly: 1 },
  cdt: [12, 12, 12, 12].map((b) => ({ b, sx: 1, sy: 1 })),
  wgt: Array.from({ length: 25 }, () => ({ gain: 1, priority: 0 })),
  sd: 1,
  cts: { reserved: 5, cf: 3, e1: 1, e2: 2 },
  crg: cfaRegistration("GRBG"),
  nlt: { tnlt: 2, t1: 77, t2: 99999, e: 3 },
  com: [
    { tcom: 0, data: new Uint8Array([0x78, 0]) },
    { tcom: 0x8001, data: new Uint8Array(0) },
  ],
};

describe("header", () => {
  test("reads back every segment that was written", () => {
    const bytes = encodeHeader(bayer);
    const { geometry, size, order, ...header } = decodeHeader(withSlice(bytes));
    expect(header).toEqual(bayer);
    expect(size).toBe(bytes.length);
    expect(sizeOfHeader(bayer)).toBe(bytes.length);
    expect(geometry.bands).toHaveLength(25);
    expect(order?.map(markerName)).toEqual("CDT WGT NLT CWD CTS CRG COM COM".split(" "));
  });

  test("keeps the order in which the segments came", () => {
    const order = [Marker.com, Marker.crg, Marker.wgt, Marker.cdt];
    const bytes = encodeHeader({ ...bayer, order });
    const header = decodeHeader(withSlice(bytes));
    expect(header.order?.slice(0, 4)).toEqual(order);
    expect(encodeHeader(header)).toEqual(bytes);
  });

  test("a negative offset of the quadratic non-linearity survives", () => {
    const nlt = { tnlt: 1, dco: -32768 } as const;
    const bytes = encodeHeader({ ...bayer, nlt });
    expect(decodeHeader(withSlice(bytes)).nlt).toEqual(nlt);
  });

  test("every strict prefix is truncated and says how much is wanted", () => {
    const bytes = withSlice(encodeHeader(bayer));
    for (let n = 0; n < bytes.length; n++) {
      const error = thrown(() => decodeHeader(bytes.subarray(0, n)));
      expect(error).toMatchObject({ name: "FormatError", code: "truncated" });
      expect((error as { expected: number }).expected).toBeGreaterThan(n);
      expect((error as { expected: number }).expected).toBeLessThanOrEqual(bytes.length);
    }
  });

  it.prop([fc.nat(), fc.nat({ max: 255 })])(
    "a changed byte gives a header or a FormatError",
    (where, value) => {
      const bytes = withSlice(encodeHeader(bayer));
      bytes[where % bytes.length] = value;
      const error = thrown(() => decodeHeader(bytes));
      if (error !== undefined) expect(error).toHaveProperty("name", "FormatError");
    },
  );

  const refused: readonly (readonly [string, Partial<CodestreamHeader>])[] = [
    ["pih.wf", { pih: { ...bayer.pih, wf: 0 } }],
    ["pih.nlx", { pih: { ...bayer.pih, nlx: 9 } }],
    ["components", { cdt: bayer.cdt.slice(1) }],
    ["depth 17", { cdt: bayer.cdt.map((c) => ({ ...c, b: 17 })) }],
    ["bands", { wgt: [] }],
    ["cwd.sd", { sd: 4 }],
    ["cts.cf", { cts: { reserved: 0, cf: 1, e1: 0, e2: 0 } }],
    ["filter array", { crg: bayer.crg?.map(() => ({ xcrg: 0, ycrg: 0 })) ?? [] }],
    ["without coefficients", { pih: { ...bayer.pih, hf: 1 } }],
    ["nlt", { pih: { ...bayer.pih, fq: 0, bw: 12 } }],
    ["not an integer", { wgt: bayer.wgt.map(() => ({ gain: 300, priority: 0 })) }],
  ];
  test.each(refused)("refuses to write: %s", (message, change) => {
    expect(() => encodeHeader({ ...bayer, ...change })).toThrow(RangeError);
    expect(() => encodeHeader({ ...bayer, ...change })).toThrow(message);
  });
});

describe("cfaPattern", () => {
  test("knows the four filter arrays and nothing else", () => {
    for (const pattern of ["RGGB", "BGGR", "GRBG", "GBRG"] as const) {
      expect(cfaPattern(cfaRegistration(pattern))).toBe(pattern);
    }
    expect(cfaPattern(cfaRegistration("RGGB").map((r) => ({ ...r, xcrg: 1 })))).toBeUndefined();
  });
});

function thrown(body: () => void): unknown {
  try {
    body();
    return undefined;
  } catch (error) {
    return error;
  }
}
