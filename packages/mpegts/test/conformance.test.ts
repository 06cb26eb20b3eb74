import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  conformanceSuite,
  type PlainPes,
  type PlainResult,
  type TransportStreamImplementation,
} from "../src/conformance.js";
import {
  clockReferenceTicks,
  decodePacket,
  decodePmt,
  decodeSection,
  encodePmt,
  TsDemuxer,
  type TsEvent,
  TsMuxer,
} from "../src/index.js";

function resultOf(events: readonly TsEvent[]): PlainResult {
  return {
    pes: events.flatMap((event): PlainPes[] => {
      if (event.type !== "pes") return [];
      const { pid, pts, dts, data, damage } = event;
      return [{ pid, pts, dts, data, damaged: damage !== undefined }];
    }),
    pcrs: events.flatMap((event) =>
      event.type === "pcr" ? [{ pid: event.pid, pcr: event.pcr, packet: event.packet }] : [],
    ),
    pmts: events.flatMap((event) => (event.type === "pmt" ? [plainPmt(event.pmt)] : [])),
  };
}

function plainPmt({ programNumber, pcrPid, streams }: ReturnType<typeof decodePmt>) {
  return {
    programNumber,
    pcrPid,
    streams: streams.map(({ streamType, elementaryPid }) => ({ streamType, pid: elementaryPid })),
  };
}

const OURS: TransportStreamImplementation = {
  decodePacket(bytes) {
    const packet = decodePacket(bytes);
    const reference = packet.adaptationField?.programClockReference;
    return {
      ...packet,
      pcr: reference === undefined ? undefined : clockReferenceTicks(reference),
    };
  },
  decodePmt: (section) => plainPmt(decodePmt(decodeSection(section))),
  encodePmt: ({ programNumber, pcrPid, streams }) =>
    encodePmt({
      programNumber,
      versionNumber: 0,
      currentNextIndicator: true,
      pcrPid,
      descriptors: [],
      streams: streams.map(({ streamType, pid }) => ({
        streamType,
        elementaryPid: pid,
        descriptors: [],
      })),
    }),
  demux(pieces, atEnd) {
    const demuxer = new TsDemuxer();
    const events = pieces.flatMap((piece) => demuxer.push(piece));
    if (atEnd) events.push(...demuxer.flush());
    return resultOf(events);
  },
  mux(units, bitrate) {
    const muxer = new TsMuxer({
      programs: [
        {
          streams: [
            { pid: 256, kind: "h264" },
            { pid: 257, kind: "smpte-2038" },
          ],
          pcrPid: 256,
        },
      ],
      ...(bitrate === undefined ? {} : { bitrate }),
    });
    const parts = units.map((unit) => muxer.push(unit));
    return concatBytes(...parts, muxer.flush());
  },
};

describe("@x/mpegts", () => {
  conformanceSuite(OURS, { describe, test });
});

/** Packets of 188 bytes, changed or dropped one by one, before they are demultiplexed. */
function patched(
  change: (packet: Uint8Array, index: number) => Uint8Array[],
): TransportStreamImplementation["demux"] {
  return (pieces, atEnd) => {
    const bytes = concatBytes(...pieces);
    const packets: Uint8Array[] = [];
    for (let at = 0; at + 188 <= bytes.length; at += 188) {
      packets.push(...change(bytes.slice(at, at + 188), at / 188));
    }
    return OURS.demux([concatBytes(...packets)], atEnd);
  };
}

function remuxed(
  change: (packet: Uint8Array, index: number) => Uint8Array[],
): NonNullable<TransportStreamImplementation["mux"]> {
  return (units, bitrate) => {
    const bytes = OURS.mux?.(units, bitrate) ?? new Uint8Array(0);
    const packets: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 188) {
      packets.push(...change(bytes.slice(at, at + 188), at / 188));
    }
    return concatBytes(...packets);
  };
}

const at = (bytes: Uint8Array, i: number): number => bytes[i] as number;
const isPcr = (packet: Uint8Array): boolean =>
  (at(packet, 3) & 0x20) !== 0 && at(packet, 4) >= 7 && (at(packet, 5) & 0x10) !== 0;

