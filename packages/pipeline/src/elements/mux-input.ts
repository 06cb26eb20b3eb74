import { encodeLanguageDescriptor, type MuxStream, streamKindInfo, type TsMuxer } from "@x/mpegts";
import type { Item, MediaBuffer } from "../buffer.js";
import { formatCaps } from "../caps.js";
import type { ElementContext } from "../element.js";
import { threeLetterLanguage } from "../language-code.js";
import type { SinkPad } from "../pad.js";
import { AUDIO_TYPE_TAG, type MuxFormat, ticks } from "./ts-stream.js";
import { muxFormat } from "./ts-stream-formats.js";

const NOTHING = new Uint8Array(0);

/** A pad of mpegtsmux: what its stream is, and its units. */
export class MuxInput {
  readonly name: string;
  readonly pid: number;
  readonly programNumber: number;
  readonly #context: ElementContext;
  readonly #sink: SinkPad;
  #format: MuxFormat | undefined;
  /** Caps that the format was made of. */
  #known = "";
  #tags: Readonly<Record<string, string>> = {};
  /** The stream as it was when it was identified last. */
  #described = "";
  /** Caps or tags came that are not in the programme map yet. */
  #stale = true;
  #timed = false;
  #untimed = 0;

  constructor(context: ElementContext, sink: SinkPad, programNumber: number) {
    this.name = sink.name;
    this.pid = Number(sink.name.replace("sink_", ""));
    this.programNumber = programNumber;
    this.#context = context;
    this.#sink = sink;
  }

  /** The stream in a programme map; `undefined` when nothing came of it. */
  get stream(): MuxStream | undefined {
    if (this.#format === undefined) return undefined;
    const { kind, descriptors = [] } = this.#format;
    return { pid: this.pid, kind, descriptors: [...descriptors, ...this.#language()] };
  }

  /** Units come now and then only. */
  get sparse(): boolean {
    return this.#format === undefined || streamKindInfo(this.#format.kind).category === "data";
  }

  /** Read what describes the stream, up to its first unit. */
  async begin(): Promise<void> {
    for (;;) {
      const item = await this.#sink.peek();
      if (item.type === "caps" || item.type === "tags") this.describe(await this.#sink.pull());
      else if (item.type === "eos") return;
      else return void this.identify(item.type === "buffer" ? item.buffer.data : undefined);
    }
  }

  /** Take caps or tags; what they change is seen with the next unit. */
  describe(item: Item): void {
    if (item.type === "tags") this.#tags = { ...this.#tags, ...item.tags };
    this.#stale = true;
  }

  /**
   * Find out what the stream is, from caps and the next unit.
   * @returns whether that is something else than before
   */
  identify(unit: Uint8Array | undefined): boolean {
    if (!this.#stale) return false;
    const text = formatCaps(this.#sink.caps);
    if (text !== this.#known || this.#format === undefined) {
      this.#format = muxFormat(this.#sink.caps, unit, this.#context.name);
    }
    // Without a unit only the caps have told: the first one may tell more.
    this.#known = unit === undefined ? "" : text;
    this.#stale = unit === undefined;
    const before = this.#described;
    this.#described = JSON.stringify(this.stream);
    return this.#described !== before;
  }

  /** Multiplex a buffer. `startTime`: added to its times. */
  unit({ data, pts, dts, flags }: MediaBuffer, muxer: TsMuxer, startTime: bigint): Uint8Array {
    this.#timed ||= pts !== undefined;
    if (!this.#timed) {
      if (this.#untimed++ === 0) {
        const text = `${this.name}: buffers in front of the first one with a time are dropped`;
        this.#context.post({ type: "warning", text });
      }
      return NOTHING;
    }
    try {
      return muxer.push({
        pid: this.pid,
        data: this.#format?.wrap?.(data) ?? data,
        ...(pts === undefined ? {} : { pts: ticks(pts + startTime) }),
        ...(pts === undefined || dts === undefined ? {} : { dts: ticks(dts + startTime) }),
        randomAccess: flags.deltaUnit !== true,
        discontinuity: flags.discont === true,
        // A piece without a time goes on where the one before it ended.
        dataAlignment: pts !== undefined,
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const text = `${this.name}: a buffer is dropped: ${error.message}`;
      this.#context.post({ type: "warning", text });
      return NOTHING;
    }
  }

  #language(): NonNullable<MuxStream["descriptors"]> {
    const code = this.#tags["language-code"];
    if (code === undefined) return [];
    const iso639LanguageCode = threeLetterLanguage(code);
    if (iso639LanguageCode === undefined) return [];
    const audioType = Number(this.#tags[AUDIO_TYPE_TAG] ?? 0);
    return [encodeLanguageDescriptor([{ iso639LanguageCode, audioType }])];
  }
}
