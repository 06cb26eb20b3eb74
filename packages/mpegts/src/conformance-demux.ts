import fc from "fast-check";
import { type Check, same, sameBytes } from "./conformance-assert.js";
import {
  arbitraryChunkSizes,
  arbitraryPayload,
  arbitraryPcr,
  arbitraryPid,
  arbitraryTimestamp,
  cut,
  DATA_PID,
  joined,
  ofPid,
  packetBytes,
  patBytes,
  pcrField,
  pesBytes,
  pesPackets,
  pmtBytes,
  sectionBytes,
  sectionPackets,
  VIDEO_PID,
} from "./conformance-streams.js";
import type { PlainPes, PlainResult, TransportStreamImplementation } from "./conformance-types.js";

const PMT_PID = 0x1000;
const STREAMS = [
  { streamType: 0x1b, pid: VIDEO_PID },
  { streamType: 0x06, pid: DATA_PID },
];

interface Piece {
  readonly data: Uint8Array;
  readonly pts: number;
  readonly dts: number | undefined;
  readonly pid: number;
}

function arbitraryPieces(): fc.Arbitrary<Piece[]> {
  const piece = fc.record({
    data: arbitraryPayload(),
    pts: arbitraryTimestamp(),
    dts: fc.option(arbitraryTimestamp(), { nil: undefined }),
    pid: fc.constantFrom(VIDEO_PID, DATA_PID),
  });
  return fc.array(piece, { minLength: 1, maxLength: 10 });
}

/** Tables, then the pieces; video without length. */
function streamOf(pieces: readonly Piece[]): Uint8Array<ArrayBuffer>[] {
  const counters = new Map<number, number>();
  const packets = [
    ...sectionPackets(0, patBytes(1, PMT_PID)),
    ...sectionPackets(PMT_PID, pmtBytes(1, VIDEO_PID, STREAMS)),
  ];
  for (const { data, pts, dts, pid } of pieces) {
    const video = pid === VIDEO_PID;
    const pes = pesBytes(video ? 0xe0 : 0xbd, data, pts, dts, !video);
    const counter = counters.get(pid) ?? 0;
    const own = pesPackets(pid, pes, counter);
    counters.set(pid, counter + own.length);
    packets.push(...own);
  }
  return packets;
}

function samePes(result: PlainResult, pieces: readonly Piece[]): void {
  for (const pid of [VIDEO_PID, DATA_PID]) {
    const expected = ofPid(pieces, pid);
    const actual = ofPid(result.pes, pid);
    same(actual.length, expected.length, `PES packets of PID ${pid}`);
    expected.forEach((piece, i) => {
      const pes = actual[i] as PlainPes;
      same(pes.pts, piece.pts, "PTS");
      same(pes.dts ?? pes.pts, piece.dts ?? piece.pts, "DTS");
      same(pes.damaged, false, "damaged");
      sameBytes(pes.data, piece.data, "payload");
    });
  }
}

