import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { conformanceSuite, type JpegXsImplementation } from "../src/conformance.js";
import {
  type Codec,
  decodeHeader,
  encodeHeader,
  loadCodecSync,
  walkCodestream,
} from "../src/index.js";
import { allCodecs } from "./codecs.js";

const numRuns = Number(process.env.FC_RUNS ?? 25);

/** Our codec. */
function ours(codec: Codec): JpegXsImplementation {
  const decoder = codec.createDecoder();
  return {
    tools: ["lossless16", "cfa", "nonlinearity"],
    decode: (bytes) => decoder.decode(bytes).planes.map(({ data }) => data),
    encode({ width, height, format, bitDepth, planes }, options) {
      const encoder = codec.createEncoder({ width, height, format, bitDepth, ...options });
      for (const [i, plane] of encoder.planes.entries()) {
        plane.data.set(planes[i] as ArrayLike<number>);
      }
      const bytes = encoder.encode().slice();
      encoder.close();
      return bytes;
    },
  };
}

/** Every backend and family of kernels at once: all must give the same. */
function together(codecs: ReturnType<typeof allCodecs>): JpegXsImplementation {
  const all = codecs.map(([name, codec]) => ({ name, ...ours(codec) }));
  const agree = <T>(run: (codec: JpegXsImplementation) => T, text: (result: T) => string): T => {
    const results = all.map((codec) => run(codec));
    const first = text(results[0] as T);
    for (const [i, result] of results.entries()) {
      if (text(result) !== first) throw new Error(`${all[i]?.name} differs from ${all[0]?.name}`);
    }
    return results[0] as T;
  };
  return {
    tools: all[0]?.tools ?? [],
    decode: (bytes) =>
      agree(
        (codec) => codec.decode(bytes),
        (planes) => planes.map((plane) => Array.from(plane).join()).join(";"),
      ),
    encode: (picture, options) =>
      agree(
        (codec) => (codec.encode as Encode)(picture, options),
        (bytes) => bytes.join(),
      ),
  };
}

describe("every backend and family of kernels", () => {
  conformanceSuite(together(allCodecs()), { describe, test, numRuns });
});

const good = ours(loadCodecSync());

/** An implementation that ignores or misreads part of the header. */
function misreading(change: (h: MutableHeader) => void): JpegXsImplementation {
  return {
    decode(bytes) {
      const { geometry, size, ...decoded } = decodeHeader(bytes);
      const header = {
        ...decoded,
        pih: { ...decoded.pih },
        wgt: decoded.wgt.map((w) => ({ ...w })),
      };
      change(header);
      const start = encodeHeader(header);
      const rest = bytes.subarray(size);
      const edited = new Uint8Array(start.length + rest.length);
      edited.set(start);
      edited.set(rest, start.length);
      return good.decode(edited);
    },
  };
}

interface MutableHeader {
  pih: { -readonly [K in keyof ReturnType<typeof decodeHeader>["pih"]]: number };
  wgt: { gain: number; priority: number }[];
}

/** An implementation that changes every precinct header before it decodes. */
function precincts(change: (header: Uint8Array, bands: number) => void): JpegXsImplementation {
  return {
    decode(bytes) {
      const edited = bytes.slice();
      const { header, slices } = walkCodestream(edited);
      const size = header.geometry.precinctHeaderSize;
      for (const { offset, length } of slices) {
        let at = offset + 6;
        while (at < offset + length) {
          change(edited.subarray(at, at + size), header.geometry.bands.length);
          at +=
            size +
            (edited[at] as number) * 65536 +
            (edited[at + 1] as number) * 256 +
            (edited[at + 2] as number);
        }
      }
      return good.decode(edited);
    },
  };
}

/** An implementation that gets the result wrong. */
function spoiling(change: (plane: number[], i: number) => void): JpegXsImplementation {
  return {
    decode: (bytes) =>
      good.decode(bytes).map((samples, i) => {
        const plane = Array.from(samples);
        change(plane, i);
        return plane;
      }),
  };
}

