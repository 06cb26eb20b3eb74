import { type Item, SECOND } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";

export const queue: ElementFactory = elementFactory({
  name: "queue",
  classification: "Generic",
  description: "Holds data between a source and a slower sink; full, it waits or leaks.",
  properties: {
    "max-size-buffers": {
      type: "integer",
      default: 200,
      min: 0,
      max: 0xffffffff,
      description: "Buffers that it holds at most; 0: no limit by count",
    },
    "max-size-bytes": {
      type: "integer",
      default: 10_485_760,
      min: 0,
      max: 0xffffffff,
      description: "Bytes that it holds at most; 0: no limit by size",
    },
    "max-size-time": {
      type: "nanoseconds",
      default: 1_000_000_000n,
      description: "Time between its oldest and newest buffer at most; 0: no limit by time",
    },
    leaky: {
      type: "enum",
      default: "no",
      values: ["no", "upstream", "downstream"],
      description: "What to drop when full: nothing, new buffers, or old ones",
    },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create: (properties) => ({
    acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
    async run(context) {
      const held = new HeldItems(
        properties["max-size-buffers"],
        properties["max-size-bytes"],
        properties["max-size-time"],
      );
      const sink = context.sink();
      const src = context.src();
      let dropped = 0;
      let wake: (() => void) | undefined;
      const changed = (): void => {
        wake?.();
        wake = undefined;
      };
      const change = (): Promise<void> =>
        new Promise((resolve) => {
          wake = resolve;
        });
      let failure: unknown;
      const fill = async (): Promise<void> => {
        for (;;) {
          const item = await sink.pull();
          if (item.type === "buffer" && held.full) {
            if (properties.leaky === "upstream") {
              dropped++;
              continue;
            }
            if (properties.leaky === "downstream") {
              while (held.full && held.dropOldest()) dropped++;
            }
            while (properties.leaky === "no" && held.full && failure === undefined) await change();
          }
          held.push(item);
          changed();
          if (item.type === "eos" || failure !== undefined) return;
        }
      };
      const empty = async (): Promise<void> => {
        for (;;) {
          const item = held.shift();
          if (item === undefined) {
            if (failure !== undefined) return;
            await change();
            continue;
          }
          changed();
          if (item.type === "eos") return;
          await src.push(item);
        }
      };
      // Whichever side fails must wake the other, or it would wait for ever.
      const guarded = async (side: Promise<void>): Promise<void> => {
        try {
          await side;
        } catch (error) {
          failure ??= error;
          changed();
        }
      };
      await Promise.all([guarded(fill()), guarded(empty())]);
      if (failure !== undefined) throw failure;
      if (dropped > 0) {
        context.post({
          type: "statistics",
          text: `${dropped} buffers were dropped`,
          details: { dropped },
        });
      }
    },
  }),
});

/** Items in order, with what of them counts towards the limits. */
class HeldItems {
  readonly #maxBuffers: number;
  readonly #maxBytes: number;
  readonly #maxTime: bigint;
  #items: HeldItem[] = [];
  /** Of the newest buffer that has a time. */
  #newest: Place | undefined;
  #buffers = 0;
  #bytes = 0;

  constructor(maxBuffers: number, maxBytes: number, maxTime: bigint) {
    this.#maxBuffers = maxBuffers;
    this.#maxBytes = maxBytes;
    this.#maxTime = maxTime;
  }

  get full(): boolean {
    return (
      (this.#maxBuffers > 0 && this.#buffers >= this.#maxBuffers) ||
      (this.#maxBytes > 0 && this.#bytes >= this.#maxBytes) ||
      (this.#maxTime > 0n && this.#time() >= this.#maxTime)
    );
  }

  push(item: Item): void {
    const at = item.type === "buffer" ? this.#place(item.buffer.pts) : undefined;
    this.#items.push({ item, at });
    if (item.type !== "buffer") return;
    this.#buffers++;
    this.#bytes += item.buffer.data.length;
  }

  shift(): Item | undefined {
    const item = this.#items.shift()?.item;
    if (item?.type === "buffer") {
      this.#buffers--;
      this.#bytes -= item.buffer.data.length;
    }
    return item;
  }

  /** Drop the oldest buffer; caps and events stay. False when there is none. */
  dropOldest(): boolean {
    const index = this.#items.findIndex(({ item }) => item.type === "buffer");
    if (index < 0) return false;
    const item = this.#items.splice(index, 1)[0]?.item;
    if (item?.type === "buffer") {
      this.#buffers--;
      this.#bytes -= item.buffer.data.length;
    }
    return true;
  }

  /** A buffer's time, and where it lies when a jump takes none: it is not so much data. */
  #place(time: bigint | undefined): Place | undefined {
    if (time === undefined) return undefined;
    const last = this.#newest;
    const step = last === undefined ? 0n : time - last.time;
    const jumped = step > LONGEST_STEP || step < -LONGEST_STEP;
    this.#newest = { time, position: (last?.position ?? 0n) + (jumped ? 0n : step) };
    return this.#newest;
  }

  #time(): bigint {
    const first = this.#items.find(({ item }) => item.type === "buffer")?.at;
    return first === undefined ? 0n : (this.#newest as Place).position - first.position;
  }
}

/** A buffer's time, and where it lies. */
interface Place {
  readonly time: bigint;
  readonly position: bigint;
}

interface HeldItem {
  readonly item: Item;
  /** Of a buffer that has a time. */
  readonly at: Place | undefined;
}

/** A greater step from buffer to buffer is a jump or a pause, in which nothing came. */
const LONGEST_STEP = SECOND;
