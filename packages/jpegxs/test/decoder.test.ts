import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type Decoder,
  decodeHeader,
  encodeHeader,
  isFormatError,
  loadCodecSync,
  walkCodestream,
} from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";
import { naturalPicture } from "./pictures.js";
import { sampleHeader } from "./samples.js";

const codec = loadCodecSync();
const decoder = codec.createDecoder();

function encoded(change: object = {}): Uint8Array<ArrayBuffer> {
  const encoder = codec.createEncoder({
    width: 64,
    height: 48,
    format: "4:2:2",
    bitDepth: 8,
    bitsPerPixel: 6,
    ...change,
  });
  const bytes = encoder.encode(naturalPicture("4:2:2", 64, 48, 8, 5)).slice();
  encoder.close();
  return bytes as Uint8Array<ArrayBuffer>;
}
const bytes = encoded();
const good = decoder.decode(bytes).planes.map(({ data }) => data.slice());

function checksum(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum = (sum * 31 + (samples[i] as number)) % 1e9;
  return sum;
}

/** The code of a FormatError, `ok` for a picture. Any other exception goes through. */
function outcome(body: () => void): string {
  try {
    body();
    return "ok";
  } catch (error) {
    if (isFormatError(error)) return error.code;
    throw error;
  }
}

describe("damage", () => {
  test("strict prefixes are truncated", () => {
    for (let n = 0; n < bytes.length; n += n < 200 ? 1 : 11) {
      expect(outcome(() => decoder.decode(bytes.subarray(0, n)))).toBe("truncated");
    }
  });

  const small = codecVectors()
    .streams.map(({ file }) => codecVector(file))
    .filter((stream) => stream.length < 6000);

  it.prop([
    fc.nat(),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
    fc.boolean(),
  ])(
    "changed bytes give a picture or a FormatError, and the decoder goes on",
    (which, changes, conceal) => {
      const damaged = (small[which % small.length] as Uint8Array).slice();
      for (const [at, value] of changes) damaged[at % damaged.length] = value;
      const other = codec.createDecoder({
        onDamage: conceal ? "conceal" : "throw",
        maxPixels: 2 ** 20,
      });
      outcome(() => other.decode(damaged));
      expect(outcome(() => other.decode(bytes))).toBe("ok");
      other.close();
    },
  );

  it.prop([fc.uint8Array({ maxLength: 300 })])("junk behind a header as well", (junk) => {
    const { size } = decodeHeader(bytes);
    const start = bytes.subarray(0, size + 6);
    const damaged = new Uint8Array([...start, ...junk]);
    expect(outcome(() => decoder.decode(damaged))).not.toBe("ok");
  });

  test("a damaged slice becomes grey, the others stay as they are", () => {
    const { slices } = walkCodestream(bytes);
    const damaged = bytes.slice();
    const { offset } = slices[1] as (typeof slices)[number];
    // Q of the second slice's first precinct.
    damaged[offset + 6 + 3] = 99;
    expect(outcome(() => decoder.decode(damaged))).toBe("malformed");
    const lenient = codec.createDecoder({ onDamage: "conceal" });
    const picture = lenient.decode(damaged);
    expect(lenient.damagedSlices).toBe(1);
    const luma = picture.planes[0]?.data as Uint8Array;
    // Lines whose wavelets do not reach into the damaged slice.
    const same = (from: number, to: number): void => {
      expect(luma.slice(from * 64, to * 64)).toEqual(good[0]?.slice(from * 64, to * 64));
    };
    same(0, 8);
    same(40, 48);
    expect(new Set(luma.slice(22 * 64, 26 * 64))).toEqual(new Set([128]));
    expect(lenient.decode(bytes).planes[0]?.data.slice()).toEqual(good[0]);
    expect(lenient.damagedSlices).toBe(0);
    lenient.close();
  });

  test("a picture in pieces goes on after a damaged slice", () => {
    const { slices, header } = walkCodestream(bytes);
    const piece = (i: number): Uint8Array => {
      const { offset, length } = slices[i] as (typeof slices)[number];
      return bytes.slice(offset, offset + length);
    };
    decoder.begin(bytes.subarray(0, header.size + 2));
    decoder.push(piece(0));
    const broken = piece(1);
    broken[9] = 99;
    expect(outcome(() => decoder.push(broken))).toBe("malformed");
    const { end, picture } = decoder.push(piece(2));
    expect(end).toBe(48);
    expect(picture.planes[0]?.data.slice(40 * 64)).toEqual(good[0]?.slice(40 * 64));
    expect(() => decoder.push(piece(2))).toThrow("complete");
  });

  test("a slice that does not come in its turn is refused", () => {
    const { slices, header } = walkCodestream(bytes);
    const { offset, length } = slices[1] as (typeof slices)[number];
    decoder.begin(bytes.subarray(0, header.size + 2));
    expect(outcome(() => decoder.push(bytes.subarray(offset, offset + length)))).toBe("malformed");
  });
});

