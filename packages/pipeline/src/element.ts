import type { BufferFlags, Item, MediaBuffer } from "./buffer.js";
import type { Caps } from "./caps.js";
import type { Clock } from "./clock.js";
import type { PadTemplate, SinkPad, SrcPad } from "./pad.js";
import type { PropertySpecs, PropertyValues } from "./properties.js";

/** What an element says while it runs; none of these stops the pipeline. `error`: input was cut short or unusable. */
export interface PipelineMessage {
  readonly type: "error" | "warning" | "info" | "statistics" | "timeout";
  /** Name of the element. */
  readonly element: string;
  /** One sentence. */
  readonly text: string;
  /** For programs: counters and the like. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What a running element sees of the pipeline. */
export interface ElementContext {
  /** Name in the pipeline: given by `name=`, else factory and number. */
  readonly name: string;
  /** Aborted when the pipeline is torn down after an error or a second interrupt. */
  readonly signal: AbortSignal;
  /** Aborted when sources shall send end of stream and finish. */
  readonly stopSignal: AbortSignal;
  readonly clock: Clock;
  /** The clock's time at stream time 0. */
  readonly baseTime: bigint;
  /** A sink pad by name; default `sink`. Throws a TypeError for a pad that was never made. */
  sink(name?: string): SinkPad;
  /** A source pad by name; default `src`. */
  src(name?: string): SrcPad;
  /** All sink pads in the order in which they were made. */
  readonly sinks: readonly SinkPad[];
  /** All source pads in the order in which they were made. */
  readonly srcs: readonly SrcPad[];
  /** Make a sometimes pad after `template`; it is linked to whoever waits for it, else what is pushed is dropped. */
  addSrc(name: string, template: PadTemplate, caps: Caps): SrcPad;
  post(message: Omit<PipelineMessage, "element">): void;
  /** Build a pipeline inside this element, with `elements` beside the registered ones. Its messages are passed on. */
  launch(description: string, elements: readonly ElementFactory[]): InnerPipeline;
}

/** A pipeline inside an element. */
export interface InnerPipeline {
  run(): Promise<void>;
  stop(): void;
  abort(): void;
}

/** An element at work. */
export interface Element {
  /**
   * Do the work until end of stream, then return; the runner sends `eos` on every source pad afterwards. Errors
   * thrown here stop the pipeline with the element's name. Files and sockets are closed in `finally`.
   */
  run(context: ElementContext): Promise<void>;
  /** A clock that comes with the element: the pipeline runs on the first one, unless the application gave it another. */
  readonly clock?: Clock;
  /** The element takes `patch` items: what was written can be written over. */
  readonly seekable?: boolean;
  /**
   * What the element accepts on a sink pad, given what its source pads' peers accept. Without it the pad template's
   * caps count. Elements that pass data through ask further.
   */
  acceptedCaps?(srcs: readonly SrcPad[]): Caps;
}

/** A kind of element: one row of the registry, one file in `elements/`. */
export interface ElementFactory<Specs extends PropertySpecs = PropertySpecs> {
  /** GStreamer's name. */
  readonly name: string;
  /** `Source/Network`, `Codec/Parser/ClosedCaption`… */
  readonly classification: string;
  /** One sentence. */
  readonly description: string;
  readonly properties: Specs;
  readonly pads: readonly PadTemplate[];
  create(properties: PropertyValues<Specs>): Element;
}

/** Keeps the property types while the factory goes into a table of all. */
export function elementFactory<const Specs extends PropertySpecs>(
  factory: ElementFactory<Specs>,
): ElementFactory {
  return factory as unknown as ElementFactory;
}

/** An always pad. */
export function always(direction: "sink" | "src", caps: Caps): PadTemplate {
  return { name: direction, direction, presence: "always", caps };
}

/** What to do with the items of a stream; an item without a handler goes to `otherwise`, or is dropped. */
export interface ItemHandlers {
  caps?(caps: Caps): Promise<void> | void;
  buffer(buffer: MediaBuffer): Promise<void> | void;
  otherwise?(item: Item): Promise<void> | void;
}

/** Pull from `pad` until the end of the stream, which is not handed to anybody. */
export async function forEachItem(pad: SinkPad, handlers: ItemHandlers): Promise<void> {
  for (;;) {
    const item = await pad.pull();
    if (item.type === "eos") return;
    if (item.type === "buffer") await handlers.buffer(item.buffer);
    else if (item.type === "caps" && handlers.caps !== undefined) await handlers.caps(item.caps);
    else await handlers.otherwise?.(item);
  }
}

/**
 * Hands tags and gaps on: what is said of a stream stays true of another form of it, and silence stays silence.
 * @param begun the new form was announced: before that there is nothing that could have gaps
 */
export function passEvents(
  src: SrcPad,
  begun: () => boolean,
): NonNullable<ItemHandlers["otherwise"]> {
  return (item) =>
    item.type === "tags" || (item.type === "gap" && begun()) ? src.push(item) : undefined;
}

/** `flags` with the discontinuity of `buffer` kept. */
export function withDiscont(buffer: MediaBuffer, flags: BufferFlags = {}): BufferFlags {
  return buffer.flags.discont === true ? { ...flags, discont: true } : flags;
}
