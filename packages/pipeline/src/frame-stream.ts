// What the parsers of elementary audio streams share: frames, their caps and their times.
import { mediaBuffer, SECOND } from "./buffer.js";
import { type Caps, formatCaps } from "./caps.js";
import { always, type ElementFactory, elementFactory, forEachItem, passEvents } from "./element.js";

/** What a parser finds in its input, in order. */
export type FrameItem =
  /** A stream begins, or goes on in another format. Times go on where the last one ended. */
  | { readonly type: "format"; readonly caps: Caps; readonly rate: number }
  | {
      readonly type: "frame";
      readonly data: Uint8Array;
      readonly samples: number;
      /** First sample from the begin of the stream, where the format tells it. */
      readonly position?: number;
      /** Frames in front of it are missing. */
      readonly gap?: boolean;
    }
  | { readonly type: "warning"; readonly text: string };

/** Cuts bytes into frames. */
export interface FrameSource {
  /** `timed`: the bytes came with a time. */
  push(data: Uint8Array, timed: boolean): readonly FrameItem[];
  flush(): readonly FrameItem[];
}

/** How an audio parser differs from the others. */
export interface AudioParserInit {
  readonly name: string;
  readonly description: string;
  /** What a demuxer in front may offer; a file offers anything. */
  readonly input: Caps;
  /** Everything that the parser can announce. */
  readonly output: Caps;
  /** `offered`: the caps in front of the element, `ANY` for a file. */
  open(offered: Caps): FrameSource;
}

/** A parser element: frames out of bytes, with exact times. */
export function audioParser({
  name,
  description,
  input,
  output,
  open,
}: AudioParserInit): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Parser/Audio",
    description,
    properties: {},
    pads: [always("sink", input), always("src", output)],
    create: () => ({
      async run(context) {
        const src = context.src();
        const times = new SampleTimes();
        let source: FrameSource | undefined;
        let announced = "";
        let found = false;
        const send = async (items: readonly FrameItem[]): Promise<void> => {
          for (const item of items) {
            if (item.type === "warning") {
              context.post(item);
            } else if (item.type === "format") {
              times.begin(item.rate);
              const text = formatCaps(item.caps);
              if (text !== announced) await src.caps(item.caps);
              announced = text;
            } else {
              found = true;
              const flags = item.gap === true ? { discont: true } : {};
              await src.buffer(mediaBuffer(item.data.slice(), { ...times.next(item), flags }));
            }
          }
        };
        await forEachItem(context.sink(), {
          async caps(offered) {
            await send(source?.flush() ?? []);
            source = open(offered);
          },
          async buffer({ data, pts }) {
            source ??= open("ANY");
            if (pts !== undefined) times.at(pts);
            await send(source.push(data, pts !== undefined));
          },
          otherwise: passEvents(src, () => found),
        });
        await send(source?.flush() ?? []);
        if (!found) context.post({ type: "error", text: "no frame was found" });
      },
    }),
  });
}

/** Times of frames: counted in samples, so that they do not drift, from the times of the buffers they came in. */
class SampleTimes {
  #rate = 0;
  /** Time of sample 0 of this stream; `undefined` until something tells. */
  #base: bigint | undefined;
  /** First sample behind the last frame; `undefined` before the first one. */
  #next: number | undefined;
  /** Time of a buffer that a frame has to be put at. */
  #due: bigint | undefined;

  /** A stream of `rate` samples a second begins; the times go on. */
  begin(rate: number): void {
    if (this.#next !== undefined) this.#base = this.#time(this.#next);
    this.#next = undefined;
    this.#rate = rate;
  }

  /** The next frame that begins comes out of a buffer of this time. Several frames may come with one time. */
  at(pts: bigint): void {
    const expected = this.#next === undefined ? undefined : this.#time(this.#next);
    if (expected === undefined || farFrom(pts, expected)) this.#due = pts;
  }

  next({ samples, position }: { readonly samples: number; readonly position?: number }): {
    readonly pts: bigint;
    readonly duration: bigint;
  } {
    const first = position ?? this.#next ?? 0;
    if (this.#due !== undefined) {
      this.#base = this.#due - this.#ticks(first);
      this.#due = undefined;
    }
    this.#next = first + samples;
    const pts = this.#time(first);
    return { pts, duration: this.#time(this.#next) - pts };
  }

  #time(sample: number): bigint {
    return (this.#base ?? 0n) + this.#ticks(sample);
  }

  #ticks(samples: number): bigint {
    return (BigInt(samples) * SECOND) / BigInt(this.#rate);
  }
}

/** More than rounding and reordered starts away: the stream has a gap there. */
function farFrom(a: bigint, b: bigint): boolean {
  const difference = a > b ? a - b : b - a;
  return difference > SECOND / 10n;
}
