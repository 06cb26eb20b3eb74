import { type FlvTag, type FlvTagEvent, FlvTagParser } from "@x/eflv";
import { LateJoinHeaders } from "@x/eflv/rtmp";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError, StoppedError } from "../errors.js";
import { RtmpBroadcast } from "../rtmp/broadcast.js";
import { Interruptible } from "../rtmp/interrupt.js";
import { RtmpPublication } from "../rtmp/publication.js";
import { FLV_CAPS, RTMP_PROPERTIES, rtmpSettings } from "../rtmp/settings.js";
import { waitForPts } from "../sync.js";

export const rtmpsink: ElementFactory = elementFactory({
  name: "rtmpsink",
  classification: "Sink/Network",
  description: "Publishes FLV to an RTMP server, over TCP or TLS; or serves it to players.",
  properties: {
    ...RTMP_PROPERTIES,
    mode: {
      type: "enum",
      default: "publish",
      values: ["publish", "listen"],
      description: "publish: to the server at location; listen: serve players there",
    },
    sync: { type: "boolean", default: true, description: "Send each tag at its time" },
    "wait-for-connection": {
      type: "boolean",
      default: true,
      description: "mode=listen: the stream begins with the first player",
    },
  },
  pads: [always("sink", FLV_CAPS)],
  create(properties) {
    const settings = rtmpSettings(properties);
    const { sync } = properties;
    return {
      async run(context) {
        const headers = new LateJoinHeaders();
        const failure = new Interruptible();
        const failed = (error: unknown): void => failure.interrupt(error);
        const outlet =
          properties.mode === "listen"
            ? new RtmpBroadcast(settings, context, headers, failed, {
                waitForPlayer: properties["wait-for-connection"],
                waits: !sync,
              })
            : new RtmpPublication(settings, context, headers, failed);
        const onAbort = (): void => failure.interrupt(new StoppedError());
        context.signal.addEventListener("abort", onAbort);
        const pace = new Pace(context);
        let tags = 0;
        const send = async (events: readonly FlvTagEvent[]): Promise<void> => {
          for (const event of events) {
            if (event.type === "issue") {
              context.post({ type: "warning", text: event.issue.message });
            } else if (event.type === "tag" && isCarried(event.tag, context)) {
              const role = headers.push(event.tag);
              if (sync && role !== "header") await failure.wait(pace.wait(event.tag.timestamp));
              await failure.wait(outlet.send(event.tag, role));
              tags++;
            }
          }
        };
        try {
          await failure.wait(outlet.open());
          const parser = new FlvTagParser();
          for (;;) {
            const item = await failure.wait(context.sink().pull());
            if (item.type === "buffer") await send(parser.push(item.buffer.data));
            else if (item.type === "eos") break;
          }
          await send(parser.flush());
          if (tags === 0) context.post({ type: "error", text: "there was no FLV tag to send" });
          await outlet.close();
        } catch (error) {
          if (error instanceof StoppedError || error instanceof PipelineError) throw error;
          throw new PipelineError("resource", context.name, (error as Error).message, error);
        } finally {
          context.signal.removeEventListener("abort", onAbort);
          outlet.destroy();
        }
      },
    };
  },
});

/** RTMP has no word for encryption, and no message types for tags that nobody knows. */
function isCarried({ filter, tagType }: FlvTag, context: ElementContext): boolean {
  const isKnown = tagType === 8 || tagType === 9 || tagType === 15 || tagType === 18;
  if (!filter && isKnown) return true;
  const what = filter ? "an encrypted tag" : `a tag of type ${tagType}`;
  context.post({ type: "warning", text: `RTMP does not carry ${what}` });
  return false;
}

/** Lets tags go at their times: the first at once, the others as long after it as their timestamps say. */
class Pace {
  readonly #context: ElementContext;
  #start: bigint | undefined;
  #last: number | undefined;
  /** Milliseconds since the first tag, past the wrap of 32 bits. */
  #elapsed = 0;

  constructor(context: ElementContext) {
    this.#context = context;
  }

  async wait(timestamp: number): Promise<void> {
    this.#start ??= this.#context.clock.now() - this.#context.baseTime;
    this.#elapsed += (timestamp - (this.#last ?? timestamp)) | 0;
    this.#last = timestamp;
    await waitForPts(this.#context, this.#start + BigInt(this.#elapsed) * 1_000_000n);
  }
}