const MUTANTS: Readonly<Record<string, Partial<TransportStreamImplementation>>> = {
  "a PID of 12 bits": {
    decodePacket: (bytes) => {
      const header = OURS.decodePacket(bytes);
      return { ...header, pid: header.pid & 0xfff };
    },
  },
  "a PCR base shifted with 32-bit operators": {
    decodePacket: (bytes) => {
      const header = OURS.decodePacket(bytes);
      if (header.pcr === undefined) return header;
      const base = Math.floor(header.pcr / 300) | 0;
      return { ...header, pcr: base * 300 + (header.pcr % 300) };
    },
  },
  "a PCR without its extension": {
    demux: (pieces, atEnd) => {
      const result = OURS.demux(pieces, atEnd);
      const pcrs = result.pcrs.map((pcr) => ({ ...pcr, pcr: pcr.pcr - (pcr.pcr % 300) }));
      return { ...result, pcrs };
    },
  },
  "a CRC that nobody looks at": {
    decodePmt: (section) =>
      plainPmt(decodePmt(decodeSection(section, 0, { onChecksumMismatch: "keep" }))),
  },
  "a CRC with final xor": {
    encodePmt: (pmt) => {
      const section = OURS.encodePmt(pmt).slice();
      for (let i = section.length - 4; i < section.length; i++) section[i] = at(section, i) ^ 0xff;
      return section;
    },
  },
  "transport_error_indicator overlooked": {
    demux: patched((packet) => {
      packet[1] = at(packet, 1) & 0x7f;
      return [packet];
    }),
  },
  "PCRs of scrambled packets dropped": {
    demux: patched((packet) => (at(packet, 3) >= 0x40 ? [] : [packet])),
  },
  "PCRs read beyond the adaptation field": {
    demux: patched((packet) => {
      const flagged = (at(packet, 3) & 0x20) !== 0 && (at(packet, 5) & 0x10) !== 0;
      if (flagged && at(packet, 4) > 0 && at(packet, 4) < 7) packet[4] = 7;
      return [packet];
    }),
  },
  "copies of packets taken for new ones": {
    demux: (pieces, atEnd) => {
      const counters = new Map<number, number>();
      return patched((packet) => {
        const pid = ((at(packet, 1) & 0x1f) << 8) | at(packet, 2);
        const counter = (counters.get(pid) ?? -1) + 1;
        counters.set(pid, counter);
        packet[3] = (at(packet, 3) & 0xf0) | (counter & 0x0f);
        return [packet];
      })(pieces, atEnd);
    },
  },
  "a programme map applied before its time": {
    demux: (pieces, atEnd) => {
      const result = OURS.demux(pieces, atEnd);
      const bytes = concatBytes(...pieces);
      const next = [];
      for (let p = 0; p + 188 <= bytes.length; p += 188) {
        const isNext = at(bytes, p + 5) === 2 && (at(bytes, p + 10) & 1) === 0;
        if (isNext && at(bytes, p) === 0x47 && at(bytes, p + 1) === 0x50) {
          next.push({ programNumber: 1, pcrPid: 7, streams: [] });
        }
      }
      return { ...result, pmts: [...result.pmts, ...next] };
    },
  },
  "PES packets held back until the next one": {
    demux: (pieces, atEnd) => {
      const result = OURS.demux(pieces, atEnd);
      return atEnd ? result : { ...result, pes: result.pes.slice(0, -1) };
    },
  },
  "the last PES packet lost": {
    demux: (pieces) => OURS.demux(pieces, false),
  },
  "damage not told": {
    demux: (pieces, atEnd) => {
      const result = OURS.demux(pieces, atEnd);
      return { ...result, pes: result.pes.map((pes) => ({ ...pes, damaged: false })) };
    },
  },
  "packets that straddle pieces lost": {
    demux: (pieces, atEnd) =>
      OURS.demux(
        pieces.map((piece) => piece.subarray(0, piece.length - (piece.length % 188))),
        atEnd,
      ),
  },
  "188-byte packets only": {
    demux: (pieces, atEnd) => {
      const demuxer = new TsDemuxer({ packetSize: 188 });
      const events = pieces.flatMap((piece) => demuxer.push(piece));
      return resultOf([...events, ...(atEnd ? demuxer.flush() : [])]);
    },
  },
  "resynchronisation at any 0x47, one packet late": {
    demux: (pieces, atEnd) => {
      const bytes = concatBytes(...pieces);
      const parts: Uint8Array[] = [];
      let p = 0;
      while (p < bytes.length) {
        const good = at(bytes, p) === 0x47 || p + 188 > bytes.length;
        if (good) parts.push(bytes.subarray(p, p + 188));
        p += 188;
      }
      return OURS.demux([concatBytes(...parts)], atEnd);
    },
  },
  "a counter that counts packets without payload": {
    mux: (units, bitrate) => {
      const counters = new Map<number, number>();
      return remuxed((packet) => {
        const pid = ((at(packet, 1) & 0x1f) << 8) | at(packet, 2);
        const counter = (counters.get(pid) ?? -1) + 1;
        counters.set(pid, counter);
        packet[3] = (at(packet, 3) & 0xf0) | (counter & 0x0f);
        return [packet];
      })(units, bitrate);
    },
  },
  "too few PCRs": {
    mux: (units, bitrate) => {
      let seen = 0;
      return remuxed((packet) => {
        if (isPcr(packet) && seen++ % 4 !== 0) packet[5] = at(packet, 5) & 0xef;
        return [packet];
      })(units, bitrate);
    },
  },
  "PCRs rounded to milliseconds": {
    mux: remuxed((packet) => {
      if (isPcr(packet)) {
        packet[8] = at(packet, 8) & 0xfe;
        packet[9] = 0;
      }
      return [packet];
    }),
  },
  "no tables at the start": {
    mux: remuxed((packet, index) => (index < 2 ? [] : [packet])),
  },
  "a PTS off by one": {
    mux: (units, bitrate) =>
      OURS.mux?.(
        units.map((unit) => ({ ...unit, pts: (unit.pts + 1) % 2 ** 33 })),
        bitrate,
      ) ?? new Uint8Array(0),
  },
};

describe("wrong implementations are caught", () => {
  test.each(Object.keys(MUTANTS))("%s", (name) => {
    const failed = failedProperties(conformanceSuite, { ...OURS, ...MUTANTS[name] }, 15);
    expect(failed).not.toEqual([]);
  });
});
