// Transport streams for tests, packet by packet.
import { concatBytes } from "@x/bits";
import { encodePat, encodePmt, PACKET_SIZE } from "@x/mpegts";
import type { TraceRow } from "../src/conformance.js";

export const PCR_PID = 0x100;
export const PMT_PID = 0x1000;
const DATAGRAM_PACKETS = 7;
const STREAM_TYPE_AVC = 0x1b;
const WHOLE = { sectionNumber: 0, lastSectionNumber: 0 };

export interface PcrPacketInit {
  readonly pid?: number;
  readonly pcr?: number;
  readonly discontinuity?: boolean;
  readonly continuityCounter?: number;
}

/** A packet with an adaptation field only, or with a payload of zeros when it has a continuity_counter. */
export function pcrPacket(init: PcrPacketInit): Uint8Array {
  const { pid = PCR_PID, pcr, discontinuity = false, continuityCounter } = init;
  const bytes = new Uint8Array(PACKET_SIZE).fill(0xff);
  const payload = continuityCounter !== undefined;
  const length = payload ? 7 : 183;
  bytes.set([
    0x47,
    pid >> 8,
    pid & 0xff,
    (payload ? 0x30 : 0x20) | (continuityCounter ?? 0),
    length,
  ]);
  bytes[5] = (discontinuity ? 0x80 : 0) | (pcr === undefined ? 0 : 0x10);
  if (pcr !== undefined) {
    const base = Math.floor(pcr / 300);
    const extension = pcr % 300;
    bytes[6] = Math.floor(base / 2 ** 25);
    bytes[7] = Math.floor(base / 2 ** 17) % 256;
    bytes[8] = Math.floor(base / 2 ** 9) % 256;
    bytes[9] = Math.floor(base / 2) % 256;
    bytes[10] = ((base % 2) << 7) | 0x7e | (extension >> 8);
    bytes[11] = extension & 0xff;
  }
  return bytes;
}

export function nullPacket(): Uint8Array {
  const bytes = new Uint8Array(PACKET_SIZE).fill(0xff);
  bytes.set([0x47, 0x1f, 0xff, 0x10]);
  return bytes;
}

/** The packets of one section. */
export function sectionPackets(pid: number, section: Uint8Array, counter: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const unit = concatBytes(Uint8Array.of(0), section);
  for (let at = 0; at < unit.length; at += PACKET_SIZE - 4) {
    const bytes = new Uint8Array(PACKET_SIZE).fill(0xff);
    const start = at === 0 ? 0x40 : 0;
    bytes.set([0x47, start | (pid >> 8), pid & 0xff, 0x10 | ((counter + packets.length) & 0x0f)]);
    bytes.set(unit.subarray(at, at + PACKET_SIZE - 4), 4);
    packets.push(bytes);
  }
  return packets;
}

export function patPacket(
  programs: readonly (readonly [programNumber: number, pid: number])[],
  counter = 0,
  versionNumber = 0,
  part: { readonly sectionNumber: number; readonly lastSectionNumber: number } = WHOLE,
): Uint8Array {
  const section = encodePat({
    transportStreamId: 1,
    versionNumber,
    currentNextIndicator: true,
    ...part,
    programs: programs.map(([programNumber, pid]) => ({ programNumber, pid })),
  });
  return sectionPackets(0, section, counter)[0] as Uint8Array;
}

export function pmtPacket(
  init: {
    readonly programNumber?: number;
    readonly pmtPid?: number;
    readonly pcrPid?: number;
    readonly versionNumber?: number;
    readonly currentNextIndicator?: boolean;
    readonly badCrc?: boolean;
  } = {},
  counter = 0,
): Uint8Array {
  const { pmtPid = PMT_PID, pcrPid = PCR_PID, badCrc = false } = init;
  const section = encodePmt({
    programNumber: init.programNumber ?? 1,
    versionNumber: init.versionNumber ?? 0,
    currentNextIndicator: init.currentNextIndicator ?? true,
    pcrPid,
    descriptors: [],
    streams: [{ streamType: STREAM_TYPE_AVC, elementaryPid: pcrPid, descriptors: [] }],
  });
  if (badCrc) section[section.length - 1] = (section[section.length - 1] as number) ^ 1;
  return sectionPackets(pmtPid, section, counter)[0] as Uint8Array;
}

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly arrivalNs: bigint;
  /** The PCR in it. */
  readonly row: TraceRow | undefined;
}

/** The stream of a simulated trace without silence: tables in front of the PCRs, null packets between them. */
export function datagramsOf(rows: readonly TraceRow[], pcrPid: number = PCR_PID): Datagram[] {
  const datagrams: Datagram[] = [];
  const last = rows[rows.length - 1]?.packet ?? -1;
  const byPacket = new Map(rows.map((row) => [row.packet, row]));
  let arrivalNs = (rows[0]?.arrivalNs ?? 0n) - 1n;
  for (let first = 0; first <= last; first += DATAGRAM_PACKETS) {
    const packets: Uint8Array[] = [];
    let found: TraceRow | undefined;
    for (let packet = first; packet < first + DATAGRAM_PACKETS; packet++) {
      const row = byPacket.get(packet);
      found ??= row;
      if (row === undefined) packets.push(nullPacket());
      else packets.push(pcrPacket({ pid: pcrPid, pcr: row.pcr, discontinuity: row.discontinuity }));
    }
    arrivalNs = found?.arrivalNs ?? arrivalNs + 1n;
    datagrams.push({ bytes: concatBytes(...packets), arrivalNs, row: found });
  }
  return datagrams;
}

/** RTP in front of transport packets. */
export function rtp(payload: Uint8Array, payloadType = 33): Uint8Array {
  return concatBytes(Uint8Array.of(0x80, payloadType, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1), payload);
}
