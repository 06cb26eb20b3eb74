import type { AncPacket } from "@x/st291";
import { repair } from "@x/st291";
import { describe, expect, test, vi } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { astronautlabs, deviations } from "../examples/astronautlabs.js";
import {
  type Assembled,
  type ConformanceResult,
  type ConformanceRtp,
  conformanceSuite,
  type Rfc8331Implementation,
} from "../src/conformance.js";
import {
  AncDepacketizer,
  AncPacketizer,
  type AncStreamIssue,
  encodePayload,
  parseFmtp,
  parsePayload,
  rtpTimestamp,
} from "../src/index.js";

const ours: Required<Rfc8331Implementation> = {
  parsePayload,
  encodePayload,
  rtpTimestamp: (frameNumber, numerator, denominator) =>
    rtpTimestamp(frameNumber, { numerator, denominator }),
  packetize(frames, options) {
    const packetizer = new AncPacketizer({ ...options, order: "given" });
    return frames.flatMap((frame) => packetizer.packetize(frame));
  },
  assemble,
  parseFmtp,
};

function assemble(rtp: readonly ConformanceRtp[], window: number): Assembled {
  const issues: AncStreamIssue[] = [];
  const depacketizer = new AncDepacketizer({ window, onIssue: (issue) => issues.push(issue) });
  const frames = rtp.flatMap((packet) => depacketizer.pushPacket(packet));
  frames.push(...depacketizer.flush());
  return {
    frames: frames.map(({ rtpPackets, ...frame }) => ({
      ...frame,
      extendedSequenceNumbers: rtpPackets.map((part) => part.extendedSequenceNumber),
    })),
    issues,
  };
}

describe("@x/rfc8331", () => conformanceSuite(ours, { describe, test }));

/** The part of ours that a wrong implementation of payloads is made from. */
const payloads: Rfc8331Implementation = { parsePayload, encodePayload };

/** Ours with another result of `parsePayload`. */
function reading(
  change: (result: ConformanceResult, bytes: Uint8Array) => ConformanceResult,
): Rfc8331Implementation {
  return { ...payloads, parsePayload: (bytes) => change(parsePayload(bytes), bytes) };
}

const without =
  (code: string) =>
  (result: ConformanceResult): ConformanceResult => ({
    ...result,
    diagnostics: result.diagnostics.filter((diagnostic) => diagnostic.code !== code),
  });

/** Ours with packets changed before they are written. */
function writing(change: (packet: AncPacket) => AncPacket): Rfc8331Implementation {
  return {
    ...payloads,
    encodePayload: (payload) => encodePayload({ ...payload, packets: payload.packets.map(change) }),
  };
}

/** A copy with some bits of one byte changed. */
function changedAt(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ mask;
  return changed;
}

/** Ours with other packets coming in. */
function hearing(
  change: (rtp: readonly ConformanceRtp[]) => readonly ConformanceRtp[],
): Rfc8331Implementation {
  return { ...payloads, assemble: (rtp, window) => assemble(change(rtp), window) };
}

/** Ours with another result of the assembler. */
function assembling(change: (assembled: Assembled) => Assembled): Rfc8331Implementation {
  return { ...payloads, assemble: (rtp, window) => change(assemble(rtp, window)) };
}

