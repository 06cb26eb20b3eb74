import type { AncPacket } from "@x/st291";
import { repair } from "@x/st291";
import { describe, expect, test, vi } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { astronautlabs, deviations } from "../examples/astronautlabs.js";
import {
  type ConformanceDiagnostic,
  type ConformanceResult,
  conformanceSuite,
  type St2038Implementation,
} from "../src/conformance.js";
import {
  decodePes,
  encodePes,
  encodeSt436,
  encodeUnit,
  parseSt436,
  parseUnit,
} from "../src/index.js";

const ours: Required<St2038Implementation> = {
  parseUnit: (bytes) => parseUnit(bytes),
  encodeUnit: (packets, stuffing) => encodeUnit(packets, { stuffing }),
  decodePes: (bytes) => decodePes(bytes),
  encodePes: (packets, pts, stuffing) => encodePes(packets, { pts, stuffing }),
  parseSt436,
  encodeSt436: (packets, bits) => encodeSt436(packets, { sampleCoding: `${bits}-bit` }),
};

const numRuns = Number(process.env.FC_RUNS ?? 100);
describe("@x/st2038", () => conformanceSuite(ours, { describe, test, numRuns }));

/** Ours with another result of `parseUnit`. */
function reading(change: (result: ConformanceResult, bytes: Uint8Array) => ConformanceResult) {
  return { ...ours, parseUnit: (bytes: Uint8Array) => change(parseUnit(bytes), bytes) };
}

/** Ours with packets changed before they are written. */
function writing(change: (packet: AncPacket) => AncPacket): St2038Implementation {
  return {
    ...ours,
    encodeUnit: (packets, stuffing) => ours.encodeUnit(packets.map(change), stuffing),
  };
}

function changeBytes(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ mask;
  return changed;
}

const without =
  (code: string) =>
  (result: ConformanceResult): ConformanceResult => ({
    ...result,
    diagnostics: result.diagnostics.filter((diagnostic) => diagnostic.code !== code),
  });

