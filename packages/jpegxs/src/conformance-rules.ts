// What holds for every codestream that is written, checked by lengths and flags alone.
import { uint24 } from "@x/bits";
import { columnOf, hasLongPackets, type PacketLine, packetsOf } from "./conformance-layout.js";
import type { Band } from "./geometry.js";
import type { CodestreamHeader, DecodedHeader } from "./header.js";
import { walkCodestream } from "./walk.js";

/** A packet's header, and what lies in front of it in the precinct. */
interface Packet {
  readonly lines: readonly PacketLine[];
  readonly raw: boolean;
  /** Bytes of significance flags and counts, and of counts that are raw. */
  readonly counts: number;
  readonly rawCounts: number;
}

/**
 * Throw at the first rule of ISO/IEC 21122-1 that a codestream breaks: those that a decoder need not notice, but that bound
 * its buffers and tell it what is in the stream.
 */
export function checkRules(bytes: Uint8Array): void {
  const { header, slices } = walkCodestream(bytes);
  checkCapabilities(header);
  const { geometry, pih } = header;
  let row = 0;
  for (const slice of slices) {
    let at = slice.offset + 6;
    for (let top = true; at < slice.offset + slice.length; top = false, row++) {
      for (let column = 0; column < geometry.npx; column++) {
        const end = at + geometry.precinctHeaderSize + uint24(bytes, at);
        const modes = modesOf(bytes, at + 5, geometry.bands.length);
        const where = `precinct ${column}, ${row}`;
        const r = bytes[at + 4] as number;
        rule(r < geometry.nl, `${where}: R ${r}`);
        rule(!top || modes.every((m) => m % 2 === 0), `${where}: nothing above to predict from`);
        const lines = packetsOf(header, geometry, row);
        const present = new Set(lines.flat().map(({ band }) => band));
        rule(
          modes.every((m, band) => m === 0 || present.has(band)),
          `${where}: D of a band without lines`,
        );
        at += geometry.precinctHeaderSize;
        const packets: Packet[] = [];
        for (const packet of lines) {
          const { size, ...read } = readPacket(bytes, at, header, packet, column, modes);
          packets.push(read);
          at += size;
          rule(at <= end, `${where}: packets behind the end of the precinct`);
        }
        checkRawModes(packets, pih.rl, where);
        at = end;
      }
    }
  }
}

/** A.4.3: bits for what the stream uses, no byte more than they take. */
function checkCapabilities({ cap, pih, cdt, nlt, sd = 0 }: CodestreamHeader): void {
  rule(cap.length === 0 || cap.at(-1) !== 0, "CAP ends with a byte of zeros");
  const bit = (index: number): boolean => (((cap[index >> 3] ?? 0) << (index % 8)) & 0x80) !== 0;
  const uses: readonly (readonly [number, boolean])[] = [
    [1, pih.cpih === 3],
    [2, nlt?.tnlt === 1],
    [3, nlt?.tnlt === 2],
    [4, cdt.some((c) => c.sy > 1)],
    [5, sd > 0],
    [6, pih.fq === 0],
    [8, pih.rl === 1],
  ];
  for (const [index, used] of uses) rule(bit(index) === used, `CAP bit ${index}`);
}

/** D[b] of every band, two bits each (C.2). */
function modesOf(bytes: Uint8Array, offset: number, bands: number): number[] {
  return Array.from({ length: bands }, (_, b) => {
    return ((bytes[offset + (b >> 2)] as number) >> (6 - 2 * (b % 4))) & 3;
  });
}

function readPacket(
  bytes: Uint8Array,
  offset: number,
  header: DecodedHeader,
  lines: readonly PacketLine[],
  column: number,
  modes: readonly number[],
): Packet & { readonly size: number } {
  const long = hasLongPackets(header);
  const headerSize = long ? 7 : 5;
  const digits = Array.from(bytes.subarray(offset, offset + headerSize), (byte) =>
    byte.toString(2).padStart(8, "0"),
  ).join("");
  const widths = long ? [1, 20, 20, 15] : [1, 15, 13, 11];
  let bit = 0;
  const [dr = 0, ldat = 0, lcnt = 0, lsgn = 0] = widths.map((width) => {
    bit += width;
    return Number.parseInt(digits.slice(bit - width, bit), 2);
  });
  rule(header.pih.fs === 1 || lsgn === 0, `Lsgn ${lsgn} without a sub-packet of signs`);
  let groups = 0;
  let flags = 0;
  for (const { band } of lines) {
    const shape = header.geometry.bands[band] as Band;
    const { width } = columnOf(header, header.geometry, shape, column);
    groups += Math.ceil(width / 4);
    if (((modes[band] as number) & 2) === 2) flags += Math.ceil(width / 32);
  }
  const significance = dr === 1 ? 0 : Math.ceil(flags / 8);
  return {
    lines,
    raw: dr === 1,
    counts: significance + lcnt,
    rawCounts: Math.ceil((groups * header.pih.br) / 8),
    size: headerSize + significance + lcnt + ldat + lsgn,
  };
}

/** C.5.3: counts never take more than raw ones would, by packet (Rl 1) or by bands that share packets (Rl 0). */
function checkRawModes(packets: readonly Packet[], rl: number, where: string): void {
  if (rl === 1) {
    rule(
      packets.every((p) => p.counts <= p.rawCounts),
      `${where}: counts longer than raw`,
    );
    return;
  }
  for (const { lines } of packets) {
    const bands = new Set(lines.map(({ band }) => band));
    const sharing = packets.filter((p) => p.lines.some(({ band }) => bands.has(band)));
    rule(new Set(sharing.map((p) => p.raw)).size === 1, `${where}: a band partly raw`);
    const sum = (of: (p: Packet) => number): number => sharing.reduce((n, p) => n + of(p), 0);
    rule(sum((p) => p.counts) <= sum((p) => p.rawCounts), `${where}: counts longer than raw`);
  }
}

function rule(holds: boolean, broken: string): void {
  if (!holds) throw new Error(broken);
}
