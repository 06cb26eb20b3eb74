import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, crc32Mpeg, equalBytes, PTS_MODULUS, Unwrapper, wrapDiff } from "@x/bits";
import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import {
  decodePacket,
  decodePesHeader,
  decodePmt,
  decodeSection,
  encodeDescriptors,
  encodePacket,
  encodePesHeader,
  encodePmt,
  encodeSection,
  type MuxProgram,
  type PacketHandler,
  PcrScanner,
  TsDemuxer,
  type TsEvent,
  TsFramer,
  TsMonitor,
  TsMuxer,
  TsRewriter,
  type TsRewriterOptions,
} from "../src/index.js";

/** Files of a folder; none when it is not among the vectors in force. */
function filesOf(folder: string): string[] {
  try {
    return vectorFiles(folder);
  } catch {
    return [];
  }
}

test("there are vectors", () => {
  const files = [...filesOf("mpegts-pcr-clock"), ...filesOf("st2038")];
  expect(files.some((file) => /\.(m2)?ts$/.test(file))).toBe(true);
});

/** Sizes of chunks, repeated: whole, one packet, odd, and one byte for what is small. */
function chunkings(length: number): number[] {
  return [length, 188, 1316, 1009, 65_536, ...(length < 8000 ? [1] : [])];
}

function demux(bytes: Uint8Array, size: number): { events: TsEvent[]; demuxer: TsDemuxer } {
  const demuxer = new TsDemuxer();
  const events: TsEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    events.push(...demuxer.push(bytes.subarray(at, at + size)));
  }
  return { events, demuxer };
}

interface ExpectedPcr {
  packet: number;
  offset: number;
  pid: number;
  base?: number;
  malformed?: string;
}

interface ExpectedStream {
  packetSize: number;
  firstSync: number;
  packets: number;
  resyncs: number;
  pcrs: ExpectedPcr[];
  pcrPids: { atPacket: number; program: number; pmtPid: number; pcrPid: number }[];
}

/** PCRs and malformed adaptation fields in the form of the vectors. */
function pcrList(events: readonly TsEvent[]): unknown[] {
  return events.flatMap((event): unknown[] => {
    if (event.type === "issue" && event.issue.code === "adaptation-field") {
      const { packet, offset, pid, message } = event.issue;
      return [{ packet, offset, pid, malformed: message }];
    }
    if (event.type !== "pcr") return [];
    return [
      {
        packet: event.packet,
        offset: event.offset,
        pid: event.pid,
        base: event.base,
        ext: event.extension,
        pcr: event.pcr,
        discontinuity: event.discontinuity,
        afLength: event.adaptationFieldLength,
        cc: event.continuityCounter,
        scrambled: event.scrambled,
        ...(event.opcr === undefined ? {} : { opcr: event.opcr }),
        ...(event.extensionOutOfRange ? { extOutOfRange: true } : {}),
      },
    ];
  });
}

function pcrPidList(events: readonly TsEvent[]): unknown[] {
  const known = new Map<number, number>();
  return events.flatMap((event): unknown[] => {
    if (event.type !== "pmt") return [];
    const { programNumber, pcrPid } = event.pmt;
    if (known.get(programNumber) === pcrPid) return [];
    known.set(programNumber, pcrPid);
    return [{ atPacket: event.packet, program: programNumber, pmtPid: event.pid, pcrPid }];
  });
}

/** Every packet, section and PES header that decodes must encode to the same bytes. */
function roundTrips(bytes: Uint8Array, events: readonly TsEvent[]): number {
  let checked = 0;
  const framer = new TsFramer();
  const onPacket = (packet: Uint8Array): void => {
    const adaptation = ((packet[3] as number) & 0x20) !== 0;
    if (adaptation && (packet[4] as number) > 183) return;
    try {
      const decoded = decodePacket(packet);
      checked++;
      if (toHex(encodePacket(decoded)) !== toHex(packet)) expect.fail(`packet ${toHex(packet)}`);
    } catch (error) {
      expect(error).toHaveProperty("name", "FormatError");
    }
  };
  const onPackets: PacketHandler = (from, at, count, stride) => {
    for (let i = 0; i < count; i++) onPacket(from.subarray(at + i * stride, at + i * stride + 188));
  };
  framer.push(bytes, onPackets);
  framer.flush(onPackets);
  for (const event of events) {
    if (event.type === "section") {
      expect(toHex(encodeSection(event.section))).toBe(toHex(event.bytes));
      checked++;
    }
    if (event.type === "pmt") {
      const again = decodePmt(decodeSection(encodePmt(event.pmt)));
      expect(again).toEqual(event.pmt);
      checked++;
    }
  }
  return checked;
}