const mutants: Readonly<Record<string, St2038Implementation>> = {
  "fills up with zeros": {
    ...ours,
    encodeUnit: (packets, stuffing) => {
      const pieces = packets.map((packet) => {
        const record = encodeUnit([packet]);
        const spare = record.length * 8 - 30 - 10 * packet.words.length;
        const last = record.length - 1;
        record[last] = (record[last] as number) & ~((1 << spare) - 1);
        return record;
      });
      return Uint8Array.from([
        ...pieces.flatMap((piece) => [...piece]),
        ...new Uint8Array(stuffing).fill(0xff),
      ]);
    },
  },
  "swaps line and offset": reading((result) => ({
    ...result,
    packets: result.packets.map((packet) => ({
      ...packet,
      lineNumber: packet.horizontalOffset,
      horizontalOffset: packet.lineNumber,
    })),
  })),
  "keeps eight bits of the line number": reading((result) => ({
    ...result,
    packets: result.packets.map((p) => ({ ...p, lineNumber: p.lineNumber & 0xff })),
  })),
  "stops at the first packet of the C channel": {
    ...ours,
    parseUnit: (bytes) => {
      const result = parseUnit(bytes);
      const stop = result.packets.findIndex((packet) => packet.cNotYChannelFlag);
      return stop < 0 ? result : { ...result, packets: result.packets.slice(0, stop) };
    },
  },
  "takes stuffing for the end": {
    ...ours,
    parseUnit: (bytes) => {
      const { packets } = parseUnit(bytes);
      let end = 0;
      for (const packet of packets) {
        if (packet.recordStart !== end) break;
        end = packet.recordEnd;
      }
      return parseUnit(bytes.subarray(0, end));
    },
  },
  "tests the length before it looks for stuffing": reading((result, bytes) => {
    let at = bytes.length;
    while (at > 0 && bytes[at - 1] === 0xff && bytes.length - at < 9) at--;
    const rest = bytes.length - at;
    if (rest === 0 || rest >= 9 || result.unparsedBytes > 0) return result;
    const packet = result.packets.length;
    const truncated: ConformanceDiagnostic = { code: "truncated", packet };
    return { ...result, diagnostics: [...result.diagnostics, truncated], unparsedBytes: rest };
  }),
  "loses the last packet": reading((result) => ({
    ...result,
    packets: result.packets.slice(0, -1),
  })),
  "drops packets with a wrong checksum": reading((result) => {
    const wrong = result.diagnostics.filter(({ code }) => code === "checksum");
    const indexes = new Set(wrong.map(({ packet }) => packet));
    return { ...result, packets: result.packets.filter((_, i) => !indexes.has(i)) };
  }),
  "repairs parity when it reads": reading((result) => ({
    ...result,
    packets: result.packets.map((packet) =>
      repair({ ...packet, words: Uint16Array.from(Array.from(packet.words)) }, "parity"),
    ),
  })),
  "repairs the checksum when it writes": writing((packet) => repair(packet, "checksum")),
  "takes inverted parity for any wrong parity": reading((result) => ({
    ...result,
    diagnostics: result.diagnostics.map((d) => ({ ...d, inverted: false })),
  })),
  "does not check the checksum": reading(without("checksum")),
  "does not check alignment bits": reading(without("alignment-bits")),
  "does not look for forbidden words": reading(without("forbidden-word")),
  "counts stuffing as unparsed": reading((result) => {
    const last = result.packets.at(-1) as { recordEnd?: number } | undefined;
    if (result.unparsedBytes === 0 || last?.recordEnd === undefined) return result;
    const stuffed = result.diagnostics.some(
      ({ code, packet }) => code === "stuffing-between" && packet === result.packets.length,
    );
    return { ...result, unparsedBytes: result.unparsedBytes + (stuffed ? 1 : 0) };
  }),
  "orders diagnostics by code alone": reading((result) => ({
    ...result,
    diagnostics: [...result.diagnostics].sort((a, b) => (a.code < b.code ? -1 : 1)),
  })),
  "sums the bytes instead of the nine low bits": {
    ...ours,
    parseUnit: (bytes) => {
      const result = parseUnit(bytes);
      const wrong = ({ words }: { readonly words: Uint16Array }): boolean => {
        let sum = 0;
        for (const word of words.subarray(0, -1)) sum += word & 0xff;
        return (sum & 0xff) !== ((words[words.length - 1] as number) & 0xff);
      };
      const diagnostics = result.diagnostics.filter(
        ({ code, packet }) =>
          code !== "checksum" || wrong(result.packets[packet as number] as never),
      );
      return { ...result, diagnostics };
    },
  },
  "writes stuffing of zeros": {
    ...ours,
    encodeUnit: (packets, stuffing) =>
      Uint8Array.from([...encodeUnit(packets), ...new Uint8Array(stuffing)]),
  },
  "reads 32 bits of the PTS": {
    ...ours,
    decodePes: (bytes) => {
      const pes = decodePes(bytes);
      return { ...pes, pts: pes.pts === undefined ? undefined : pes.pts | 0 };
    },
  },
  "expects the unit at byte 14": {
    ...ours,
    decodePes: (bytes) => ({ ...decodePes(bytes), payload: bytes.subarray(14) }),
  },
  "counts the PES header twice": {
    ...ours,
    encodePes: (packets, pts, stuffing) =>
      changeBytes(ours.encodePes(packets, pts, stuffing), 5, 6),
  },
  "does not set data_alignment_indicator": {
    ...ours,
    encodePes: (packets, pts, stuffing) =>
      changeBytes(ours.encodePes(packets, pts, stuffing), 6, 4),
  },
  "stores the parity of the sum as the checksum of ten bits, as GStreamer 1.28 does": {
    ...ours,
    parseSt436: (value) => {
      const result = parseSt436(value);
      const packets = result.packets.map((packet) => {
        const words = packet.words.slice();
        words[words.length - 1] = (words[words.length - 1] as number) & 0x1ff;
        return { ...packet, words };
      });
      return { ...result, packets };
    },
  },
  "gives up at a sample coding that it does not know": {
    ...ours,
    parseSt436: (value) => {
      const result = parseSt436(value);
      const unknown = result.diagnostics.some(({ code }) => code === "unsupported-coding");
      return unknown ? { ...result, packets: [] } : result;
    },
  },
  "puts ten-bit samples into the low bits": {
    ...ours,
    encodeSt436: (packets, bits) => {
      const value = ours.encodeSt436(packets, bits);
      if (bits === 8 || value.length < 20) return value;
      const view = new DataView(value.buffer, value.byteOffset);
      view.setUint32(16, view.getUint32(16) >>> 2);
      return value;
    },
  },
};

describe("wrong implementations are found out", () => {
  test("ours has no failures", () => {
    expect(failedProperties(conformanceSuite, ours)).toEqual([]);
  });

  for (const [what, mutant] of Object.entries(mutants)) {
    test(what, () => {
      expect(failedProperties(conformanceSuite, mutant).length).toBeGreaterThan(0);
    });
  }
});

test("@astronautlabs/st291 deviates exactly where its list says", () => {
  const silent = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const failed = failedProperties(conformanceSuite, astronautlabs);
    expect(failed.sort()).toEqual(Object.keys(deviations).sort());
  } finally {
    silent.mockRestore();
  }
});
