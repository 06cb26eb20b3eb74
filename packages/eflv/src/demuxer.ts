import type { FlvEvent } from "./flv-event.js";
import { type FlvDemuxerOptions, StreamReader } from "./stream-reader.js";

/**
 * Reads an FLV stream: header, tags and all that Enhanced RTMP v2 puts into them. Whatever comes, it does not throw:
 * faults are events, the good data around them are kept. All byte arrays are views, valid until the next `push`.
 */
export class FlvDemuxer {
  readonly #reader: StreamReader;
  #events: FlvEvent[] = [];

  constructor(options: FlvDemuxerOptions = {}) {
    this.#reader = new StreamReader(options, { event: (event) => this.#events.push(event) });
  }

  /**
   * Feed a chunk of any size; what it completes, in order. A tag is complete with its last byte, and a tag in front of
   * damage a few bytes later.
   * @throws {FormatError} only with `onIssue: "throw"`
   */
  push(chunk: Uint8Array): FlvEvent[] {
    this.#events = [];
    this.#reader.push(chunk);
    return this.#events;
  }

  /** End of input. The demuxer is as new afterwards. Throws as `push`. */
  flush(): FlvEvent[] {
    this.#events = [];
    this.#reader.flush();
    return this.#events;
  }

  /**
   * Go on at a tag header elsewhere in the file: the next chunk begins at `offset`. If none is there, the next one is
   * looked for, as after damage.
   * @throws {RangeError} for what is no offset
   */
  seek(offset: number): void {
    this.#reader.seek(offset);
    this.#events = [];
  }

  /** Forget everything. */
  reset(): void {
    this.#reader.reset();
    this.#events = [];
  }
}

/**
 * Presentation time in nanoseconds.
 * @param dts milliseconds, of the tag
 * @param compositionTime milliseconds, of the message
 * @param timestampOffsetNano nanoseconds, of the tag's ModEx
 */
export function presentationTimeNs(
  dts: number,
  compositionTime = 0,
  timestampOffsetNano = 0,
): bigint {
  return BigInt(dts + compositionTime) * 1_000_000n + BigInt(timestampOffsetNano);
}