/** A remux that changes nothing gives the same bytes, also where every packet is looked into. */
function remuxes(bytes: Uint8Array, size: number): number {
  const looks: TsRewriterOptions[] = [
    {},
    {
      mapPid: (pid) => pid,
      editSection: (section) => section,
      sectionPids: Array.from({ length: 0x1fff }, (_, pid) => pid),
    },
  ];
  for (const options of looks) {
    const rewriter = new TsRewriter(options);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      parts.push(rewriter.push(bytes.subarray(at, at + size)));
    }
    parts.push(rewriter.flush());
    expect(equalBytes(concatBytes(...parts), bytes)).toBe(true);
  }
  return looks.length;
}

function scan(bytes: Uint8Array, size: number): TsEvent[] {
  const scanner = new PcrScanner();
  const found: TsEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...scanner.push(bytes.subarray(at, at + size)));
  }
  found.push(...scanner.flush());
  return found;
}

describe.runIf(filesOf("mpegts-pcr-clock").length > 0)("mpegts-pcr-clock", () => {
  const folder = "mpegts-pcr-clock";
  const tally = new VectorTally(folder);
  const files = filesOf(folder);
  for (const index of files.filter((file) => /(^|\/)ts\/expected\.json$/.test(file))) {
    const directory = index.slice(0, -"expected.json".length);
    const expected = vectorJson<Record<string, ExpectedStream>>(folder, index);
    for (const [name, stream] of Object.entries(expected)) {
      const file = directory + name;
      test(file, () => {
        const bytes = vectorBytes(folder, file);
        for (const size of chunkings(bytes.length)) {
          const { events, demuxer } = demux(bytes, size);
          events.push(...demuxer.flush());
          const { firstSync, packetSize, packets, resyncs } = demuxer;
          expect({ firstSync, packetSize, packets, resyncs }).toEqual({
            firstSync: stream.firstSync,
            packetSize: stream.packetSize,
            packets: stream.packets,
            resyncs: stream.resyncs,
          });
          expect(pcrList(events)).toEqual(stream.pcrs);
          expect(pcrPidList(events)).toEqual(stream.pcrPids);
          expect(scan(bytes, size)).toEqual(events.filter((event) => event.type === "pcr"));
          tally.add(file, remuxes(bytes, size));
          tally.add(file, 4 + stream.pcrs.length + stream.pcrPids.length);
        }
        const { events } = demux(bytes, bytes.length);
        tally.add(file, roundTrips(bytes, events));
      });
    }
    test(`every stream of ${index} is there`, () => {
      for (const name of Object.keys(expected)) expect(files).toContain(directory + name);
    });
  }
  afterAll(() => {
    tally.print();
    if (filesOf(folder).length > 0) expect(tally.expectations).toBeGreaterThan(0);
  });
});

interface ExpectedAnc {
  pcrPid: number;
  ancPid: number;
  streams: { streamType: number; pid: number; esInfo: string }[];
  pes: { pts: number | null; pesFlags: string; payloadHex: string }[];
}

describe.runIf(filesOf("st2038").length > 0)("st2038", () => {
  const folder = "st2038";
  const tally = new VectorTally(folder);
  for (const index of filesOf(folder).filter((file) => file.endsWith(".expected.json"))) {
    const file = index.replace(/\.expected\.json$/, ".ts");
    test(file, () => {
      const expected = vectorJson<ExpectedAnc>(folder, index);
      const bytes = vectorBytes(folder, file);
      for (const size of chunkings(bytes.length)) {
        const { events, demuxer } = demux(bytes, size);
        events.push(...demuxer.flush());
        const maps = events.flatMap((event) => (event.type === "pmt" ? [event.pmt] : []));
        expect(maps).toHaveLength(1);
        expect(maps[0]?.pcrPid).toBe(expected.pcrPid);
        const streams = maps[0]?.streams.map(({ streamType, elementaryPid, descriptors }) => ({
          streamType,
          pid: elementaryPid,
          esInfo: toHex(encodeDescriptors(descriptors)),
        }));
        expect(streams).toEqual(expected.streams);
        const pes = events.flatMap((event) => {
          if (event.type !== "pes" || event.pid !== expected.ancPid) return [];
          expect(event.damage).toBeUndefined();
          const header = encodePesHeader(event.header);
          return [
            {
              pts: event.pts ?? null,
              pesFlags: toHex(header.subarray(6, 8)),
              payloadHex: toHex(event.data),
            },
          ];
        });
        expect(pes).toEqual(
          expected.pes.map(({ pts, pesFlags, payloadHex }) => ({ pts, pesFlags, payloadHex })),
        );
        expect(events.filter((event) => event.type === "issue")).toEqual([]);
        tally.add(file, remuxes(bytes, size));
        tally.add(file, 3 + expected.pes.length * 3);
      }
      const { events } = demux(bytes, bytes.length);
      tally.add(file, roundTrips(bytes, events));
    });
  }

  for (const file of filesOf(folder).filter((name) => /(^|\/)pes(-read)?\.json$/.test(name))) {
    test(file, () => {
      const { pes } = vectorJson<{ pes: { pts: number | null; pesHex: string }[] }>(folder, file);
      for (const { pts, pesHex } of pes) {
        const bytes = fromHex(pesHex);
        const { header, payloadStart } = decodePesHeader(bytes);
        expect(header.optional?.pts ?? null).toBe(pts);
        expect(toHex(encodePesHeader(header))).toBe(toHex(bytes.subarray(0, payloadStart)));
        tally.add(file, 2);
      }
      expect(pes.length).toBeGreaterThan(0);
    });
  }

  afterAll(() => {
    tally.print();
    if (filesOf(folder).length > 0) expect(tally.expectations).toBeGreaterThan(0);
  });
});

