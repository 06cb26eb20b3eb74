// Parsers of elementary audio streams: two formats, one job.
import { FrameParser } from "@x/es";
import { mediaBuffer, SECOND } from "../buffer.js";
import { type Caps, caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";

interface Frame {
  readonly data: Uint8Array;
  readonly samples: number;
  readonly rate: number;
}

/** What of a frame parser counts here. */
interface FrameSource {
  push(data: Uint8Array): readonly (Frame | string)[];
  flush(): readonly (Frame | string)[];
}

function parser(name: string, what: string, output: Caps, open: () => FrameSource): ElementFactory {
  return elementFactory({
    name,
    classification: "Codec/Parser/Audio",
    description: `Cuts ${what} into frames with their times.`,
    properties: {},
    pads: [always("sink", "ANY"), always("src", output)],
    create: () => ({
      async run(context) {
        const src = context.src();
        const source = open();
        let next: bigint | undefined;
        const send = async (frames: readonly (Frame | string)[]): Promise<void> => {
          for (const frame of frames) {
            if (typeof frame === "string") {
              context.post({ type: "warning", text: frame });
              continue;
            }
            const duration = (BigInt(frame.samples) * SECOND) / BigInt(frame.rate);
            const pts = next ?? 0n;
            next = pts + duration;
            await src.buffer(mediaBuffer(frame.data.slice(), { pts, duration }));
          }
        };
        await src.caps(output);
        await forEachItem(context.sink(), {
          async buffer({ data, pts }) {
            // Several frames may come in one buffer with one time: counting goes on from the first.
            if (next === undefined || (pts !== undefined && farFrom(pts, next))) next = pts ?? next;
            await send(source.push(data));
          },
        });
        await send(source.flush());
      },
    }),
  });
}

/** More than a frame of rounding away: the stream has a gap there. */
function farFrom(a: bigint, b: bigint): boolean {
  const difference = a > b ? a - b : b - a;
  return difference > SECOND / 10n;
}

export const aacparse: ElementFactory = parser(
  "aacparse",
  "AAC in ADTS",
  caps("audio/mpeg", { mpegversion: 4, "stream-format": "adts", framed: true }),
  () => {
    const frames = new FrameParser({ format: "adts" });
    const read = (events: ReturnType<typeof frames.push>): (Frame | string)[] =>
      events.map((event) =>
        event.type === "issue"
          ? event.issue.message
          : {
              data: event.data,
              samples: event.header.samples,
              rate: event.header.samplingFrequency,
            },
      );
    return { push: (data) => read(frames.push(data)), flush: () => read(frames.flush()) };
  },
);

export const mp3parse: ElementFactory = parser(
  "mp3parse",
  "MPEG audio",
  caps("audio/mpeg", { mpegversion: 1, layer: 3, parsed: true }),
  () => {
    const frames = new FrameParser({ format: "mpeg-audio" });
    const read = (events: ReturnType<typeof frames.push>): (Frame | string)[] =>
      events.map((event) =>
        event.type === "issue"
          ? event.issue.message
          : { data: event.data, samples: event.header.samples, rate: event.header.sampleRate },
      );
    return { push: (data) => read(frames.push(data)), flush: () => read(frames.flush()) };
  },
);
