// Just enough of ISO/IEC 13818-1 to get the PMT's streams and the PES packets of one PID out of a clean file.
import { isAncStream } from "../src/index.js";

interface WalkedStream {
  readonly streamType: number;
  readonly pid: number;
  readonly esInfo: Uint8Array;
}

export interface WalkedProgramme {
  readonly pcrPid: number;
  readonly streams: readonly WalkedStream[];
}

/** The first programme of a transport stream of 188-byte packets. */
export function walkPmt(ts: Uint8Array): WalkedProgramme {
  const pat = firstSection(ts, 0);
  let entry = 8;
  // programme_number 0 is the network PID.
  while (pat[entry] === 0 && pat[entry + 1] === 0) entry += 4;
  const pmt = firstSection(ts, uint13(pat, entry + 2));
  const end = pmt.length - 4;
  const streams: WalkedStream[] = [];
  let at = 12 + (uint13(pmt, 10) & 0x0fff);
  while (at < end) {
    const esInfoEnd = at + 5 + (uint13(pmt, at + 3) & 0x0fff);
    streams.push({
      streamType: pmt[at] as number,
      pid: uint13(pmt, at + 1),
      esInfo: pmt.subarray(at + 5, esInfoEnd),
    });
    at = esInfoEnd;
  }
  return { pcrPid: uint13(pmt, 8), streams };
}

/** The first stream that is registered as ancillary data. */
export function ancPid({ streams }: WalkedProgramme): number | undefined {
  return streams.find(({ streamType, esInfo }) => isAncStream(streamType, esInfo))?.pid;
}

/** All PES packets of a PID. */
export function walkPes(ts: Uint8Array, pid: number): Uint8Array[] {
  const packets: number[][] = [];
  for (const { start, payload } of payloads(ts, pid)) {
    if (start) packets.push([]);
    packets[packets.length - 1]?.push(...payload);
  }
  return packets.map((bytes) => Uint8Array.from(bytes));
}

function firstSection(ts: Uint8Array, pid: number): Uint8Array {
  const bytes: number[] = [];
  for (const { start, payload } of payloads(ts, pid)) {
    if (bytes.length === 0 && !start) continue;
    bytes.push(
      ...(start && bytes.length === 0 ? payload.subarray(1 + (payload[0] as number)) : payload),
    );
    const length = 3 + ((((bytes[1] as number) & 0x0f) << 8) | (bytes[2] as number));
    if (bytes.length >= length) return Uint8Array.from(bytes.slice(0, length));
  }
  throw new Error(`no section on PID ${pid}`);
}

function* payloads(
  ts: Uint8Array,
  pid: number,
): Generator<{ start: boolean; payload: Uint8Array }> {
  for (let at = 0; at + 188 <= ts.length; at += 188) {
    const control = (ts[at + 3] as number) >>> 4;
    if (uint13(ts, at + 1) !== pid || (control & 1) === 0) continue;
    const from = at + 4 + ((control & 2) === 0 ? 0 : 1 + (ts[at + 4] as number));
    yield { start: ((ts[at + 1] as number) & 0x40) !== 0, payload: ts.subarray(from, at + 188) };
  }
}

function uint13(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) & 0x1f) << 8) | (bytes[at + 1] as number);
}