/** Demultiplexed units as text, per PID: what a muxer has to keep. */
function unitsOf(events: readonly TsEvent[]): Record<number, string[]> {
  const units: Record<number, string[]> = {};
  for (const event of events) {
    if (event.type !== "pes" || event.damage !== undefined) continue;
    units[event.pid] ??= [];
    units[event.pid]?.push(
      `${event.pts} ${event.dts} ${event.data.length} ${crc32Mpeg(event.data)}`,
    );
  }
  return units;
}

/**
 * Indicators that no multiplexer can avoid, as it sends by the source's time stamps: these are rare, jump, or are over
 * within the second that a decoder buffers.
 */
function unavoidable(events: readonly TsEvent[]): string[] {
  const times = new Map<number, number[]>();
  const clocks = new Map<number, Unwrapper>();
  let last: number | undefined;
  let jump = 0;
  for (const event of events) {
    if (event.type !== "pes" || event.damage !== undefined || event.pts === undefined) continue;
    const known = times.get(event.pid) ?? [];
    const clock = clocks.get(event.pid) ?? new Unwrapper(PTS_MODULUS);
    times.set(event.pid, known);
    clocks.set(event.pid, clock);
    jump = Math.max(jump, Math.abs(wrapDiff(event.pts, last ?? event.pts, PTS_MODULUS)));
    last = event.pts;
    known.push(clock.next(event.pts));
  }
  let longest = 0;
  let shortest = Infinity;
  for (const known of times.values()) {
    const steps = known.map((time, i) => Math.abs(time - (known[i - 1] ?? time)));
    longest = Math.max(longest, ...steps);
    shortest = Math.min(shortest, Math.max(...known) - Math.min(...known));
  }
  const isRegular = longest < 0.2 * 90_000 && shortest > 90_000;
  return [...(isRegular ? [] : ["2.5"]), ...(jump > 4 * 90_000 ? ["1.6"] : [])];
}

/** The same programmes, and the same units, through our muxer. */
function muxed(events: readonly TsEvent[], bitrate: number | undefined): Uint8Array {
  const programs = new Map<number, MuxProgram>();
  for (const event of events) {
    if (event.type !== "pmt") continue;
    const { programNumber, descriptors, streams } = event.pmt;
    programs.set(programNumber, {
      programNumber,
      descriptors,
      streams: streams.map(({ elementaryPid, streamType, descriptors: info }) => ({
        pid: elementaryPid,
        streamType,
        descriptors: info,
      })),
    });
  }
  const muxer = new TsMuxer({
    programs: [...programs.values()],
    ...(bitrate === undefined ? {} : { bitrate }),
  });
  const parts: Uint8Array[] = [];
  for (const event of events) {
    if (event.type === "pes" && event.damage === undefined) parts.push(muxer.push(event));
  }
  return concatBytes(...parts, muxer.flush());
}

describe("every transport stream of all vectors", () => {
  const tally = new VectorTally("all folders");
  for (const folder of readdirSync(vectorsRoot).sort()) {
    if (!statSync(join(vectorsRoot, folder)).isDirectory()) continue;
    for (const file of filesOf(folder).filter((name) => /\.(m2)?ts$/.test(name))) {
      const bytes = vectorBytes(folder, file);
      test(`${folder}/${file}: rewritten byte for byte`, () => {
        tally.add(`${folder}/${file}`, remuxes(bytes, 1009));
      });
      test(`${folder}/${file}: multiplexed again without loss`, () => {
        const { events, demuxer } = demux(bytes, bytes.length);
        events.push(...demuxer.flush());
        const units = unitsOf(events);
        for (const bitrate of Object.keys(units).length === 0 ? [] : [undefined, 4_000_000]) {
          const output = muxed(events, bitrate);
          const again = demux(output, 1316);
          again.events.push(...again.demuxer.flush());
          expect(again.events.filter((event) => event.type === "issue")).toEqual([]);
          expect(unitsOf(again.events)).toEqual(units);
          const monitor = new TsMonitor(bitrate === undefined ? {} : { bitrate });
          const excused = unavoidable(events);
          const errors = [...monitor.push(output), ...monitor.flush()].filter(
            ({ indicator }) => !excused.includes(indicator),
          );
          expect(errors).toEqual([]);
          tally.add(`${folder}/${file}`, 3);
        }
      });
    }
  }
  afterAll(() => {
    tally.print();
    expect(tally.expectations).toBeGreaterThan(0);
  });
});
