import { encodeFlvHeader, encodeTag } from "@x/eflv";
import { type MuxedTag, storedTag } from "@x/eflv/rtmp";
import { mediaBuffer } from "../buffer.js";
import type { ElementContext } from "../element.js";

/** Both kinds: what will come is not known, and the flags are hints. */
const HEADER = encodeFlvHeader({ hasAudio: true, hasVideo: true });

/** What an RTMP source has received, as FLV: one buffer a tag. */
export class FlvOutput {
  readonly #context: ElementContext;
  #begun = false;
  #discont = false;
  #last = 0;
  /** Milliseconds, past the wrap of 32 bits. */
  #time = 0;

  constructor(context: ElementContext) {
    this.#context = context;
  }

  /** Hand tags on; they are copied. Waits while the pipeline is slower. */
  async write(tags: readonly MuxedTag[]): Promise<void> {
    const src = this.#context.src();
    for (const tag of tags) {
      const stored = storedTag(tag);
      if (stored === undefined) continue;
      if (!this.#begun) {
        this.#begun = true;
        await src.buffer(mediaBuffer(HEADER));
      }
      this.#time += (stored.timestamp - this.#last) | 0;
      this.#last = stored.timestamp;
      const flags = this.#discont ? { discont: true } : {};
      this.#discont = false;
      const pts = BigInt(this.#time) * 1_000_000n;
      await src.buffer(mediaBuffer(encodeTag(stored), { pts, flags }));
    }
  }

  /** What follows comes from another server. */
  breaks(): void {
    this.#discont = true;
  }
}
