import fc from "fast-check";
import {
  arbitraryChunkSizes,
  arbitraryPayload,
  arbitraryPcr,
  arbitraryPid,
  arbitraryTimestamp,
  cut,
  joined,
  packetBytes,
  patBytes,
  pcrField,
  pesBytes,
  pesPackets,
  pmtBytes,
  sectionBytes,
  sectionPackets,
} from "./conformance-streams.js";

export {
  arbitraryChunkSizes,
  arbitraryPayload,
  arbitraryPcr,
  arbitraryPid,
  arbitraryTimestamp,
  packetBytes,
  patBytes,
  pesBytes,
  pmtBytes,
  sectionBytes,
};

/** A packet header, as an implementation reads it. */
export interface PlainHeader {
  readonly transportErrorIndicator: boolean;
  readonly payloadUnitStartIndicator: boolean;
  readonly pid: number;
  readonly transportScramblingControl: number;
  readonly continuityCounter: number;
  /** 27 MHz; `undefined` when there is none. */
  readonly pcr: number | undefined;
  readonly payload: Uint8Array;
}

/** A PES packet, as an implementation delivers it. */
export interface PlainPes {
  readonly pid: number;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  readonly data: Uint8Array;
  /** Data are missing in it. */
  readonly damaged: boolean;
}

/** A PCR, as an implementation delivers it. */
export interface PlainPcr {
  readonly pid: number;
  readonly pcr: number;
  /** Index of its packet. */
  readonly packet: number;
}

/** A programme map, as an implementation delivers it. */
export interface PlainPmt {
  readonly programNumber: number;
  readonly pcrPid: number;
  readonly streams: readonly { readonly streamType: number; readonly pid: number }[];
}

/** What comes out of a demultiplexer, each list in the order of delivery. */
export interface PlainResult {
  readonly pes: readonly PlainPes[];
  readonly pcrs: readonly PlainPcr[];
  readonly pmts: readonly PlainPmt[];
}

/** A unit to multiplex. */
export interface PlainUnit {
  readonly pid: number;
  readonly data: Uint8Array;
  /** 90 kHz, 33 bits. */
  readonly pts: number;
}

/** The functions that the suite asks for. Bind yours to them. */
export interface TransportStreamImplementation {
  /** Decode a packet of 188 bytes. */
  decodePacket(bytes: Uint8Array): PlainHeader;
  /** The programme map of a section; throws when it is damaged. */
  decodePmt(section: Uint8Array): PlainPmt;
  /** The section of a programme map with version 0 and no descriptors, CRC_32 included. */
  encodePmt(pmt: PlainPmt): Uint8Array;
  /** Demultiplex an input that arrives in pieces. With `atEnd` false, what the last piece completes is the last. */
  demux(pieces: readonly Uint8Array[], atEnd: boolean): PlainResult;
  /**
   * Multiplex one programme: video (stream_type 1B) on PID 256 with the PCR, private data (06) on PID 257. Constant rate
   * in bit/s when given. Left out: a demultiplexer only.
   */
  mux?(units: readonly PlainUnit[], bitrate: number | undefined): Uint8Array;
}

/** What the suite wants of a test runner: those of vitest, node:test, mocha and jest fit. */
export interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

const PMT_PID = 0x1000;
const VIDEO_PID = 0x100;
const DATA_PID = 0x101;
const STREAMS = [
  { streamType: 0x1b, pid: VIDEO_PID },
  { streamType: 0x06, pid: DATA_PID },
];
const MODULUS = 2 ** 33 * 300;

/** Everything that any implementation of ISO/IEC 13818-1 transport streams must satisfy, as tests. */
export function conformanceSuite(
  implementation: TransportStreamImplementation,
  options: SuiteOptions,
): void {
  const { describe, test, numRuns = 100 } = options;
  const check = <Values extends [unknown, ...unknown[]]>(
    name: string,
    arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
    body: (...values: Values) => void,
  ): void => {
    test(name, () => {
      fc.assert(
        fc.property<Values>(...arbitraries, (...values) => body(...values)),
        { numRuns },
      );
    });
  };
  describe("packets", () => packetProperties(implementation, check));
  describe("tables", () => tableProperties(implementation, check));
  describe("demultiplexing", () => demuxProperties(implementation, check));
  const { mux } = implementation;
  if (mux !== undefined) {
    describe("multiplexing", () => muxProperties(mux.bind(implementation), check));
  }
}

