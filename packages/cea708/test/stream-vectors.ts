// Vectors of captions in elementary streams and QuickTime samples.
import { expect, test } from "vitest";
import {
  fromHex,
  toHex,
  type VectorTally,
  vectorBytes,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  decodeCdp,
  decodeMpeg2UserData,
  decodeQuickTimeSample,
  decodeSeiCaptions,
  encodeC608Sample,
  encodeC708Sample,
  encodeMpeg2UserData,
  encodeSeiCaptions,
  type SeiCodec,
} from "../src/index.js";

interface StreamExpectation {
  readonly ffmpeg_a53_side_data_packets?: readonly { readonly hex: string }[];
  readonly sample_packets?: readonly { readonly hex: string }[];
}
/** A test for each stream of `files`, all files of the folder, that expectations tell of. */
export function streamVectors(files: readonly string[], tally: VectorTally): void {
  for (const file of files.filter((name) => /^es\/[^/]*\.json$/.test(name))) {
    const expected = vectorJson<Record<string, StreamExpectation | readonly string[]>>(
      "cea708",
      file,
    );
    const source = expected.source_frames_cc_data as readonly string[] | undefined;
    for (const [name, expectation] of Object.entries(expected)) {
      const path = file.replace(/[^/]*$/, name);
      if (!files.includes(path)) continue;
      test(path, () => {
        const { ffmpeg_a53_side_data_packets: packets, sample_packets: samples } =
          expectation as StreamExpectation;
        const bytes = vectorBytes("cea708", path);
        if (packets !== undefined) {
          const found = captionsOf(bytes, name);
          expect(found).toEqual(packets.map((each) => each.hex));
          if (source !== undefined) {
            expect(found.slice(0, source.length)).toEqual(source.slice(0, found.length));
          }
          tally.add(path, found.length);
        }
        if (samples !== undefined) {
          // ffprobe shows a c608 sample as triplets, any other as it is.
          const all = samples.map((each) => fromHex(each.hex));
          const c608 = all.every((each) => (each[0] as number) >= 0xf8);
          let at = 0;
          for (const each of all) {
            const sample = c608 ? c608Sample(each) : each;
            at = indexOf(bytes, sample, at);
            expect(at, toHex(sample)).toBeGreaterThanOrEqual(0);
            const decoded = decodeQuickTimeSample(bytes.subarray(at, at + sample.length));
            expect(decoded.issues).toEqual([]);
            if (c608) {
              expect(toHex(decoded.field1)).toBe(pairsOf(each, 0xfc));
              expect(toHex(decoded.field2)).toBe(pairsOf(each, 0xfd));
            } else {
              const [cdp] = decoded.cdps;
              expect(decodeCdp(cdp as Uint8Array, 0, { mode: "strict" }).issues).toEqual([]);
              expect(toHex(encodeC708Sample(cdp as Uint8Array))).toBe(toHex(sample));
            }
            at += sample.length;
            tally.add(path);
          }
        }
      });
    }
  }
}

/** cc_data of every picture of an Annex B or MPEG-2 stream, in stream order; re-encoded on the way. */
function captionsOf(bytes: Uint8Array, name: string): string[] {
  const codecs: Readonly<Record<string, SeiCodec>> = { h264: "h264", h265: "h265", h266: "h266" };
  const codec = codecs[name.replace(/^.*\./, "")];
  const found: string[] = [];
  for (const unit of startCodeUnits(bytes)) {
    if (codec !== undefined) {
      for (const captions of decodeSeiCaptions(unit, codec)) {
        expect(toHex(unit)).toContain(toHex(encodeSeiCaptions(captions, codec)));
        found.push(toHex(captions.ccData));
      }
    } else if (unit[0] === 0xb2) {
      const decoded = decodeMpeg2UserData(unit.subarray(1));
      if (decoded?.kind !== "a53") continue;
      const { captions } = decoded;
      expect(`000001${toHex(unit)}`).toContain(toHex(encodeMpeg2UserData(captions)));
      found.push(toHex(captions.ccData));
    }
  }
  return found;
}

function startCodeUnits(bytes: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) starts.push(at + 3);
  }
  return starts.map((start, index) => {
    let end = (starts[index + 1] ?? bytes.length + 3) - 3;
    while (end > start && bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  });
}

function c608Sample(triplets: Uint8Array): Uint8Array {
  return encodeC608Sample(fromHex(pairsOf(triplets, 0xfc)), fromHex(pairsOf(triplets, 0xfd)));
}

function pairsOf(triplets: Uint8Array, marker: number): string {
  let hex = "";
  for (let at = 0; at < triplets.length; at += 3) {
    if (triplets[at] === marker) hex += toHex(triplets.subarray(at + 1, at + 3));
  }
  return hex;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
