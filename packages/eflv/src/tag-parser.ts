import type { FlvIssue } from "./errors.js";
import { type FlvHeader, type FlvTag, tagAt } from "./tag.js";
import { type FlvReadOptions, TagFramer } from "./tag-framer.js";

/** What {@link FlvTagParser} delivers. */
export type FlvTagEvent =
  | { readonly type: "header"; readonly header: FlvHeader; readonly offset: number }
  | { readonly type: "tag"; readonly tag: FlvTag }
  | { readonly type: "issue"; readonly issue: FlvIssue };

/**
 * Cuts an FLV stream into tags and looks at nothing inside them: for remuxing and relaying. Framing faults are issue
 * events; after a fatal one the rest is ignored until `reset`.
 */
export class FlvTagParser {
  readonly #framer: TagFramer;
  #events: FlvTagEvent[] = [];

  constructor(options: FlvReadOptions = {}) {
    this.#framer = new TagFramer(options, {
      header: (header, offset) => this.#events.push({ type: "header", header, offset }),
      tag: (bytes, start, end, offset) =>
        this.#events.push({ type: "tag", tag: tagAt(bytes, start, end, offset) }),
      issue: (issue) => this.#events.push({ type: "issue", issue }),
    });
  }

  /**
   * Feed a chunk of any size; what it completes, in order.
   * @throws {FormatError} only with `onIssue: "throw"`
   */
  push(chunk: Uint8Array): FlvTagEvent[] {
    this.#events = [];
    this.#framer.push(chunk);
    return this.#events;
  }

  /** End of input. The parser is as new afterwards. Throws as `push`. */
  flush(): FlvTagEvent[] {
    this.#events = [];
    this.#framer.flush();
    return this.#events;
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
  }
}