const mutants: Readonly<Record<string, Rfc8331Implementation>> = {
  "fills word_align with ones": {
    ...payloads,
    encodePayload: (payload) => {
      const bytes = encodePayload(payload);
      let at = 8;
      for (const { words } of payload.packets) {
        const used = 32 + 10 * words.length;
        const size = 4 * Math.ceil(used / 32);
        for (let bit = used; bit < size * 8; bit++) {
          bytes[at + (bit >> 3)] = (bytes[at + (bit >> 3)] as number) | (0x80 >> (bit & 7));
        }
        at += size;
      }
      return bytes;
    },
  },
  "aligns packets to bytes only": {
    ...payloads,
    encodePayload: (payload) => {
      const bytes = [...encodePayload(payload)];
      let at = 8;
      for (const { words } of payload.packets) {
        const size = 4 + Math.ceil((10 * words.length) / 8);
        bytes.splice(at + size, 4 * Math.ceil(size / 4) - size);
        at += size;
      }
      return Uint8Array.from(bytes);
    },
  },
  "writes Length with the header": {
    ...payloads,
    encodePayload: (payload) => {
      const bytes = encodePayload(payload);
      new DataView(bytes.buffer).setUint16(2, bytes.length & 0xffff);
      return bytes;
    },
  },
  "writes F as the decimal digits 10 and 11": {
    ...payloads,
    encodePayload: (payload) => {
      const bytes = encodePayload(payload);
      if (payload.f !== 0) bytes[5] = payload.f === 2 ? 0x10 : 0x11;
      return bytes;
    },
  },
  "writes StreamNum without S": {
    ...payloads,
    encodePayload: (payload) => {
      const bytes = encodePayload(payload);
      let at = 8;
      for (const { words } of payload.packets) {
        bytes[at + 3] = (bytes[at + 3] as number) & 0x7f;
        at += 4 * Math.ceil((32 + 10 * words.length) / 32);
      }
      return bytes;
    },
  },
  "repairs the checksum in passing": writing((packet) => repair(packet, "checksum")),
  "repairs the parity in passing": writing((packet) => repair(packet, "parity")),
  "swaps line and offset": reading((result) => ({
    ...result,
    packets: result.packets.map((packet) => ({
      ...packet,
      lineNumber: packet.horizontalOffset,
      horizontalOffset: packet.lineNumber,
    })),
  })),
  "keeps StreamNum without S": reading((result, bytes) => {
    let at = 8;
    return {
      ...result,
      packets: result.packets.map((packet) => {
        const streamNum = (bytes[at + 3] as number) & 0x7f;
        at += 4 * Math.ceil((32 + 10 * packet.words.length) / 32);
        return streamNum === 0 ? packet : { ...packet, streamNum };
      }),
    };
  }),
  "stops at the first bad checksum": reading((result) => {
    const bad = result.diagnostics.find(({ code }) => code === "checksum")?.packet;
    return bad === undefined ? result : { ...result, packets: result.packets.slice(0, bad) };
  }),
  "drops packets with inverted parity": reading((result) => {
    const inverted = new Set(
      result.diagnostics.filter((one) => one.inverted).map(({ packet }) => packet),
    );
    return { ...result, packets: result.packets.filter((_, i) => !inverted.has(i)) };
  }),
  "trusts Length": {
    ...payloads,
    parsePayload: (bytes) => {
      if (bytes.length < 8) return parsePayload(bytes);
      const length = ((bytes[2] as number) << 8) | (bytes[3] as number);
      return parsePayload(bytes.subarray(0, Math.min(bytes.length, 8 + length)));
    },
  },
  "wants word_align to be there": reading((result) => {
    const missing = result.diagnostics.find(({ code }) => code === "alignment-missing")?.packet;
    return missing === undefined ? result : { ...result, packets: result.packets.slice(0, -1) };
  }),
  "delivers F = 01": {
    ...payloads,
    parsePayload: (bytes) => parsePayload(bytes, { deliverInvalidF: true }),
  },
  "loses the last packet": reading((result) => ({
    ...result,
    packets: result.packets.slice(0, -1),
  })),
  "is silent about parity": reading(without("parity")),
  "is silent about checksums": reading(without("checksum")),
  "is silent about reserved words": reading(without("forbidden-word")),
  "is silent about bytes left over": reading(without("count-mismatch")),
  "is silent about word_align": reading(without("alignment-bits")),
  "is silent about reserved bits": reading(without("reserved-not-zero")),
  "is silent about a cut header": reading(without("truncated")),
  "does not say that parity is inverted": reading((result) => ({
    ...result,
    diagnostics: result.diagnostics.map((one) => ({ ...one, inverted: undefined })),
  })),
  "rounds RTP time": {
    rtpTimestamp: (n, num, den) =>
      Number((n * 90000n * BigInt(den) * 2n + BigInt(num)) / BigInt(2 * num)) % 2 ** 32,
  },
  "computes RTP time in floating point": {
    rtpTimestamp: (n, num, den) => Math.floor(Number(n) * (90000 / (num / den))) % 2 ** 32,
  },
  "computes RTP time from nanoseconds": {
    rtpTimestamp: (n, num, den) => {
      const ns = (n * 1_000_000_000n * BigInt(den)) / BigInt(num);
      return Number(((ns * 90000n) / 1_000_000_000n) % 2n ** 32n);
    },
  },
  "sets the marker on every packet": {
    packetize: (frames, options) =>
      ours.packetize(frames, options).map((bytes) => {
        const marked = bytes.slice();
        marked[1] = (marked[1] as number) | 0x80;
        return marked;
      }),
  },
  "does not carry into the high half": {
    packetize: (frames, options) =>
      ours.packetize(frames, options).map((bytes) => {
        const stuck = bytes.slice();
        stuck[12] = (options.extendedSequenceNumber >>> 24) & 0xff;
        stuck[13] = (options.extendedSequenceNumber >>> 16) & 0xff;
        return stuck;
      }),
  },
  "sends nothing for an empty frame": {
    packetize: (frames, options) =>
      ours.packetize(
        frames.filter(({ packets }) => packets.length > 0),
        options,
      ),
  },
  "forgets its own header in the limit": {
    packetize: (frames, options) =>
      ours.packetize(frames, { ...options, rtpLimit: options.rtpLimit + 8 }),
  },
  "sends one ANC packet in each RTP packet": {
    packetize(frames, options) {
      const packetizer = new AncPacketizer({ ...options, order: "given" });
      return frames.flatMap(({ packets, ...frame }) =>
        packets.length === 0
          ? packetizer.packetize({ ...frame, packets })
          : packets.flatMap((packet, i) =>
              packetizer
                .packetize({ ...frame, packets: [packet] })
                .map((bytes) => (i + 1 < packets.length ? changedAt(bytes, 1, 0x80) : bytes)),
            ),
      );
    },
  },
  "loses frames without ANC": assembling((assembled) => ({
    ...assembled,
    frames: assembled.frames.filter(({ packets }) => packets.length > 0),
  })),
  "calls every frame complete": assembling((assembled) => ({
    ...assembled,
    frames: assembled.frames.map((frame) => ({ ...frame, complete: true })),
  })),
  "calls a frame without marker incomplete": assembling((assembled) => {
    const missing = new Set(
      assembled.issues
        .filter(({ code }) => code === "marker-missing")
        .map((issue) => issue.extendedSequenceNumber),
    );
    return {
      ...assembled,
      frames: assembled.frames.map((frame) =>
        missing.has(frame.extendedSequenceNumbers.at(-1)) ? { ...frame, complete: false } : frame,
      ),
    };
  }),
  "does not reorder": { assemble: (rtp) => assemble(rtp, 1) },
  "gives holes up one packet early": {
    assemble: (rtp, window) => assemble(rtp, Math.max(1, window - 1)),
  },
  "lets duplicates through": {
    assemble: (rtp, window) => {
      const assembled = assemble(rtp, window);
      const again = assembled.issues.filter(({ code }) => code === "duplicate");
      return {
        ...assembled,
        frames: assembled.frames.map((frame) => ({
          ...frame,
          extendedSequenceNumbers: frame.extendedSequenceNumbers.flatMap((number) =>
            again.some((issue) => issue.extendedSequenceNumber === number)
              ? [number, number]
              : [number],
          ),
        })),
      };
    },
  },
  "is silent about gaps": assembling((assembled) => ({
    ...assembled,
    issues: assembled.issues.filter(({ code }) => code !== "gap"),
  })),
  "is silent about late packets": assembling((assembled) => ({
    ...assembled,
    issues: assembled.issues.filter(({ code }) => code !== "late"),
  })),
  "drops what is open at the end": assembling((assembled) => ({
    ...assembled,
    frames: assembled.frames.filter(
      ({ complete }, i) => complete || i + 1 < assembled.frames.length,
    ),
  })),
  "takes the high half of every packet": {
    assemble: (rtp, window) => {
      const assembled = assemble(rtp, window);
      const high = rtp.map(
        ({ payload }) => (payload[0] ?? 0) * 0x1000000 + (payload[1] ?? 0) * 0x10000,
      );
      return {
        ...assembled,
        frames: assembled.frames.map((frame) => ({
          ...frame,
          extendedSequenceNumbers: frame.extendedSequenceNumbers.map((number) => {
            const i = rtp.findIndex(({ sequenceNumber }) => sequenceNumber === number % 0x10000);
            return (high[i] ?? 0) + (number % 0x10000);
          }),
        })),
      };
    },
  },
  "ignores the marker": hearing((rtp) => rtp.map((packet) => ({ ...packet, marker: false }))),
  "ignores F": hearing((rtp) =>
    rtp.map((packet) => ({
      ...packet,
      payload:
        packet.payload.length > 5
          ? changedAt(packet.payload, 5, (packet.payload[5] as number) & 0xc0)
          : packet.payload,
    })),
  ),
  "ignores the SSRC": hearing((rtp) => rtp.map((packet) => ({ ...packet, ssrc: 1 }))),
  "splits at the first comma": {
    parseFmtp: (text) => parseFmtp(text.split(",")[0] as string),
  },
  "keeps one DID_SDID": {
    parseFmtp: (text) => {
      const { parameters, diagnostics } = parseFmtp(text);
      return { parameters: { ...parameters, didSdid: parameters.didSdid.slice(-1) }, diagnostics };
    },
  },
  "minds the case of names": {
    parseFmtp: (text) => parseFmtp(text.replaceAll("vpid_code", "x")),
  },
  "throws at a bad value": {
    parseFmtp: (text) => {
      const parsed = parseFmtp(text);
      if (parsed.diagnostics.length > 0) throw new Error("bad SDP");
      return parsed;
    },
  },
};

function failures(implementation: Rfc8331Implementation, numRuns: number): string[] {
  return failedProperties<Rfc8331Implementation>(
    (foreign, runner) => conformanceSuite(foreign, { ...runner, shrink: false }),
    implementation,
    numRuns,
  );
}

describe("wrong implementations", () => {
  test.each(Object.entries(mutants))("one that %s is found out", (_, mutant) => {
    expect(failures(mutant, 40)).not.toEqual([]);
  });
});

test("@astronautlabs/st291 deviates exactly where its list says", () => {
  const silent = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    expect(failures(astronautlabs, 100).sort()).toEqual(Object.keys(deviations).sort());
  } finally {
    silent.mockRestore();
  }
});