type Check = <Values extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  body: (...values: Values) => void,
) => void;

function packetProperties(implementation: TransportStreamImplementation, check: Check): void {
  const anyPid = fc.integer({ min: 0, max: 0x1fff });
  const counter = fc.integer({ min: 0, max: 15 });
  check<[number, number, boolean, boolean, number, Uint8Array]>(
    "the header's fields are where they are (2.4.3.2)",
    [
      anyPid,
      counter,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      arbitraryPayload(184),
    ],
    (pid, continuityCounter, payloadUnitStart, transportError, scrambling, payload) => {
      const plain = {
        pid,
        continuityCounter,
        payloadUnitStart,
        transportError,
        scrambling,
        payload,
      };
      const header = implementation.decodePacket(packetBytes(plain));
      same(header.pid, pid, "PID");
      same(header.continuityCounter, continuityCounter, "continuity_counter");
      same(header.payloadUnitStartIndicator, payloadUnitStart, "payload_unit_start_indicator");
      same(header.transportErrorIndicator, transportError, "transport_error_indicator");
      same(header.transportScramblingControl, scrambling, "transport_scrambling_control");
      sameBytes(header.payload, payload, "payload");
    },
  );
  check<[number, boolean, Uint8Array]>(
    "a PCR is base · 300 + extension, 42 bits of it (2.4.3.5)",
    [arbitraryPcr(), fc.boolean(), arbitraryPayload(176)],
    (pcr, discontinuity, payload) => {
      const bytes = packetBytes({
        pid: 256,
        continuityCounter: 0,
        adaptation: pcrField(pcr, discontinuity),
        payload,
      });
      const header = implementation.decodePacket(bytes);
      same(header.pcr, pcr, "PCR");
      sameBytes(header.payload, payload, "payload");
    },
  );
  check<[Uint8Array]>(
    "an adaptation field without flags has no PCR, nor has one of length 0 (2.4.3.4)",
    [fc.uint8Array({ minLength: 175, maxLength: 183 })],
    (payload) => {
      const header = implementation.decodePacket(
        packetBytes({ pid: 256, continuityCounter: 0, payload }),
      );
      same(header.pcr, undefined, "PCR");
      sameBytes(header.payload, payload, "payload");
    },
  );
}

