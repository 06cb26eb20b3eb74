// Transport streams made the obvious, slow way: from digits and tables of the standard, with no code of the package.
import fc from "fast-check";

/** A packet in the words of ISO/IEC 13818-1 2.4.3.2. */
export interface PlainPacket {
  readonly pid: number;
  readonly continuityCounter: number;
  readonly payloadUnitStart?: boolean;
  readonly transportError?: boolean;
  readonly scrambling?: number;
  /** The bytes behind adaptation_field_length. */
  readonly adaptation?: readonly number[];
  /** At most what is left; filled up with adaptation field stuffing. Absent: adaptation field only. */
  readonly payload?: Uint8Array;
}

/** A number as binary digits. */
function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

/** Bytes of binary digits. */
function bytesOfDigits(text: string): number[] {
  return (text.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
}

/** The 188 bytes of a packet. */
export function packetBytes(packet: PlainPacket): Uint8Array<ArrayBuffer> {
  const { payload, scrambling = 0 } = packet;
  const room = 184 - (payload?.length ?? 0);
  let field: number[] = [];
  if (packet.adaptation !== undefined || room > 0) {
    const content = [...(packet.adaptation ?? (room > 1 ? [0] : []))];
    while (content.length < room - 1) content.push(0xff);
    field = [content.length, ...content];
  }
  const control = (field.length > 0 ? "1" : "0") + (payload === undefined ? "0" : "1");
  const head =
    digits(0x47, 8) +
    (packet.transportError ? "1" : "0") +
    (packet.payloadUnitStart ? "1" : "0") +
    "0" +
    digits(packet.pid, 13) +
    digits(scrambling, 2) +
    control +
    digits(packet.continuityCounter % 16, 4);
  return Uint8Array.from([...bytesOfDigits(head), ...field, ...(payload ?? [])]);
}

/** An adaptation field with a PCR (2.4.3.5), without its length. */
export function pcrField(pcr: number, discontinuity = false): number[] {
  const base = digits(Math.floor(pcr / 300), 33);
  return [discontinuity ? 0x90 : 0x10, ...bytesOfDigits(`${base}111111${digits(pcr % 300, 9)}`)];
}

/** A section with its CRC_32 (2.4.4), computed bit by bit. */
export function sectionBytes(
  tableId: number,
  tableIdExtension: number,
  data: readonly number[],
  versionNumber = 0,
  current = true,
  sectionNumber = 0,
  lastSectionNumber = 0,
): Uint8Array<ArrayBuffer> {
  const head = `${digits(tableId, 8)}1011${digits(data.length + 9, 12)}${digits(tableIdExtension, 16)}11${digits(versionNumber, 5)}${current ? 1 : 0}${digits(sectionNumber, 8)}${digits(lastSectionNumber, 8)}`;
  const bytes = [...bytesOfDigits(head), ...data];
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (crc >>> 31) ^ ((byte >> bit) & 1);
      crc = (crc << 1) >>> 0;
      if (out === 1) crc = (crc ^ 0x04c11db7) >>> 0;
    }
  }
  return Uint8Array.from([...bytes, ...bytesOfDigits(digits(crc, 32))]);
}

/** A PAT with one programme. */
export function patBytes(programNumber: number, pid: number): Uint8Array<ArrayBuffer> {
  return sectionBytes(0, 1, bytesOfDigits(`${digits(programNumber, 16)}111${digits(pid, 13)}`));
}

/** A PMT without programme info. */
export function pmtBytes(
  programNumber: number,
  pcrPid: number,
  streams: readonly { readonly streamType: number; readonly pid: number }[],
  versionNumber = 0,
  current = true,
): Uint8Array<ArrayBuffer> {
  const text =
    `111${digits(pcrPid, 13)}1111${digits(0, 12)}` +
    streams
      .map(
        ({ streamType, pid }) =>
          `${digits(streamType, 8)}111${digits(pid, 13)}1111${digits(0, 12)}`,
      )
      .join("");
  return sectionBytes(2, programNumber, bytesOfDigits(text), versionNumber, current);
}

/** A section in packets of its own. */
export function sectionPackets(
  pid: number,
  section: Uint8Array,
  firstCounter = 0,
): Uint8Array<ArrayBuffer>[] {
  const bytes = [0, ...section];
  while (bytes.length % 184 !== 0) bytes.push(0xff);
  const packets: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += 184) {
    packets.push(
      packetBytes({
        pid,
        continuityCounter: firstCounter + packets.length,
        payloadUnitStart: at === 0,
        payload: Uint8Array.from(bytes.slice(at, at + 184)),
      }),
    );
  }
  return packets;
}

/** The five bytes of a time (2.4.3.7). */
function timeBytes(prefix: number, value: number): number[] {
  const bits = digits(value, 33);
  return bytesOfDigits(
    `${digits(prefix, 4)}${bits.slice(0, 3)}1${bits.slice(3, 18)}1${bits.slice(18)}1`,
  );
}

/** A PES packet with PTS and, when given, DTS. */
export function pesBytes(
  streamId: number,
  data: Uint8Array,
  pts: number,
  dts?: number,
  bounded = true,
): Uint8Array<ArrayBuffer> {
  const times =
    dts === undefined ? timeBytes(2, pts) : [...timeBytes(3, pts), ...timeBytes(1, dts)];
  const length = bounded ? 3 + times.length + data.length : 0;
  return Uint8Array.from([
    0,
    0,
    1,
    streamId,
    ...bytesOfDigits(digits(length, 16)),
    0x84,
    dts === undefined ? 0x80 : 0xc0,
    times.length,
    ...times,
    ...data,
  ]);
}

/** A PES packet in transport packets. */
export function pesPackets(
  pid: number,
  pes: Uint8Array,
  firstCounter = 0,
): Uint8Array<ArrayBuffer>[] {
  const packets: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < pes.length; at += 184) {
    packets.push(
      packetBytes({
        pid,
        continuityCounter: firstCounter + packets.length,
        payloadUnitStart: at === 0,
        payload: pes.subarray(at, Math.min(at + 184, pes.length)),
      }),
    );
  }
  return packets;
}

/** All bytes one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** `bytes` in pieces of the given sizes, used again and again. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** 90 kHz, 33 bits, with the ends often. */
export function arbitraryTimestamp(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(0, 1, 2 ** 15, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 33 - 1),
    fc.integer({ min: 0, max: 2 ** 33 - 1 }),
  );
}

/** 27 MHz below 2^33 · 300, with the ends often. */
export function arbitraryPcr(): fc.Arbitrary<number> {
  return fc
    .tuple(arbitraryTimestamp(), fc.integer({ min: 0, max: 299 }))
    .map(([base, extension]) => base * 300 + extension);
}

/** A PID that elementary streams may have. */
export function arbitraryPid(): fc.Arbitrary<number> {
  return fc.integer({ min: 0x20, max: 0x1ffe });
}

/** The data of a PES packet. */
export function arbitraryPayload(maxLength = 700): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: 1, maxLength });
}

/** Sizes of the pieces that an input arrives in. */
export function arbitraryChunkSizes(): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 });
}

/** PID of the video that the suite makes streams with. */
export const VIDEO_PID = 0x100;
/** PID of the private data that the suite makes streams with. */
export const DATA_PID = 0x101;

/** The items of one PID. */
export function ofPid<T extends { readonly pid: number }>(list: readonly T[], pid: number): T[] {
  return list.filter((item) => item.pid === pid);
}
