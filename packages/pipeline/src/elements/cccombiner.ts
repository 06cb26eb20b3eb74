import { type BufferMeta, type Item, type MediaBuffer, mediaBuffer } from "../buffer.js";
import { captionFormatOf } from "../caption-formats.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { captionsWithoutFormat } from "./caption-input.js";
import { anyOf, CC_DATA_CAPS, CDP_CAPS, RAW_608_CAPS, S334_1A_CAPS } from "./formats.js";

export const cccombiner: ElementFactory = elementFactory({
  name: "cccombiner",
  classification: "Filter",
  description: "Puts captions onto the pictures that they belong to, by time.",
  properties: {},
  pads: [
    always("sink", "ANY"),
    {
      name: "caption",
      direction: "sink",
      presence: "request",
      caps: anyOf(CC_DATA_CAPS, CDP_CAPS, S334_1A_CAPS, RAW_608_CAPS),
    },
    always("src", "ANY"),
  ],
  create: () => ({
    async run(context) {
      const src = context.src();
      const video = context.sink();
      const [caption] = context.sinks.filter((pad) => pad !== video);
      let held: MediaBuffer | undefined;
      /** Captions before `end`, which is when the picture that they belong to is over. */
      const captionsBefore = async (end: bigint | undefined): Promise<BufferMeta["captions"]> => {
        if (caption === undefined) return undefined;
        const captions: { format: ReturnType<typeof captionFormatOf>; data: Uint8Array }[] = [];
        for (;;) {
          const item = await caption.peek();
          if (item.type === "eos" || startsAtOrAfter(item, end)) return captions;
          await caption.pull();
          if (item.type !== "buffer") continue;
          if (caption.caps === "ANY") throw captionsWithoutFormat(context.name);
          captions.push({ format: captionFormatOf(caption.caps), data: item.buffer.data });
        }
      };
      // A picture without a duration ends where the next one begins, so one is held back.
      const send = async (next: bigint | undefined): Promise<void> => {
        if (held === undefined) return;
        const { pts, duration } = held;
        const end = pts !== undefined && duration !== undefined ? pts + duration : next;
        const captions = await captionsBefore(end);
        const meta = captions === undefined ? held.meta : { ...held.meta, captions };
        await src.buffer(mediaBuffer(held.data, { ...held, meta }));
        held = undefined;
      };
      for (;;) {
        const item = await video.pull();
        if (item.type === "buffer") {
          await send(item.buffer.pts);
          held = item.buffer;
          if (held.duration !== undefined) await send(undefined);
        } else {
          await send(undefined);
          if (item.type === "eos") return;
          await src.push(item);
        }
      }
    },
  }),
});

/** Captions without a time go with the picture that is there. */
function startsAtOrAfter(item: Item, end: bigint | undefined): boolean {
  if (end === undefined) return false;
  const pts = item.type === "buffer" ? item.buffer.pts : item.type === "gap" ? item.pts : undefined;
  return pts !== undefined && pts >= end;
}
