import { boxAt, FullBox } from "./box.js";

/** Samples that lie one behind the other. */
export interface SampleChunk {
  /** Byte of the file. */
  readonly offset: number;
  /** Bytes of all of them. */
  readonly size: number;
  readonly samples: readonly { readonly size: number; readonly timeMs: number }[];
}

/** Samples of a track that are looked at: nine hours of captions at 60 a second. */
const MAX_SAMPLES = 2_000_000;

/**
 * Where the samples of a track are (ISO/IEC 14496-12 8.6, 8.7), chunk by chunk.
 * @param table the body of its stbl box
 * @param timescale ticks a second
 * @param maxSize the first chunk that is longer is not whole, and the last one
 */
export function* sampleChunks(
  table: Uint8Array,
  timescale: number,
  maxSize: number,
): Generator<SampleChunk> {
  const sizes = new FullBox(boxAt(table, "stsz"));
  const common = sizes.u32(0);
  const listed = common > 0 ? MAX_SAMPLES : Math.max(0, Math.floor((sizes.length - 8) / 4));
  const count = Math.min(sizes.u32(4), listed, MAX_SAMPLES);
  const runs = runLengths(new FullBox(boxAt(table, "stsc")));
  const times = decodingTimes(new FullBox(boxAt(table, "stts")), timescale);
  let sample = 0;
  for (const offset of chunkOffsets(table)) {
    const samples: { size: number; timeMs: number }[] = [];
    let total = 0;
    const perChunk = runs.next().value ?? 0;
    for (let i = 0; i < perChunk && sample < count && total <= maxSize; i++, sample++) {
      const size = common > 0 ? common : sizes.u32(8 + 4 * sample);
      samples.push({ size, timeMs: times.next().value ?? 0 });
      total += size;
    }
    if (samples.length === 0) return;
    yield { offset, size: total, samples };
    if (total > maxSize) return;
  }
}

function* chunkOffsets(table: Uint8Array): Generator<number> {
  const long = boxAt(table, "co64");
  const box = new FullBox(long ?? boxAt(table, "stco"));
  const bytes = long === undefined ? 4 : 8;
  const count = Math.min(box.u32(0), Math.floor((box.length - 4) / bytes));
  for (let i = 0, at = 4; i < count; i++, at += bytes) {
    yield long === undefined ? box.u32(at) : box.u32(at) * 2 ** 32 + box.u32(at + 4);
  }
}

/** Samples of each chunk: an entry of stsc holds up to the first chunk of the next one. */
function* runLengths(stsc: FullBox): Generator<number> {
  const count = Math.min(stsc.u32(0), Math.floor((stsc.length - 4) / 12));
  let chunk = 1;
  for (let i = 0; i < count; i++) {
    const next = i + 1 < count ? stsc.u32(4 + 12 * (i + 1)) : Number.POSITIVE_INFINITY;
    for (; chunk < next; chunk++) yield stsc.u32(8 + 12 * i);
  }
}

function* decodingTimes(stts: FullBox, timescale: number): Generator<number> {
  const count = Math.min(stts.u32(0), Math.floor((stts.length - 4) / 8));
  let ticks = 0;
  for (let i = 0; i < count; i++) {
    const delta = stts.u32(8 + 8 * i);
    for (let left = stts.u32(4 + 8 * i); left > 0; left--, ticks += delta) {
      yield timescale === 0 ? 0 : (ticks * 1000) / timescale;
    }
  }
}
