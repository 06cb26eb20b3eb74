import type { Item, MediaBuffer } from "./buffer.js";
import type { Caps } from "./caps.js";
import { StoppedError } from "./errors.js";

/** How a pad of an element comes to be, as in GStreamer. */
export interface PadTemplate {
  /** `sink`, `src`, or a pattern with `%u` or `%02x`-like parts for request and sometimes pads. */
  readonly name: string;
  readonly direction: "sink" | "src";
  readonly presence: "always" | "request" | "sometimes";
  readonly caps: Caps;
}

/**
 * A link: a bounded first-in first-out queue between a source pad and a sink pad. A full link makes the pusher wait,
 * so that a slow sink slows the source.
 */
export class Link {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  #head = 0;
  #stopped = false;
  #waiting: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  async push(item: Item): Promise<void> {
    while (!this.#stopped && this.length >= this.#capacity) await this.#change();
    if (this.#stopped) throw new StoppedError();
    this.#items.push(item);
    this.#wake();
  }

  async peek(): Promise<Item> {
    while (!this.#stopped && this.length === 0) await this.#change();
    if (this.#stopped) throw new StoppedError();
    return this.#items[this.#head] as Item;
  }

  async pull(): Promise<Item> {
    const item = await this.peek();
    // End of stream stays: every later pull gets it again.
    if (item.type === "eos") return item;
    this.#head++;
    if (this.#head === this.#items.length || this.#head === 1024) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#wake();
    return item;
  }

  /** Make everybody who waits, now or later, give up. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Where an element gets its input. */
export class SinkPad {
  readonly name: string;
  readonly template: PadTemplate;
  #link: Link | undefined;
  #caps: Caps = "ANY";

  constructor(name: string, template: PadTemplate) {
    this.name = name;
    this.template = template;
  }

  /** The link that feeds this pad, if any. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** Caps of what was pulled last; `ANY` before the first caps item. */
  get caps(): Caps {
    return this.#caps;
  }

  attach(link: Link): void {
    this.#link = link;
  }

  /** The next item; after the end of the stream always `eos`. Waits while there is none. */
  async pull(): Promise<Item> {
    const item = await (this.#link as Link).pull();
    if (item.type === "caps") this.#caps = item.caps;
    return item;
  }

  /** What the next {@link pull} will return. */
  async peek(): Promise<Item> {
    return (this.#link as Link).peek();
  }
}

/** Where an element puts its output. */
export class SrcPad {
  readonly name: string;
  readonly template: PadTemplate;
  #link: Link | undefined;
  #peerCaps: (() => Caps) | undefined;
  #ended = false;

  constructor(name: string, template: PadTemplate) {
    this.name = name;
    this.template = template;
  }

  get linked(): boolean {
    return this.#link !== undefined;
  }

  attach(link: Link, peerCaps: () => Caps): void {
    this.#link = link;
    this.#peerCaps = peerCaps;
  }

  /** What the elements behind this pad accept; `ANY` without a peer. */
  peerCaps(): Caps {
    return this.#peerCaps?.() ?? "ANY";
  }

  /** Hand over an item; waits while the link is full. A pad without a peer drops it. */
  async push(item: Item): Promise<void> {
    if (this.#ended) return;
    if (item.type === "eos") this.#ended = true;
    if (this.#link !== undefined) await this.#link.push(item);
  }

  /** Announce the format of what follows. */
  async caps(caps: Caps): Promise<void> {
    await this.push({ type: "caps", caps });
  }

  async buffer(buffer: MediaBuffer): Promise<void> {
    await this.push({ type: "buffer", buffer });
  }

  async eos(): Promise<void> {
    await this.push({ type: "eos" });
  }
}
