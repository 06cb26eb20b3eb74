// Mutations of the vectors through every parser. FUZZ_RUNS=1000000 makes it a long one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { GstCcConverter } from "../src/gst.js";
import {
  CcRepacker,
  CueReader,
  decodeAv1MetadataCaptions,
  decodeCdp,
  decodeMpeg2UserData,
  decodeQuickTimeSample,
  decodeSeiCaptions,
  isFormatError,
  parseMcc,
  parseSubtitles,
  splitCcData,
} from "../src/index.js";

const runs = Number(process.env.FUZZ_RUNS ?? 3000);
const FOLDER = "cea708";

/** Hexadecimal strings of the JSON vectors, and pieces of the other files. */
function seeds(): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const file of vectorFiles(FOLDER)) {
    const bytes = vectorBytes(FOLDER, file);
    if (file.endsWith(".json")) {
      const text = new TextDecoder().decode(bytes);
      const strings = text.match(/"(?:[0-9a-f]{2}){4,300}"/g) ?? [];
      for (let i = 0; i < Math.min(strings.length, 60); i++) {
        const at = Math.floor((i * strings.length) / 60);
        found.push(fromHex((strings[at] as string).slice(1, -1)));
      }
    } else {
      for (let at = 0; at < Math.min(bytes.length, 4000); at += 500) {
        found.push(bytes.subarray(at, at + 700));
      }
    }
  }
  return found;
}

const parsers: readonly ((bytes: Uint8Array) => void)[] = [
  (bytes) => decodeCdp(bytes),
  (bytes) => decodeCdp(bytes, 0, { mode: "strict" }),
  (bytes) => splitCcData(bytes),
  (bytes) => new CueReader().push(bytes, 0),
  (bytes) => new CcRepacker({ inputRate: { numerator: 30, denominator: 1 } }).push(bytes),
  (bytes) => decodeSeiCaptions(bytes, "h264"),
  (bytes) => decodeSeiCaptions(bytes, "h265"),
  (bytes) => decodeAv1MetadataCaptions(bytes),
  (bytes) => decodeMpeg2UserData(bytes),
  (bytes) => decodeQuickTimeSample(bytes),
  (bytes) => parseSubtitles(bytes),
  (bytes) => parseMcc(new TextDecoder().decode(bytes)),
  (bytes) =>
    new GstCcConverter({
      from: "cdp",
      to: "cc_data",
      inputRate: { numerator: 30, denominator: 1 },
    }).push(bytes),
];

const change = fc.record({
  at: fc.nat(0xffff),
  kind: fc.constantFrom("flip", "insert", "remove", "cut", "repeat"),
  value: fc.nat(255),
});

test(`${runs} mutations give a result or a typed error`, {
  timeout: Math.max(60_000, runs),
}, () => {
  const all = seeds();
  expect(all.length).toBeGreaterThan(100);
  fc.assert(
    fc.property(
      fc.nat(all.length - 1),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      (index, changes) => {
        let bytes = all[index] as Uint8Array;
        for (const { at, kind, value } of changes) {
          const place = at % (bytes.length + 1);
          const before = bytes.subarray(0, place);
          const behind = bytes.subarray(place);
          if (kind === "cut") bytes = before;
          else if (kind === "insert") bytes = Uint8Array.from([...before, value, ...behind]);
          else if (kind === "remove") bytes = Uint8Array.from([...before, ...behind.subarray(1)]);
          else if (kind === "repeat")
            bytes = Uint8Array.from([...before, ...behind.subarray(0, value), ...behind]);
          else bytes = bytes.map((byte, i) => (i === place ? byte ^ value : byte));
        }
        for (const parse of parsers) {
          try {
            parse(bytes);
          } catch (error) {
            if (!isFormatError(error)) throw error;
          }
        }
      },
    ),
    { numRuns: runs },
  );
});
