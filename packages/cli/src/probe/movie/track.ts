import type { MovieTrackReport } from "../report.js";
import { boxAt, boxes, FullBox } from "./box.js";
import { type SampleChunk, sampleChunks } from "./sample-chunks.js";
import { readSampleEntry, type SampleEntry } from "./sample-entry.js";

const KINDS: Readonly<Record<string, string>> = {
  vide: "video",
  soun: "audio",
  subt: "subtitles",
  text: "subtitles",
  sbtl: "subtitles",
  clcp: "closed captions",
  tmcd: "time code",
  meta: "metadata",
  hint: "hints",
};

/** What the samples of a run have in common. */
interface Defaults {
  readonly duration: number;
  readonly size: number;
}

/** What the sample tables of a track add up to, those of fragments included. */
export class MovieTrack {
  readonly trackId: number;
  readonly #timescale: number;
  readonly #language: string | undefined;
  readonly #handler: string;
  readonly #entry: SampleEntry | undefined;
  readonly #table: Uint8Array;
  #defaults: Defaults = { duration: 0, size: 0 };
  #samples = 0;
  #bytes = 0;
  #ticks = 0;

  /** `trak`: the body of a trak box (ISO/IEC 14496-12 8.3). */
  constructor(trak: Uint8Array) {
    const track = new FullBox(boxAt(trak, "tkhd"));
    this.trackId = track.u32(track.version === 1 ? 16 : 8);
    const media = new FullBox(boxAt(trak, "mdia", "mdhd"));
    this.#timescale = media.u32(media.version === 1 ? 16 : 8);
    this.#language = languageOf(media.u16(media.version === 1 ? 28 : 16));
    const handler = boxAt(trak, "mdia", "hdlr")?.subarray(8, 12) ?? [];
    this.#handler = String.fromCharCode(...handler);
    const table = boxAt(trak, "mdia", "minf", "stbl") ?? new Uint8Array(0);
    this.#table = table;
    const description = boxAt(table, "stsd");
    this.#entry = description && readSampleEntry(description, this.#handler);
    this.#addTimes(new FullBox(boxAt(table, "stts")));
    this.#addSizes(new FullBox(boxAt(table, "stsz")));
    this.#addCompactSizes(new FullBox(boxAt(table, "stz2")));
  }

  /** True for captions of CEA-608 or CEA-708. */
  get hasCaptions(): boolean {
    return this.#entry?.codec === "c608" || this.#entry?.codec === "c708";
  }

  /** Where its samples are, those of fragments not included; a chunk that is longer than `maxSize` is the last. */
  chunks(maxSize: number): Generator<SampleChunk> {
    return sampleChunks(this.#table, this.#timescale, maxSize);
  }

  /** The trex box of this track. */
  extends(trex: FullBox): void {
    this.#defaults = { duration: trex.u32(8), size: trex.u32(12) };
  }

  /** A traf box of this track. */
  addFragment(traf: Uint8Array): void {
    const header = new FullBox(boxAt(traf, "tfhd"));
    let at = 4;
    const optional = (flag: number, bytes: number): number | undefined => {
      if ((header.flags & flag) === 0) return undefined;
      at += bytes;
      return header.u32(at - 4);
    };
    optional(0x01, 8);
    optional(0x02, 4);
    const duration = optional(0x08, 4) ?? this.#defaults.duration;
    const size = optional(0x10, 4) ?? this.#defaults.size;
    for (const { type, body } of boxes(traf)) {
      if (type === "trun") this.#addRun(new FullBox(body), { duration, size });
    }
  }

  report(): MovieTrackReport {
    const seconds = this.#timescale === 0 ? 0 : this.#ticks / this.#timescale;
    const kind = KINDS[this.#handler] ?? this.#handler.trim();
    const known = seconds > 0;
    return {
      trackId: this.trackId,
      kind,
      codec: this.#entry?.codec ?? "unknown",
      codecName: this.#entry?.codecName,
      format: this.#entry?.format ?? {},
      language: this.#language,
      samples: this.#samples,
      bytes: this.#bytes,
      durationMs: known ? seconds * 1000 : undefined,
      bitrate: known ? (this.#bytes * 8) / seconds : undefined,
      framesPerSecond: known && kind === "video" ? this.#samples / seconds : undefined,
    };
  }

  #addTimes(stts: FullBox): void {
    const count = Math.min(stts.u32(0), Math.floor((stts.length - 4) / 8));
    for (let i = 0; i < count; i++) this.#ticks += stts.u32(4 + 8 * i) * stts.u32(8 + 8 * i);
  }

  #addSizes(stsz: FullBox): void {
    const size = stsz.u32(0);
    const claimed = stsz.u32(4);
    const count = size > 0 ? claimed : Math.min(claimed, Math.floor((stsz.length - 8) / 4));
    this.#samples += Math.max(0, count);
    this.#bytes += size * count;
    if (size === 0) for (let i = 0; i < count; i++) this.#bytes += stsz.u32(8 + 4 * i);
  }

  #addCompactSizes(stz2: FullBox): void {
    const width = stz2.u8(3);
    if (width !== 4 && width !== 8 && width !== 16) return;
    const count = Math.min(stz2.u32(4), Math.floor(((stz2.length - 8) * 8) / width));
    for (let i = 0; i < count; i++) {
      const bit = i * width;
      const byte = stz2.u8(8 + (bit >> 3));
      this.#bytes +=
        width === 16 ? stz2.u16(8 + 2 * i) : width === 8 ? byte : (byte >> (4 - (bit & 4))) & 15;
    }
    this.#samples += Math.max(0, count);
  }

  #addRun(trun: FullBox, { duration, size }: Defaults): void {
    const has = (flag: number): boolean => (trun.flags & flag) !== 0;
    const start = 4 + (has(0x01) ? 4 : 0) + (has(0x04) ? 4 : 0);
    const fields = [0x100, 0x200, 0x400, 0x800].filter(has);
    const sampleBytes = 4 * fields.length;
    const room = sampleBytes === 0 ? trun.u32(0) : Math.floor((trun.length - start) / sampleBytes);
    const count = Math.max(0, Math.min(trun.u32(0), room));
    const sum = (flag: number): number => {
      let total = 0;
      for (let i = 0; i < count; i++) {
        total += trun.u32(start + i * sampleBytes + 4 * fields.indexOf(flag));
      }
      return total;
    };
    this.#samples += count;
    this.#ticks += has(0x100) ? sum(0x100) : count * duration;
    this.#bytes += has(0x200) ? sum(0x200) : count * size;
  }
}

/** Three letters of five bits; QuickTime's older numbers, and `und`, say nothing. */
function languageOf(packed: number): string | undefined {
  const letters = [packed >> 10, packed >> 5, packed].map((five) => (five & 31) + 0x60);
  const language = String.fromCharCode(...letters);
  return /^[a-z]{3}$/.test(language) && language !== "und" ? language : undefined;
}