const mutants: Readonly<Record<string, JpegXsImplementation>> = {
  "takes every quantiser for a deadzone": misreading((h) => {
    h.pih.qpih = 0;
  }),
  "takes runs for zero residuals always": misreading((h) => {
    h.pih.rm = 0;
  }),
  "takes runs for zero coefficients always": misreading((h) => {
    h.pih.rm = 1;
  }),
  "reads no separate signs": misreading((h) => {
    h.pih.fs = 0;
  }),
  "leaves the colour transform out": misreading((h) => {
    if (h.pih.cpih === 1) h.pih.cpih = 0;
  }),
  "ignores gains": misreading((h) => {
    for (const w of h.wgt) w.gain = 0;
  }),
  "ignores priorities": misreading((h) => {
    for (const w of h.wgt) w.priority = 255;
  }),
  "compares priorities with <=": precincts((header) => {
    header[4] = (header[4] as number) + 1;
  }),
  "never predicts vertically": precincts((header) => {
    for (let i = 5; i < header.length; i++) header[i] = (header[i] as number) & 0xaa;
  }),
  "reads no significance flags": precincts((header) => {
    for (let i = 5; i < header.length; i++) header[i] = (header[i] as number) & 0x55;
  }),
  "reads the packet header's long form as short": misreading((h) => {
    h.pih.lh = 0;
  }),
  "rounds the output down": spoiling((plane) => {
    for (let i = 0; i < plane.length; i += 7) plane[i] = Math.max(0, (plane[i] as number) - 1);
  }),
  "loses the last sample": spoiling((plane) => {
    plane[plane.length - 1] = 0;
  }),
  "swaps components": {
    decode: (bytes) => [...good.decode(bytes)].reverse(),
  },
  "reads on behind the end": {
    decode(bytes) {
      const padded = new Uint8Array(bytes.length + 1000);
      padded.set(bytes);
      try {
        return good.decode(padded);
      } catch {
        return [];
      }
    },
  },
  "accepts any first marker": {
    decode(bytes) {
      const edited = bytes.slice();
      edited.set([0xff, 0x10]);
      return good.decode(edited);
    },
  },
  "claims a capability that it does not use": {
    ...good,
    encode: (picture, options) => {
      const bytes = (good.encode as never as Encode)(picture, options);
      const { geometry, size, ...header } = decodeHeader(bytes);
      const start = encodeHeader({
        ...header,
        cap: Uint8Array.of((header.cap[0] ?? 0) | 0x20),
        pih: { ...header.pih, lcod: bytes.length + (header.cap.length === 0 ? 1 : 0) },
      });
      return Uint8Array.from([...start, ...bytes.subarray(size)]);
    },
  },
  "fills up counts instead of precincts": {
    ...good,
    encode: (picture, options) => movedFiller((good.encode as never as Encode)(picture, options)),
  },
  "writes a byte too few": {
    ...good,
    encode: (picture, options) => (good.encode as never as Encode)(picture, options).subarray(1),
  },
  "keeps twelve bits of sixteen": {
    ...good,
    encode: (picture, options) => {
      const most = 2 ** Math.max(0, picture.bitDepth - 12);
      const planes = picture.planes.map((p) => Array.from(p, (v) => v - (v % most)));
      return (good.encode as never as Encode)({ ...picture, planes }, options);
    },
  },
  "calls every filter array RGGB": {
    ...good,
    encode: (picture, options) =>
      (good.encode as never as Encode)(
        picture,
        options.cfa ? { ...options, cfa: "RGGB" } : options,
      ),
  },
  "exchanges the two greens": {
    ...good,
    encode: (picture, options) => {
      const [r, g, h, b] = picture.planes;
      const planes = options.cfa ? ([r, h, g, b] as typeof picture.planes) : picture.planes;
      return (good.encode as never as Encode)({ ...picture, planes }, options);
    },
  },
  "codes samples without the curve that it writes": {
    ...good,
    encode: (picture, { nonlinearity, ...options }) => {
      const bytes = (good.encode as never as Encode)(picture, options);
      if (nonlinearity === undefined) return bytes;
      const { geometry, size, ...header } = decodeHeader(bytes);
      const pih = { ...header.pih, bw: 18, fq: 6 };
      const start = encodeHeader({ ...header, pih, nlt: nonlinearity });
      return Uint8Array.from([...start, ...bytes.subarray(size)]);
    },
  },
  "calls a picture with loss lossless": {
    ...good,
    encode: (picture, options) =>
      (good.encode as never as Encode)(picture, options.lossless ? { size: 2600 } : options),
  },
};
/** Filler of the first precinct moved to behind the counts of its first packet, where decoders skip it too. */
function movedFiller(codestream: Uint8Array): Uint8Array {
  const bytes = codestream.slice();
  const { header, slices } = walkCodestream(bytes);
  const start = (slices[0]?.offset as number) + 6 + header.geometry.precinctHeaderSize;
  const length = start - header.geometry.precinctHeaderSize;
  const end = start + (bytes[length + 1] as number) * 256 + (bytes[length + 2] as number);
  let zeros = 0;
  while (zeros < 400 && bytes[end - 1 - zeros] === 0) zeros++;
  // Zeros right behind the data may belong to it.
  const filler = zeros - 64;
  const sizes = (bytes[start + 2] as number) * 65536 + (bytes[start + 3] as number) * 256;
  const lcnt = (sizes >> 11) & 0x1fff;
  // Only data may follow: one packet with counts, no flags.
  const behind = start + 5 + lcnt;
  if (filler < 50 || lcnt + filler > 0x1fff) return bytes;
  bytes.copyWithin(behind + filler, behind, end - filler);
  bytes.fill(0, behind, behind + filler);
  const moved = sizes + filler * 2048;
  bytes.set([moved >> 16, (moved >> 8) & 0xff], start + 2);
  return bytes;
}
type Encode = NonNullable<JpegXsImplementation["encode"]>;

describe("wrong implementations are caught", () => {
  const before = fc.readConfigureGlobal();
  // How little it takes to show that an implementation is wrong is of no interest here.
  beforeAll(() => fc.configureGlobal({ ...before, endOnFailure: true }));
  afterAll(() => fc.configureGlobal(before));

  test("the right one is not", () => {
    expect(failedProperties(conformanceSuite, good, 10)).toEqual([]);
  });
  test.each(Object.entries(mutants))("%s", (_, mutant) => {
    expect(failedProperties(conformanceSuite, mutant, 25)).not.toEqual([]);
  });
});
