// FLV tracks as the pipeline delivers them, and elementary-stream files made of them.
import { encodeOggPage, OGG_FLAG } from "@x/es";
import { appSink, formatCaps, launch, mediaTypeOf, type PipelineMessage } from "../../src/index.js";

export interface Frame {
  readonly hex: string;
  readonly pts: bigint | undefined;
  readonly dts: bigint | undefined;
  readonly isKey: boolean;
}

export interface Track {
  readonly mediaType: string;
  /** As last announced. */
  caps: string;
  readonly frames: Frame[];
}

const PADS = ["audio", "video"].flatMap((kind) => [
  kind,
  ...Array.from({ length: 7 }, (_, i) => `${kind}_${i + 1}`),
]);

/** The tracks of an FLV file, by pad. `blocksize`: bytes that are read at once. */
export async function tracksOf(file: string, blocksize = 65_536): Promise<Map<string, Track>> {
  const sinks = PADS.map((name) => `d.${name} ! ${name}sink`).join(" ");
  return collect(
    `filesrc location="${file}" blocksize=${blocksize} ! flvdemux name=d ${sinks}`,
    PADS,
  );
}

/** What arrives at the sink `outsink`. */
export async function streamOf(description: string): Promise<Track | undefined> {
  return (await collect(`${description} ! outsink`, ["out"])).get("out");
}

async function collect(description: string, names: readonly string[]): Promise<Map<string, Track>> {
  const tracks = new Map<string, Track>();
  const elements = names.map((name) =>
    appSink(`${name}sink`, (item) => {
      if (item.type === "caps") {
        const track = tracks.get(name);
        const text = formatCaps(item.caps);
        if (track !== undefined) track.caps = text;
        else tracks.set(name, { mediaType: mediaTypeOf(item.caps) ?? "", caps: text, frames: [] });
      }
      if (item.type !== "buffer") return;
      const { data, pts, dts, flags } = item.buffer;
      const isKey = flags.deltaUnit !== true;
      tracks.get(name)?.frames.push({ hex: Buffer.from(data).toString("hex"), pts, dts, isKey });
    }),
  );
  await launch(description, { elements }).run();
  return tracks;
}

/** Run a pipeline; what it had to complain about. */
export async function messagesOf(description: string): Promise<PipelineMessage[]> {
  const messages: PipelineMessage[] = [];
  await launch(description, { onMessage: (message) => messages.push(message) }).run();
  return messages.filter(({ type }) => type === "warning" || type === "error");
}

/** The configuration in a track's caps. */
export function codecData({ caps }: Track): Buffer {
  return Buffer.from(/codec_data="?([\da-f]+)/.exec(caps)?.[1] ?? "", "hex");
}

/** Frames one behind the other. */
export function joined({ frames }: Track, before = ""): Buffer {
  return Buffer.from(frames.map(({ hex }) => before + hex).join(""), "hex");
}

/** An Ogg file: a head, a page that is no sound, then `perPage` packets a page. */
export function ogg(
  head: Uint8Array,
  comment: Uint8Array,
  packets: readonly { readonly data: Uint8Array; readonly samples: number }[],
  perPage = 3,
): Buffer {
  let granule = 0;
  const pages: (readonly [granule: number, packets: readonly Uint8Array[]])[] = [
    [0, [head]],
    [0, [comment]],
  ];
  for (let i = 0; i < packets.length; i += perPage) {
    const some = packets.slice(i, i + perPage);
    granule += some.reduce((sum, { samples }) => sum + samples, 0);
    pages.push([granule, some.map(({ data }) => data)]);
  }
  return Buffer.concat(
    pages.map(([position, list], sequence) =>
      encodeOggPage({
        headerTypeFlag:
          (sequence === 0 ? OGG_FLAG.beginningOfStream : 0) |
          (sequence === pages.length - 1 ? OGG_FLAG.endOfStream : 0),
        granulePosition: BigInt(position),
        bitstreamSerialNumber: 291,
        pageSequenceNumber: sequence,
        segmentTable: Uint8Array.from(
          list.flatMap(({ length }) => [
            ...new Array<number>(Math.floor(length / 255)).fill(255),
            length % 255,
          ]),
        ),
        body: Buffer.concat(list),
      }),
    ),
  );
}

/** An IVF file at 25 frames a second. */
export function ivf(fourCc: string, frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(32);
  header.write(`DKIF\0\0\x20\0${fourCc}`, "latin1");
  header.writeUInt32LE(25, 16);
  header.writeUInt32LE(1, 20);
  const pieces = frames.flatMap((data, index) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(data.length, 0);
    head.writeUInt32LE(index, 4);
    return [head, data];
  });
  return Buffer.concat([header, ...pieces]);
}

/** AV1 annex B: a temporal unit of OBUs that have their sizes. */
export function lengthDelimited(
  unit: Buffer,
  split: (unit: Uint8Array) => readonly Uint8Array[],
): Buffer {
  const obus = [Buffer.of(0x12, 0x00), ...split(unit)].flatMap((obu) => [leb128(obu.length), obu]);
  const frame = Buffer.concat(obus);
  const body = Buffer.concat([leb128(frame.length), frame]);
  return Buffer.concat([leb128(body.length), body]);
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.from(bytes);
}