function tableProperties(implementation: TransportStreamImplementation, check: Check): void {
  const pmt = fc.record({
    programNumber: fc.integer({ min: 1, max: 0xffff }),
    pcrPid: fc.integer({ min: 0, max: 0x1fff }),
    streams: fc.array(
      fc.record({ streamType: fc.integer({ min: 0, max: 255 }), pid: arbitraryPid() }),
      { maxLength: 12 },
    ),
  });
  check<[PlainPmt]>("a programme map is read and written bit for bit (2.4.4.9)", [pmt], (map) => {
    const section = pmtBytes(map.programNumber, map.pcrPid, map.streams);
    const read = implementation.decodePmt(section);
    same(read.programNumber, map.programNumber, "program_number");
    same(read.pcrPid, map.pcrPid, "PCR_PID");
    same(describeStreams(read.streams), describeStreams(map.streams), "streams");
    sameBytes(implementation.encodePmt(map), section, "section");
  });
  check<[PlainPmt, number]>(
    "a section with any wrong bit is refused (annex A)",
    [pmt, fc.nat()],
    (map, position) => {
      const section = pmtBytes(map.programNumber, map.pcrPid, map.streams);
      const bit = position % (section.length * 8);
      // The length decides what the section is: another length is another section.
      if (bit >= 8 && bit < 24) return;
      section[bit >> 3] = (section[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      throws(() => implementation.decodePmt(section), `bit ${bit}`);
    },
  );
}

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

function ofPid<T extends { readonly pid: number }>(list: readonly T[], pid: number): T[] {
  return list.filter((item) => item.pid === pid);
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

function demuxProperties(implementation: TransportStreamImplementation, check: Check): void {
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

function muxProperties(
  mux: (units: readonly PlainUnit[], bitrate: number | undefined) => Uint8Array,
  check: Check,
): void {
  const units = fc
    .tuple(
      arbitraryTimestamp(),
      fc.array(
        fc.record({
          data: arbitraryPayload(1000),
          pid: fc.constantFrom(VIDEO_PID, VIDEO_PID, DATA_PID),
          step: fc.integer({ min: 0, max: 3600 }),
        }),
        { minLength: 2, maxLength: 20 },
      ),
    )
    .map(([start, list]): PlainUnit[] => {
      let time = start;
      return list.map(({ data, pid, step }) => {
        time = (time + step) % 2 ** 33;
        return { data, pid, pts: time };
      });
    });
  const rate = fc.constantFrom(undefined, 1_000_000, 1_234_567);
  check<[PlainUnit[], number | undefined]>(
    "the output is whole packets, whose counters continue (2.4.3.3)",
    [units, rate],
    (list, bitrate) => {
      const bytes = mux(list, bitrate);
      same(bytes.length % 188, 0, "bytes of a broken packet");
      const counters = new Map<number, number>();
      for (const packet of packetsOf(bytes)) {
        same(packet.sync, 0x47, "sync_byte");
        if (packet.pid === 0x1fff) continue;
        const last = counters.get(packet.pid);
        if (last !== undefined) {
          same(packet.counter, packet.payload === undefined ? last : (last + 1) % 16, "counter");
        }
        counters.set(packet.pid, packet.counter);
      }
    },
  );
  check<[PlainUnit[], number | undefined]>(
    "each unit is a PES packet with its PTS and its bytes, in order (2.4.3.7)",
    [units, rate],
    (list, bitrate) => {
      const packets = packetsOf(mux(list, bitrate));
      for (const pid of [VIDEO_PID, DATA_PID]) {
        const expected = ofPid(list, pid);
        const actual = unitsOf(packets, pid);
        same(actual.length, expected.length, `PES packets of PID ${pid}`);
        expected.forEach(({ data, pts }, i) => {
          const pes = actual[i] as number[];
          same(pes.slice(9, 14).join(), timeText(pts), "PTS");
          sameBytes(Uint8Array.from(pes.slice(9 + (pes[8] as number))), data, "payload");
        });
      }
    },
  );
  check<[PlainUnit[], number | undefined]>(
    "PCRs come at most 100 ms apart, and never after the DTS they serve (2.7.2, 2.4.2)",
    [units, rate],
    (list, bitrate) => {
      const packets = packetsOf(mux(list, bitrate));
      let last: number | undefined;
      for (const { pcr, pid, start, payload } of packets) {
        if (pid !== VIDEO_PID) continue;
        if (pcr !== undefined && last !== undefined) {
          const step = (pcr - last + MODULUS) % MODULUS;
          if (step <= 0 || step > 100 * 27_000) throw new Error(`PCR step ${step}`);
        }
        last = pcr ?? last;
        if (!start || payload === undefined || last === undefined) continue;
        const dts = ptsOf(payload);
        const ahead = (dts * 300 - last + MODULUS) % MODULUS;
        if (ahead > 10 * 27e6) throw new Error(`DTS ${dts} is not ahead of PCR ${last}`);
      }
      if (last === undefined) throw new Error("no PCR");
    },
  );
  check<[PlainUnit[]]>(
    "at a constant rate each PCR tells its packet's place within 500 ns (2.4.2.2)",
    [units],
    (list) => {
      const bitrate = 1_500_000;
      const clock: [number, number][] = [];
      packetsOf(mux(list, bitrate)).forEach(({ pcr, pid }, index) => {
        if (pcr !== undefined && pid === VIDEO_PID) clock.push([index, pcr]);
      });
      const [first] = clock;
      if (first === undefined) throw new Error("no PCR");
      for (const [index, pcr] of clock) {
        const exact = ((index - first[0]) * 1504 * 27e6) / bitrate;
        const error = ((pcr - first[1] + MODULUS) % MODULUS) - exact;
        if (Math.abs(error) > 13.5) throw new Error(`PCR off by ${error} ticks`);
      }
    },
  );
  check<[PlainUnit[]]>("tables come before the data and name it (2.4.4)", [units], (list) => {
    const packets = packetsOf(mux(list, undefined));
    const first = packets.findIndex(({ pid }) => pid === VIDEO_PID || pid === DATA_PID);
    const pat = packets.findIndex(({ pid }) => pid === 0);
    if (pat < 0 || pat > first) throw new Error("no PAT before the data");
    const section = (packets[pat]?.payload ?? new Uint8Array(0)).subarray(1);
    const pmtPid = (((section[10] as number) & 0x1f) << 8) | (section[11] as number);
    const map = packets.findIndex(({ pid }) => pid === pmtPid);
    if (map < 0 || map > first) throw new Error("no PMT before the data");
    const content = packets[map]?.payload ?? new Uint8Array(0);
    same((((content[9] as number) & 0x1f) << 8) | (content[10] as number), VIDEO_PID, "PCR_PID");
  });
}

interface SeenPacket {
  readonly sync: number;
  readonly pid: number;
  readonly start: boolean;
  readonly counter: number;
  readonly pcr: number | undefined;
  readonly payload: Uint8Array | undefined;
}

function packetsOf(bytes: Uint8Array): SeenPacket[] {
  const packets: SeenPacket[] = [];
  for (let at = 0; at + 188 <= bytes.length; at += 188) {
    const byte = (i: number): number => bytes[at + i] as number;
    const field = (byte(3) & 0x20) === 0 ? 0 : 1 + byte(4);
    const hasPcr = field > 7 && (byte(5) & 0x10) !== 0;
    const base =
      byte(6) * 2 ** 25 + byte(7) * 2 ** 17 + byte(8) * 2 ** 9 + byte(9) * 2 + (byte(10) >> 7);
    packets.push({
      sync: byte(0),
      pid: ((byte(1) & 0x1f) << 8) | byte(2),
      start: (byte(1) & 0x40) !== 0,
      counter: byte(3) & 0x0f,
      pcr: hasPcr ? base * 300 + (byte(10) & 1) * 256 + byte(11) : undefined,
      payload: (byte(3) & 0x10) === 0 ? undefined : bytes.subarray(at + 4 + field, at + 188),
    });
  }
  return packets;
}

function unitsOf(packets: readonly SeenPacket[], wanted: number): number[][] {
  const units: number[][] = [];
  for (const { pid, start, payload } of packets) {
    if (pid !== wanted || payload === undefined) continue;
    if (start) units.push([]);
    units.at(-1)?.push(...payload);
  }
  return units;
}

function timeText(pts: number): string {
  return Array.from(pesBytes(0xbd, new Uint8Array(0), pts).subarray(9, 14)).join();
}

function ptsOf(pes: Uint8Array): number {
  const b = (i: number): number => pes[9 + i] as number;
  const high = (b(0) >> 1) & 7;
  return high * 2 ** 30 + (b(1) * 128 + (b(2) >> 1)) * 2 ** 15 + b(3) * 128 + (b(4) >> 1);
}

function describeStreams(streams: PlainPmt["streams"]): string {
  return streams.map(({ streamType, pid }) => `${streamType}@${pid}`).join();
}

function same<T>(actual: T, expected: T, what: string): void {
  if (!Object.is(actual, expected))
    throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  same(actual.length, expected.length, `${what}, length`);
  const wrong = expected.findIndex((byte, i) => byte !== actual[i]);
  if (wrong >= 0) throw new Error(`${what}, byte ${wrong}`);
}

function throws(call: () => unknown, what: string): void {
  try {
    call();
  } catch {
    return;
  }
  throw new Error(`${what}: accepted`);
}
