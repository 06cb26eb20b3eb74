import { afterAll, describe, expect, test } from "vitest";
import { toHex, VectorTally } from "../../../tools/testing/vectors.js";
import {
  type CodestreamHeader,
  CodestreamSplitter,
  decodeHeader,
  encodeHeader,
  frameLength,
  isFormatError,
  walkCodestream,
} from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";

const { streams, malformed, absent } = codecVectors();
const tally = new VectorTally("jpegxs-codec");
afterAll(() => {
  tally.print();
  if (absent.length > 0) console.info(`jpegxs-codec: ${absent.length} files are not here`);
});

/** The header under the standard's names, as expected.json has it. */
function standardNames(h: CodestreamHeader): Record<string, number | string> {
  const p = h.pih;
  return {
    Lcod: p.lcod,
    Ppih: p.ppih,
    Plev: p.plev,
    Wf: p.wf,
    Hf: p.hf,
    Cw: p.cw,
    Hsl: p.hsl,
    Nc: p.nc,
    Bw: p.bw,
    Fq: p.fq,
    Br: p.br,
    Cpih: p.cpih,
    NLx: p.nlx,
    NLy: p.nly,
    Lh: p.lh,
    Rl: p.rl,
    Qpih: p.qpih,
    Fs: p.fs,
    Rm: p.rm,
    Sd: h.sd ?? 0,
    cap: toHex(h.cap),
  };
}

/** The code of the FormatError that `body` throws, `accepted` without. Anything else goes through. */
function outcome(body: () => void): string {
  try {
    body();
    return "accepted";
  } catch (error) {
    if (isFormatError(error)) return error.code;
    throw error;
  }
}

describe("headers and frames", () => {
  test.each(streams)("$file", (expected) => {
    const bytes = codecVector(expected.file);
    const header = decodeHeader(bytes);
    const { comps, Npx, Npy, bands, ...fields } = expected.header;
    expect(standardNames(header)).toEqual(fields);
    expect(
      header.cdt.map((c, i) => ({
        B: c.b,
        sx: c.sx,
        sy: c.sy,
        w: header.geometry.components[i]?.width,
        h: header.geometry.components[i]?.height,
      })),
    ).toEqual(comps);
    expect(header.geometry).toMatchObject({ npx: Npx, npy: Npy });
    expect(header.geometry.bands).toHaveLength(Number(bands));
    expect(header.wgt.map((w) => w.gain)).toEqual(expected.gain);
    expect(header.wgt.map((w) => w.priority)).toEqual(expected.priority);
    expect(toHex(encodeHeader(header))).toBe(toHex(bytes.subarray(0, header.size)));

    const lengths = expected.frame_bytes ?? [expected.bytes];
    let at = 0;
    for (const length of lengths) {
      expect(frameLength(bytes, at)).toBe(length);
      expect(walkCodestream(bytes, at).length).toBe(length);
      at += length;
    }
    expect(at).toBe(bytes.length);
    const splitter = new CodestreamSplitter();
    const cut = [...splitter.push(bytes), ...splitter.flush()];
    expect(cut.map((c) => c.data.length)).toEqual(lengths);
    tally.add(expected.file, 6 + 3 * lengths.length);
  });
});

describe("damaged headers and frames", () => {
  test.each(malformed)("$file: $why", ({ file, expect: wanted }) => {
    const bytes = codecVector(file);
    // A walk follows the lengths only: what is wrong inside the packets is the decoder's to find.
    expect(["accepted", "malformed", "unsupported", "truncated"]).toContain(
      outcome(() => walkCodestream(bytes)),
    );
    const header = outcome(() => decodeHeader(bytes));
    if (header !== "accepted") expect(wanted.split(" or ")).toContain(header);
    tally.add(file);
  });
});
