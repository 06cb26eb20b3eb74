import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { toHex, VectorTally } from "../../../tools/testing/vectors.js";
import {
  type CodestreamHeader,
  CodestreamSplitter,
  cfaPattern,
  type Decoder,
  decodeHeader,
  type EncoderOptions,
  encodeHeader,
  encoderHeader,
  frameLength,
  isFormatError,
  loadCodecSync,
  type Picture,
  type SamplingFormat,
  type SourcePlane,
  samplingFormat,
  splitMosaic,
  walkCodestream,
} from "../src/index.js";
import { codecVector, codecVectors, type ExpectedStream, sourcePlanes } from "./codec-vectors.js";
import { allCodecs } from "./codecs.js";
import { planePsnr } from "./pictures.js";

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

function md5(picture: Picture): string[] {
  return picture.planes.map(({ data }) =>
    createHash("md5")
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest("hex"),
  );
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

describe.each(allCodecs())("decoder, %s", (_, codec) => {
  const decoder = codec.createDecoder();
  const scaled = {
    half: codec.createDecoder({ scale: "half" }),
    quarter: codec.createDecoder({ scale: "quarter" }),
  };

  test.each(streams)("$file", (expected) => {
    const bytes = codecVector(expected.file);
    const frames = (expected.frames === undefined ? [expected.plane_md5] : expected.plane_md5) as
      | readonly string[][]
      | readonly (readonly string[])[];
    let at = 0;
    for (const frame of frames) {
      expect(md5(decoder.decode(bytes.subarray(at)))).toEqual(frame);
      expect(md5(inSlices(decoder, bytes.subarray(at)))).toEqual(frame);
      at += frameLength(bytes, at);
      tally.add(expected.file, 2 * frame.length);
    }
    for (const [scale, { planes }] of Object.entries(expected.proxy ?? {})) {
      const picture = scaled[scale as keyof typeof scaled].decode(bytes);
      expect(picture.planes.map((p) => [p.width, p.height])).toEqual(planes.map((p) => [p.w, p.h]));
      expect(md5(picture)).toEqual(planes.map((p) => p.md5));
      tally.add(expected.file, planes.length);
    }
  });

  test.each(malformed)("$file: $why", ({ file, expect: wanted }) => {
    expect(wanted.split(" or ")).toContain(outcome(() => decoder.decode(codecVector(file))));
    tally.add(file);
  });
});

/** The picture decoded slice by slice; every line is reported once, in order. */
function inSlices(decoder: Decoder, bytes: Uint8Array): Picture {
  let line = 0;
  const picture = decoder.decodeSlices(bytes, ({ first, end }) => {
    expect(first).toBe(line);
    line = end;
  });
  expect(line).toBe(picture.height);
  return picture;
}

/** Encoder options that mean what `svt_options` mean. */
function svtOptions(expected: ExpectedStream): EncoderOptions {
  const o = expected.svt_options as NonNullable<ExpectedStream["svt_options"]>;
  const { header } = expected;
  return {
    width: Number(header.Wf),
    height: Number(header.Hf),
    format: samplingFormat(
      header.comps.map(({ B, sx, sy }) => ({ b: B, sx, sy })),
    ) as SamplingFormat,
    bitDepth: header.comps[0]?.B as number,
    bitsPerPixel: o.bpp,
    nlx: o.decomp_h,
    nly: o.decomp_v,
    sliceHeight: o.slice_height,
    quantiser: o.quantization === 1 ? "uniform" : "deadzone",
    verticalPrediction: (["off", "residuals", "coefficients"] as const)[o.coding_vpred] ?? "off",
    signs: (["inline", "separate-fast", "separate"] as const)[o.coding_signs] ?? "inline",
    significance: o.coding_sigf === 1,
    rateControl: o.rc === 0 ? "precinct" : "carry",
    weights: expected.gain.map((gain, i) => ({ gain, priority: expected.priority[i] as number })),
    compat: "svt",
  };
}

const bySvt = streams.filter((s) => s.svt_options !== undefined);

describe.each(allCodecs())("encoder in the compatibility mode, %s", (_, codec) => {
  const identical = bySvt.filter((s) => s.byte_identical_second_encoder);
  test.each(identical)("writes the bytes of $file", (expected) => {
    const encoder = codec.createEncoder(svtOptions(expected));
    const bytes = encoder.encode(sourcePlanes(expected));
    encoder.close();
    expect(toHex(bytes)).toBe(toHex(codecVector(expected.file)));
    const { weights, ...options } = svtOptions(expected);
    expect(encoderHeader(options).wgt).toEqual(weights);
    tally.add(expected.file, 2);
  });
});

/** Tools that no SVT-JPEG-XS has: the same ones with the same bytes and weights, against who made the stream. */
const special = streams.filter(({ source, file }) => {
  if (source === undefined) return false;
  const { pih, nlt, crg } = decodeHeader(codecVector(file));
  // The reference encoder exchanges R and B of the other two filter arrays.
  const array = pih.cpih !== 3 || ["RGGB", "GRBG"].includes(cfaPattern(crg ?? []) ?? "");
  return array && pih.fq > 0 && pih.cw === 0 && (pih.cpih === 3 || nlt !== undefined);
});

test("filter arrays and non-linearities at equal bytes are no worse than the reference encoder's", () => {
  const codec = loadCodecSync();
  const decoder = codec.createDecoder();
  for (const expected of special) {
    const theirs = codecVector(expected.file);
    const { pih, cdt, wgt, nlt, cts, crg } = decodeHeader(theirs);
    const cfa = crg && cfaPattern(crg);
    let source = sourcePlanes(expected);
    if (cfa !== undefined) {
      const raw = codecVector((expected.source as { file: string }).file);
      const samples = cdt[0]?.b === 8 ? raw : new Uint16Array(raw.buffer, 0, raw.length / 2);
      source = splitMosaic(samples, 2 * pih.wf, 2 * pih.hf, cfa);
    }
    const options: EncoderOptions = {
      width: pih.wf,
      height: pih.hf,
      format: samplingFormat(cdt) as SamplingFormat,
      bitDepth: cdt[0]?.b as number,
      size: theirs.length,
      nlx: pih.nlx,
      nly: pih.nly,
      sliceHeight: pih.hsl * 2 ** pih.nly,
      rawPackets: pih.rl === 1,
      quantiser: pih.qpih === 1 ? "uniform" : "deadzone",
      rgb: pih.cpih === 1,
      weights: wgt,
      profile: "unrestricted",
      ...(nlt && { nonlinearity: nlt }),
      ...(cfa && { cfa, starTetrix: cts ?? {} }),
    };
    const mean = (bytes: Uint8Array): number => {
      const each = psnr(decoder.decode(bytes), source);
      return each.reduce((a, b) => a + b, 0) / each.length;
    };
    expect(mean(codec.createEncoder(options).encode(source))).toBeGreaterThan(mean(theirs));
    tally.add(expected.file);
  }
});

function psnr(picture: Picture, source: readonly SourcePlane[]): number[] {
  return picture.planes.map(({ data, bitDepth }, p) => {
    return planePsnr(data, (source[p] as SourcePlane).data, bitDepth);
  });
}

describe("encoder quality at equal bytes", () => {
  const codec = loadCodecSync();
  const decoder = codec.createDecoder();
  const compared = bySvt.filter((s) => {
    const o = s.svt_options as NonNullable<ExpectedStream["svt_options"]>;
    const plain = o.quantization === 0 && o.coding_signs === 0 && o.coding_vpred === 0;
    return plain && ["natural", "text"].includes(s.source?.kind ?? "");
  });
  const modes = [
    ["best", 1.5, 0.1, { signs: "separate", rawPackets: true, rateControl: "carry" }],
    ["conforming", 1.0, 0.1, { rateControl: "carry" }],
    // One quality for the slice favours luma where a slice has next to no bytes.
    ["default", 1.0, 1.0, {}],
  ] as const;

  test.each(modes)(
    "%s mode: at least %d dB in the mean of first planes",
    (name, least, slack, mode) => {
      if (compared.length === 0) return;
      let gain = 0;
      for (const expected of compared) {
        const source = sourcePlanes(expected);
        const { compat, rateControl, quantiser, verticalPrediction, significance, ...same } =
          svtOptions(expected);
        const bytes = codec
          .createEncoder({ ...same, ...mode, profile: "unrestricted" })
          .encode(source);
        expect(bytes.length).toBe(expected.bytes);
        const before = expected.psnr_per_plane_db as number[];
        for (const [i, after] of psnr(decoder.decode(bytes), source).entries()) {
          expect(after).toBeGreaterThanOrEqual((before[i] as number) - (i === 0 ? 0 : slack));
          if (i === 0) gain += after - (before[0] as number);
        }
        tally.add(expected.file, before.length);
      }
      console.info(
        `${name} mode: ${(gain / compared.length).toFixed(2)} dB over ${compared.length} streams`,
      );
      expect(gain / compared.length).toBeGreaterThanOrEqual(least);
    },
  );
});
