// Vectors with bytes changed, lost, doubled and moved. MUTATIONS=1000000 for the long run (`npm run fuzz`).
import { describe, expect, test } from "vitest";
import { fromHex, vectorBytes, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import {
  bytesToWords,
  Cea608CueExporter,
  Cea608Decoder,
  decodePair,
  decodeXdsContent,
  decodeXdsPacket,
  encodePair,
  encodeXdsPacket,
  formatScc,
  isFormatError,
  parseScc,
  renderToSvg,
  screenRows,
  withPairParity,
} from "../src/index.js";

const COUNT = Number(process.env.MUTATIONS ?? 6000);
const files = vectorFiles("cea708");

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  const mutated = bytes.slice();
  for (let i = next(4); i >= 0 && mutated.length > 0; i--) {
    const at = next(mutated.length);
    switch (next(4)) {
      case 0:
        mutated[at] = (mutated[at] as number) ^ (1 << next(8));
        break;
      case 1:
        mutated[at] = next(256);
        break;
      case 2:
        mutated.copyWithin(at, next(mutated.length));
        break;
      default:
        return mutated.subarray(0, at);
    }
  }
  return mutated;
}

/** Runs what may throw a FormatError and nothing else. */
function typed<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

describe("mutations", () => {
  test("SCC files: a file, or a FormatError; and the words decode to screens", () => {
    const scc = files
      .filter((file) => file.endsWith(".scc"))
      .map((file) => vectorBytes("cea708", file));
    const next = random(608);
    for (let i = 0; i < COUNT / 2; i++) {
      const bytes = mutate(scc[i % scc.length] as Uint8Array, next);
      const text = String.fromCharCode(...bytes);
      typed(() => parseScc(text));
      const file = parseScc(text, { onBadLine: "skip", fixParity: next(2) === 0 });
      const decoder = new Cea608Decoder({ autoEraseMs: 100 });
      const exporter = new Cea608CueExporter();
      for (const { words } of file.lines) {
        for (const word of words) {
          const field = next(8) === 0 ? 2 : 1;
          decoder.push(field, word, i);
          exporter.push(field, word, i);
        }
      }
      for (const { column, text: shown } of screenRows(decoder.screen("CC1"))) {
        expect(column + shown.length).toBeLessThanOrEqual(32);
      }
      if (i % 50 === 0) expect(renderToSvg(decoder.screen("CC1"))).toContain("</svg>");
      exporter.flush(i + 1);
      const again = parseScc(formatScc(file), { fixParity: false });
      expect(again.lines.map(({ words }) => words)).toEqual(file.lines.map(({ words }) => words));
    }
  });

  test("XDS packets: a packet that is written again the same, or a FormatError", () => {
    const packets = files
      .filter((file) => /xds[^/]*\.json$/.test(file))
      .flatMap((file) => vectorJson<{ packets: { hex: string }[] }>("cea708", file).packets)
      .map(({ hex }) => fromHex(hex));
    const next = random(284);
    for (let i = 0; i < COUNT / 2; i++) {
      let bytes = mutate(packets[i % packets.length] as Uint8Array, next);
      if (next(2) === 0) bytes = mended(bytes);
      const packet = typed(() => decodeXdsPacket(bytes));
      const decoder = new Cea608Decoder();
      for (const word of bytesToWords(bytes)) decoder.push(2, word, i);
      if (packet === undefined) continue;
      typed(() => decodeXdsContent(packet));
      // A data byte of 00 in the middle does not come through the decoder at all.
      expect(decodeXdsPacket(encodeXdsPacket(packet))).toEqual(packet);
    }
  });

  test("every word can be looked at", () => {
    for (let word = 0; word < 0x10000; word++) {
      expect(encodePair(decodePair(word))).toBe(withPairParity(word));
    }
  });
});

/** The bytes with their parity right, and the last one so that they sum to zero. */
function mended(bytes: Uint8Array): Uint8Array {
  const values = bytes.slice(0, bytes.length & ~1).map((byte) => byte & 0x7f);
  const sum = values.slice(0, -1).reduce((all, byte) => all + byte, 0);
  if (values.length > 0) values[values.length - 1] = -sum & 0x7f;
  for (let i = 0; i + 1 < values.length; i += 2) {
    const word = withPairParity(((values[i] as number) << 8) | (values[i + 1] as number));
    values[i] = word >> 8;
    values[i + 1] = word & 0xff;
  }
  return values;
}
