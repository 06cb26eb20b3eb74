// A programme of two streams, demultiplexed in one go.
import { concatBytes } from "@x/bits";
import { packetBytes, patBytes, pmtBytes } from "../src/conformance.js";
import { type PlainPacket, sectionPackets } from "../src/conformance-streams.js";
import { TsDemuxer, type TsDemuxerOptions, type TsEvent } from "../src/index.js";

export const PMT = 0x1000;
export const VIDEO = 0x100;
export const DATA = 0x101;
const STREAMS: readonly { readonly streamType: number; readonly pid: number }[] = [
  { streamType: 0x1b, pid: VIDEO },
  { streamType: 0x06, pid: DATA },
];
export const TABLES: readonly Uint8Array[] = [
  ...sectionPackets(0, patBytes(1, PMT)),
  ...sectionPackets(PMT, pmtBytes(1, VIDEO, STREAMS)),
];
/** So that framing is found whatever follows. */
export const NULLS: readonly Uint8Array[] = Array.from({ length: 12 }, () =>
  packetBytes({ pid: 0x1fff, continuityCounter: 0, payload: new Uint8Array(184) }),
);

export function demux(packets: readonly Uint8Array[], options: TsDemuxerOptions = {}): TsEvent[] {
  const demuxer = new TsDemuxer(options);
  return [...demuxer.push(concatBytes(...TABLES, ...packets, ...NULLS)), ...demuxer.flush()];
}

export function pes(events: readonly TsEvent[]): Extract<TsEvent, { readonly type: "pes" }>[] {
  return events.filter((event) => event.type === "pes");
}

export function codes(events: readonly TsEvent[]): string[] {
  return events.flatMap((event) => (event.type === "issue" ? [event.issue.code] : []));
}

export const data = (size: number, fill = 7): Uint8Array => new Uint8Array(size).fill(fill);
export const part = (packet: Partial<PlainPacket>): Uint8Array<ArrayBuffer> =>
  packetBytes({ pid: DATA, continuityCounter: 0, payload: data(184), ...packet });
