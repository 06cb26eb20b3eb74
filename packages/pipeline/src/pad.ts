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
  /** Where the numbers of `%u` begin on request without one. Default 0. */
  readonly firstNumber?: number;
}

/**
 * Pushes after which a link gives the event loop a turn: promises alone would starve timers, sockets and signals in a
 * pipeline that never waits for any of them.
 */
const TURN = 256;
const DONE: Promise<void> = Promise.resolve();

/**
 * A link: a bounded first-in first-out queue between a source pad and a sink pad. A full link makes the pusher wait,
 * so that a slow sink slows the source.
 */
export class Link {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  #head = 0;
  #stopped = false;
  #pushed = 0;
  #waiting: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Somebody waits for an item. */
  get starves(): boolean {
    return this.length === 0 && this.#waiting.length > 0;
  }

  /** The next push waits. */
  get full(): boolean {
    return this.length >= this.#capacity;
  }

  /** Put `item` in; waits while the link is full, and now and then for the event loop. */
  push(item: Item): Promise<void> {
    if (this.#stopped || this.full) return this.#pushLater(item);
    this.#items.push(item);
    this.#wake();
    if (++this.#pushed % TURN !== 0) return DONE;
    return new Promise((resolve) => setImmediate(resolve));
  }

  async peek(): Promise<Item> {
    while (!this.#stopped && this.length === 0) await this.#change();
    if (this.#stopped) throw new StoppedError();
    return this.#items[this.#head] as Item;
  }

  /** The next item, `undefined` when one has to wait for it. */
  take(): Item | undefined {
    if (this.#stopped || this.length === 0) return undefined;
    const item = this.#items[this.#head] as Item;
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

  async #pushLater(item: Item): Promise<void> {
    while (!this.#stopped && this.full) await this.#change();
    if (this.#stopped) throw new StoppedError();
    await this.push(item);
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
    const link = this.#link as Link;
    let item = link.take();
    while (item === undefined) {
      await link.peek();
      item = link.take();
    }
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
  #peerSeekable = false;
  #ended = false;

  constructor(name: string, template: PadTemplate) {
    this.name = name;
    this.template = template;
  }

  get linked(): boolean {
    return this.#link !== undefined;
  }

  attach(link: Link, peerCaps: () => Caps, peerSeekable: boolean): void {
    this.#link = link;
    this.#peerCaps = peerCaps;
    this.#peerSeekable = peerSeekable;
  }

  /** The element right behind this pad takes `patch` items. */
  get peerSeekable(): boolean {
    return this.#peerSeekable;
  }

  /** What the elements behind this pad accept; `ANY` without a peer. */
  peerCaps(): Caps {
    return this.#peerCaps?.() ?? "ANY";
  }

  /** Hand over an item; waits while the link is full. A pad without a peer drops it. */
  push(item: Item): Promise<void> {
    if (this.#ended) return DONE;
    if (item.type === "eos") this.#ended = true;
    return this.#link?.push(item) ?? DONE;
  }

  /** Announce the format of what follows. */
  caps(caps: Caps): Promise<void> {
    return this.push({ type: "caps", caps });
  }

  /** Hand over a piece of the stream. */
  buffer(buffer: MediaBuffer): Promise<void> {
    return this.push({ type: "buffer", buffer });
  }

  /** End the stream; what is pushed afterwards is dropped. */
  eos(): Promise<void> {
    return this.push({ type: "eos" });
  }
}