describe("limits and refusals", () => {
  const header = (pih: object, cap = sampleHeader.cap): Uint8Array => {
    const all = { ...sampleHeader, cap, pih: { ...sampleHeader.pih, ...pih } };
    return new Uint8Array([...encodeHeader(all), 0xff, 0x20]);
  };

  test("65535 x 65535 is refused before memory is taken", () => {
    const huge = header({ wf: 65534, hf: 65535 });
    expect(outcome(() => codec.createDecoder().decode(huge))).toBe("limit");
    expect(outcome(() => codec.createDecoder().begin(huge))).toBe("limit");
  });

  test("capabilities that are not implemented are refused, trailing zeros are not", () => {
    expect(outcome(() => decoder.decode(header({}, new Uint8Array([0x80]))))).toBe("unsupported");
    expect(outcome(() => decoder.decode(header({}, new Uint8Array([0, 0x40]))))).toBe(
      "unsupported",
    );
    expect(outcome(() => decoder.decode(header({}, new Uint8Array([0, 0x80, 0, 0]))))).toBe(
      "truncated",
    );
  });

  test("a scale that the picture has not", () => {
    const flat = encoded({ nly: 1 });
    expect(outcome(() => codec.createDecoder({ scale: "half" }).decode(flat))).toBe("ok");
    expect(outcome(() => codec.createDecoder({ scale: "quarter" }).decode(flat))).toBe(
      "bad-config",
    );
  });

  test.each([{ scale: "tiny" }, { onDamage: "ignore" }, { maxPixels: 0 }])(
    "options %j",
    (options) => {
      expect(outcome(() => codec.createDecoder(options as never))).toBe("bad-config");
    },
  );

  test("planes of the caller that are too small or of the wrong kind", () => {
    const into = (make: (width: number, height: number) => Uint8Array | Uint16Array): object[] =>
      decoder.decode(bytes).planes.map((p) => ({ data: make(p.width, p.height), stride: p.width }));
    const decodeInto = (planes: object[]) => () => decoder.decode(bytes, { into: planes as never });
    expect(outcome(decodeInto(into((w, h) => new Uint8Array(w * h))))).toBe("ok");
    expect(outcome(decodeInto(into((w, h) => new Uint8Array(w * h - 1))))).toBe("bad-config");
    expect(outcome(decodeInto(into((w, h) => new Uint16Array(w * h))))).toBe("bad-config");
    expect(outcome(decodeInto([]))).toBe("bad-config");
  });

  test("no such backend or kernels", () => {
    expect(outcome(() => loadCodecSync({ backend: "gpu" as never }))).toBe("bad-config");
    expect(outcome(() => loadCodecSync({ kernels: "mmx" as never }))).toBe("bad-config");
    expect(outcome(() => loadCodecSync({ backend: "wasm", kernels: "avx2" }))).toBe("bad-config");
  });
});

describe("a decoder", () => {
  test("follows pictures of changing size, format and depth", () => {
    const all = codecVectors().streams.slice(0, 12);
    const once = (d: Decoder, stream: Uint8Array): number[] =>
      d.decode(stream).planes.map(({ data }) => checksum(data));
    for (const { file } of all) {
      const fresh = codec.createDecoder();
      expect(once(decoder, codecVector(file))).toEqual(once(fresh, codecVector(file)));
      fresh.close();
    }
  });

  test("first lines come after the first slice", () => {
    const lines: number[] = [];
    decoder.decodeSlices(bytes, ({ end }) => lines.push(end));
    expect(lines).toEqual([13, 29, 48]);
  });
});
