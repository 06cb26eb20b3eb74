// What goes through mpegtsmux and tsdemux, and what comes out.
import {
  decodeLanguageDescriptor,
  findDescriptor,
  type Pmt,
  type PmtStream,
  TsDemuxer,
  type TsEvent,
  type TsPesEvent,
} from "@x/mpegts";
import { expect } from "vitest";
import {
  appSink,
  appSrc,
  type Caps,
  type Item,
  launch,
  mediaBuffer,
  parseCaps,
} from "../../src/index.js";

export const MS = 1_000_000n;
const LANGUAGE = 0x0a;
export const AAC = "audio/mpeg,mpegversion=4,stream-format=adts";
export const H264 = "video/x-h264,stream-format=byte-stream,alignment=au";

/** Items of a stream: caps, then `payloads`, one each `step`, from `from` on. */
export function stream(
  caps: string,
  payloads: readonly Uint8Array[],
  {
    from = 0n,
    step = 40n * MS,
    tags = {},
  }: {
    readonly from?: bigint;
    readonly step?: bigint;
    readonly tags?: Readonly<Record<string, string>>;
  } = {},
): Item[] {
  return [
    { type: "caps", caps: parseCaps(caps) },
    ...(Object.keys(tags).length === 0 ? [] : [{ type: "tags", tags } as const]),
    ...payloads.map((data, n): Item => {
      return { type: "buffer", buffer: mediaBuffer(data, { pts: from + BigInt(n) * step }) };
    }),
  ];
}

/** `count` payloads of `size` bytes, all different. */
export function payloads(count: number, size: number, mark = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => new Uint8Array(size).fill(mark + n));
}

export interface Output {
  readonly bytes: Uint8Array;
  readonly buffers: { readonly data: Uint8Array; readonly pts: bigint | undefined }[];
  readonly problems: string[];
}

/** What comes out of a description that ends in `! out`; `in0`, `in1`… are the sources. */
export async function run(description: string, ...sources: Iterable<Item>[]): Promise<Output> {
  const buffers: { data: Uint8Array; pts: bigint | undefined }[] = [];
  const problems: string[] = [];
  const sink = appSink("out", (item) => {
    if (item.type === "buffer") buffers.push({ data: item.buffer.data, pts: item.buffer.pts });
  });
  const elements = sources.map((items, n) => appSrc(`in${n}`, items));
  await launch(description, {
    elements: [...elements, sink],
    onMessage: ({ type, text }) => {
      if (type === "warning" || type === "error") problems.push(text);
    },
  }).run();
  return { bytes: Buffer.concat(buffers.map(({ data }) => data)), buffers, problems };
}

export function eventsOf(bytes: Uint8Array): TsEvent[] {
  const demuxer = new TsDemuxer();
  const events = [...demuxer.push(bytes), ...demuxer.flush()];
  expect(events.filter(({ type }) => type === "issue")).toEqual([]);
  return events;
}

export function mapsOf(bytes: Uint8Array): Pmt[] {
  return eventsOf(bytes).flatMap((event) => (event.type === "pmt" ? [event.pmt] : []));
}

export function unitsOf(bytes: Uint8Array, pid: number): TsPesEvent[] {
  return eventsOf(bytes).flatMap((event) =>
    event.type === "pes" && event.pid === pid ? [event] : [],
  );
}

export function languageOf({ descriptors }: PmtStream): unknown {
  const found = findDescriptor(descriptors, LANGUAGE);
  return found && decodeLanguageDescriptor(found);
}

/** The pads of tsdemux with what comes out of them. `pads`: `video_1_00041`… */
export async function demuxed(
  bytes: Uint8Array,
  pads: readonly string[],
  properties = "",
): Promise<Map<string, { caps: Caps; tags: object; data: Uint8Array[]; times: bigint[] }>> {
  const found = new Map<
    string,
    { caps: Caps; tags: object; data: Uint8Array[]; times: bigint[] }
  >();
  const sinks = pads.map((name) =>
    appSink(`sink_${name}`, (item) => {
      if (item.type === "caps") {
        found.set(name, { caps: item.caps, tags: {}, data: [], times: [] });
      }
      const pad = found.get(name);
      if (pad !== undefined && item.type === "tags") pad.tags = item.tags;
      if (pad === undefined || item.type !== "buffer") return;
      pad.data.push(item.buffer.data);
      pad.times.push(item.buffer.pts ?? -1n);
    }),
  );
  const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
  const links = pads.map((name) => `d.${name} ! sink_${name}`).join(" ");
  await launch(`in ! tsdemux name=d ${properties} ${links}`, {
    elements: [appSrc("in", source), ...sinks],
  }).run();
  return found;
}
