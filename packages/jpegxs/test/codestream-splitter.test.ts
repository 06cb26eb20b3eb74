import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  CodestreamSplitter,
  type FormatIssue,
  frameLength,
  type JpegXsErrorCode,
  readCodestreams,
  walkCodestream,
} from "../src/index.js";
import { sampleCodestream } from "./samples.js";

const falseMarkers = new Uint8Array([0xff, 0x11, 0xff, 0x10, 0xff, 0x50, 0xff, 0x11, 0xff, 0x10]);
const filler = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(falseMarkers));
/** Lcod: right, unknown, too small, too large. */
const lcod = fc.constantFrom(undefined, 0, 20, 1_000_000);
const codestream = fc.tuple(filler, lcod).map(([bytes, size]) => sampleCodestream(bytes, size));

interface Outcome {
  readonly codestreams: { readonly offset: number; readonly bytes: number[]; walked: boolean }[];
  readonly issues: FormatIssue<JpegXsErrorCode>[];
}

function split(bytes: Uint8Array, cuts: readonly number[]): Outcome {
  const issues: FormatIssue<JpegXsErrorCode>[] = [];
  const splitter = new CodestreamSplitter({ onIssue: (issue) => issues.push(issue) });
  const codestreams: Outcome["codestreams"] = [];
  const keep = (found: ReturnType<CodestreamSplitter["push"]>): void => {
    for (const { offset, data, walked } of found)
      codestreams.push({ offset, bytes: [...data], walked });
  };
  let at = 0;
  for (const size of cuts) {
    keep(splitter.push(bytes.subarray(at, at + size)));
    at = Math.min(at + size, bytes.length);
  }
  keep(splitter.push(bytes.subarray(at)));
  keep(splitter.flush());
  return { codestreams, issues };
}

function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

const chunks = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 });

describe("CodestreamSplitter", () => {
  it.prop([fc.array(codestream, { maxLength: 4 }), chunks])(
    "finds every codestream, whatever Lcod says and however it is cut",
    (all, cuts) => {
      const { codestreams } = split(join(all), cuts);
      expect(codestreams.map((c) => c.bytes)).toEqual(all.map((bytes) => [...bytes]));
      expect(codestreams.every((c) => c.walked)).toBe(true);
    },
  );

  it.prop([
    fc.array(fc.oneof(codestream, fc.uint8Array({ maxLength: 30 })), { maxLength: 5 }),
    chunks,
  ])("gives the same for any chunking, issues included, also with junk between", (all, cuts) => {
    expect(split(join(all), cuts)).toEqual(split(join(all), []));
  });

  it.prop([codestream, fc.nat(), fc.integer({ min: 1, max: 255 }), codestream])(
    "throws nothing on damage",
    (first, where, change, second) => {
      const bytes = join([first, second]);
      bytes[where % bytes.length] = (bytes[where % bytes.length] as number) ^ change;
      const { codestreams } = split(bytes, []);
      expect(codestreams.length).toBeLessThanOrEqual(3);
    },
  );

  test("goes by Lcod where the chain of precinct lengths is broken, and says so", () => {
    const bytes = sampleCodestream(new Uint8Array(20));
    const { slices } = walkCodestream(bytes);
    const damaged = bytes.slice();
    damaged[(slices[1]?.offset as number) + 1] = 0x99;
    const { codestreams, issues } = split(join([damaged, bytes]), []);
    expect(codestreams.map((c) => [c.offset, c.walked])).toEqual([
      [0, false],
      [bytes.length, true],
    ]);
    expect(issues).toMatchObject([{ code: "malformed", field: "slh", offset: slices[1]?.offset }]);
  });

  test("reports a wrong Lcod as a warning", () => {
    const { issues } = split(sampleCodestream(falseMarkers, 77), []);
    expect(issues).toMatchObject([{ severity: "warning", field: "lcod" }]);
  });

  test("does not wait for more than its limit", () => {
    const issues: FormatIssue<JpegXsErrorCode>[] = [];
    const splitter = new CodestreamSplitter({
      maxCodestreamSize: 300,
      onIssue: (issue) => issues.push(issue),
    });
    splitter.push(sampleCodestream(new Uint8Array(200)).subarray(0, 200));
    expect(issues.map((i) => i.code)).toContain("limit");
  });

  test("reads an async source", async () => {
    const bytes = sampleCodestream(falseMarkers);
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
    }
    let found = 0;
    for await (const batch of readCodestreams(source())) found += batch.length;
    expect(found).toBe(1);
  });
});

describe("frameLength", () => {
  test("every strict prefix is truncated, the whole is not", () => {
    const bytes = sampleCodestream(new Uint8Array(3), 0);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => frameLength(bytes.subarray(0, n))).toThrow(
        expect.objectContaining({ name: "FormatError", code: "truncated" }),
      );
    }
    expect(frameLength(bytes)).toBe(bytes.length);
  });

  test("walks where Lcod points nowhere", () => {
    const bytes = sampleCodestream(falseMarkers, 64);
    expect(frameLength(join([bytes, bytes]))).toBe(bytes.length);
    expect(frameLength(join([bytes, bytes]), bytes.length)).toBe(bytes.length);
  });
});

describe("walkCodestream", () => {
  test("gives every slice with its lines", () => {
    const { slices, lcodAgrees } = walkCodestream(sampleCodestream(new Uint8Array(3)));
    expect(slices.map((s) => [s.index, s.line, s.lines])).toEqual([
      [0, 0, 16],
      [1, 16, 16],
      [2, 32, 8],
    ]);
    expect(lcodAgrees).toBe(true);
  });
});