/** What a demultiplexer must satisfy. */
export function demuxProperties(implementation: TransportStreamImplementation, check: Check): void {
  const demux = (packets: readonly Uint8Array[], sizes: readonly number[] = []): PlainResult =>
    implementation.demux(cut(joined(packets), sizes), true);
  /** Tables, then some data packets, so that framing is found. */
  const data = (count: number, size = 100): Piece[] =>
    Array.from({ length: count }, (_, i) => ({
      data: new Uint8Array(size).fill(i + 1),
      pts: i * 3600,
      dts: undefined,
      pid: DATA_PID,
    }));

  check<[Piece[], number[]]>(
    "PES packets come out with their times, whatever pieces the input arrives in (2.4.3.7)",
    [arbitraryPieces(), arbitraryChunkSizes()],
    (pieces, sizes) => samePes(demux(streamOf(pieces), sizes), pieces),
  );
  check<[Piece[], 192 | 204 | 208, number[]]>(
    "packets of 192, 204 and 208 bytes are packets",
    [arbitraryPieces(), fc.constantFrom(192, 204, 208), arbitraryChunkSizes()],
    (pieces, stride, sizes) => {
      const packets = streamOf([...pieces, ...data(6)]).map((packet) => {
        const extra = new Uint8Array(stride - 188).fill(0x47);
        return stride === 192 ? joined([extra, packet]) : joined([packet, extra]);
      });
      samePes(demux(packets, sizes), [...pieces, ...data(6)]);
    },
  );
  check<[number[], number]>(
    "a PES packet with a length is there as soon as its last byte is (2.4.3.7)",
    [arbitraryChunkSizes(), fc.integer({ min: 1, max: 600 })],
    (sizes, size) => {
      const pieces = data(16, size);
      const bytes = joined(streamOf(pieces));
      const result = implementation.demux(cut(bytes, sizes), false);
      same(result.pes.length, pieces.length, "PES packets before the end of the input");
    },
  );
  check<[number, number[]]>(
    "a programme map that is not current yet is not applied (2.4.4.9)",
    [arbitraryPid(), arbitraryChunkSizes()],
    (pcrPid, sizes) => {
      const packets = [
        ...streamOf(data(6)),
        ...sectionPackets(PMT_PID, pmtBytes(1, pcrPid, [], 1, false), 1),
        ...sectionPackets(0, patBytes(1, PMT_PID), 1),
      ];
      const result = demux(packets, sizes);
      same(result.pmts.map((map) => map.pcrPid).join(), String(VIDEO_PID), "PCR PIDs in force");
    },
  );
  check<[number, number]>(
    "a section may begin in the packet in which another ends (2.4.4.1)",
    [fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100 })],
    (streamCount, fill) => {
      const streams = Array.from({ length: streamCount }, (_, i) => ({
        streamType: 6,
        pid: 0x200 + i,
      }));
      const other = sectionBytes(0xc0, 1, new Array<number>(fill + 200).fill(0x55));
      const map = pmtBytes(1, VIDEO_PID, [...STREAMS, ...streams]);
      const payload = [0, ...other, ...map];
      const pointer = 1 + other.length - 184;
      const second = [pointer, ...payload.slice(184)];
      const packets = [
        ...sectionPackets(0, patBytes(1, PMT_PID)),
        packetBytes({
          pid: PMT_PID,
          continuityCounter: 0,
          payloadUnitStart: true,
          payload: Uint8Array.from(payload.slice(0, 184)),
        }),
      ];
      for (let at = 0; at < second.length; at += 184) {
        const part = second.slice(at, at + 184);
        while (part.length < 184) part.push(0xff);
        packets.push(
          packetBytes({
            pid: PMT_PID,
            continuityCounter: packets.length - 1,
            payloadUnitStart: at === 0,
            payload: Uint8Array.from(part),
          }),
        );
      }
      const nothing = Array.from({ length: 5 }, () =>
        packetBytes({ pid: 0x1fff, continuityCounter: 0, payload: new Uint8Array(184) }),
      );
      const result = demux([...packets, ...nothing]);
      same(result.pmts.length, 1, "programme maps");
      same(result.pmts[0]?.streams.length, streamCount + 2, "streams");
    },
  );
  check<[number, number[]]>(
    "a packet with transport_error_indicator is ignored, and what it held is missing (2.4.3.3)",
    [fc.integer({ min: 0, max: 3 }), arbitraryChunkSizes()],
    (lost, sizes) => {
      const pieces = data(8, 600);
      const packets = streamOf(pieces).map((packet) => packet.slice());
      // Each piece is four packets long, behind PAT and PMT.
      const hit = packets[2 + 4 * 3 + lost] as Uint8Array;
      hit[1] = (hit[1] as number) | 0x80;
      undamagedAre(demux(packets, sizes), pieces, 3);
    },
  );
  check<[number, number[]]>(
    "a missing packet damages its PES packet and no other (2.4.3.3)",
    [fc.integer({ min: 0, max: 3 }), arbitraryChunkSizes()],
    (lost, sizes) => {
      const pieces = data(8, 600);
      const packets = streamOf(pieces);
      packets.splice(2 + 4 * 3 + lost, 1);
      undamagedAre(demux(packets, sizes), pieces, 3);
    },
  );
  check<[number, number[]]>(
    "a packet that is sent twice counts once (2.4.3.3)",
    [fc.nat(), arbitraryChunkSizes()],
    (position, sizes) => {
      const pieces = data(8, 600);
      const packets = streamOf(pieces);
      const at = 2 + (position % (packets.length - 2));
      packets.splice(at, 0, packets[at] as Uint8Array<ArrayBuffer>);
      samePes(demux(packets, sizes), pieces);
    },
  );
  check<[number[], boolean, number[]]>(
    "every PCR is found, also in scrambled packets and without payload (2.4.3.5)",
    [
      fc.array(arbitraryPcr(), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      arbitraryChunkSizes(),
    ],
    (values, scrambled, sizes) => {
      const packets = streamOf(data(6));
      const before = packets.length;
      values.forEach((pcr, i) => {
        const adaptation = pcrField(pcr);
        packets.push(
          i % 2 === 0
            ? packetBytes({ pid: 0x300, continuityCounter: 0, adaptation })
            : packetBytes({
                pid: 0x300,
                continuityCounter: (i + 1) / 2,
                adaptation,
                scrambling: scrambled ? 2 : 0,
                payload: new Uint8Array(176).fill(i),
              }),
        );
      });
      const { pcrs } = demux(packets, sizes);
      same(pcrs.map((found) => found.pcr).join(), values.join(), "PCRs");
      same(
        pcrs.map((found) => found.packet).join(),
        values.map((_, i) => before + i).join(),
        "their packets",
      );
    },
  );
  check<[number, Uint8Array]>(
    "an adaptation field too short for its PCR has none (2.4.3.4)",
    [fc.integer({ min: 1, max: 6 }), arbitraryPayload(100)],
    (length, payload) => {
      const packets = streamOf(data(6));
      const bytes = packetBytes({ pid: 0x300, continuityCounter: 0, payload: new Uint8Array(184) });
      bytes.set(payload, 20);
      bytes[3] = 0x30;
      bytes[4] = length;
      bytes[5] = 0x10;
      same(demux([...packets, bytes]).pcrs.length, 0, "PCRs");
    },
  );
  check<[Uint8Array, number, number[]]>(
    "bytes that are no packets cost no packet behind them (2.4.3.1)",
    [
      fc
        .uint8Array({ minLength: 1, maxLength: 400 })
        .map((junk) => junk.map((byte) => byte & 0x3f)),
      fc.integer({ min: 6, max: 20 }),
      arbitraryChunkSizes(),
    ],
    (junk, before, sizes) => {
      const packets = streamOf(data(30));
      const bytes = [...packets.slice(0, before), junk, ...packets.slice(before)];
      samePes(demux(bytes, sizes), data(30));
    },
  );
  check<[Uint8Array, number[]]>(
    "any bytes give an answer",
    [fc.uint8Array({ maxLength: 3000 }), arbitraryChunkSizes()],
    (junk, sizes) => {
      demux([junk], sizes);
    },
  );
}

/** All but the piece `damaged` are there and whole; that one is missing or marked. */
function undamagedAre(result: PlainResult, pieces: readonly Piece[], damaged: number): void {
  const whole = result.pes.filter((pes) => !pes.damaged);
  same(whole.length, pieces.length - 1, "whole PES packets");
  pieces.forEach(({ data, pts }, i) => {
    if (i === damaged) return;
    const pes = whole[i < damaged ? i : i - 1] as PlainPes;
    same(pes.pts, pts, "PTS");
    sameBytes(pes.data, data, "payload");
  });
}
