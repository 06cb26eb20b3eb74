import { RtspClient, type RtspClientError, type RtspEvent } from "@x/rtsp";
import { parse as parseSdp } from "sdp-transform";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Caps, type CapsValue, caps } from "../caps.js";
import { type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { LiveQueue } from "../live-queue.js";
import type { PadTemplate, SrcPad } from "../pad.js";
import { RtspSession } from "../rtsp-session.js";

const STREAM: PadTemplate = {
  name: "stream_%u",
  direction: "src",
  presence: "sometimes",
  caps: caps("application/x-rtp"),
};

export const rtspsrc: ElementFactory = elementFactory({
  name: "rtspsrc",
  classification: "Source/Network",
  description: "Plays from an RTSP server, over TCP or UDP, whatever control URIs it wants.",
  properties: {
    location: { type: "string", default: undefined, description: "rtsp:// URL" },
    protocols: {
      type: "enum",
      default: "auto",
      values: ["auto", "udp", "tcp"],
      description: "Lower transports to try; auto: what the URL allows, UDP before TCP",
    },
    "force-non-compliant-url": {
      type: "boolean",
      default: false,
      description: "Begin with control URIs made by concatenation",
    },
    "user-id": { type: "string", default: undefined, description: "User name" },
    "user-pw": { type: "string", default: undefined, description: "Password" },
    "user-agent": { type: "string", default: "@x/rtsp", description: "User-Agent header" },
  },
  pads: [STREAM],
  create(properties) {
    const { location, protocols } = properties;
    if (location === undefined) throw new TypeError("property location is not set");
    const client = new RtspClient(location, {
      prefer: properties["force-non-compliant-url"] ? "concat" : "rfc",
      userAgent: properties["user-agent"],
      ...(protocols === "auto" ? {} : { transports: [protocols] }),
      ...(properties["user-id"] === undefined
        ? {}
        : {
            credentials: {
              username: properties["user-id"],
              password: properties["user-pw"] ?? "",
            },
          }),
    });
    return {
      async run(context) {
        const streams = new Streams(context);
        const session = new RtspSession(client, streams);
        const sending = streams.send();
        // It fails when the pipeline is torn down; that is seen below, after TEARDOWN.
        sending.catch(() => {});
        try {
          await session.run(context.stopSignal);
        } catch (error) {
          const { message } = error as RtspClientError;
          throw new PipelineError("resource", context.name, message, error);
        } finally {
          streams.end();
        }
        await sending;
        streams.postStatistics();
      },
    };
  },
});

interface Received {
  readonly media: number;
  readonly buffer: MediaBuffer;
}

/** The media of a session as source pads. */
class Streams {
  readonly #context: ElementContext;
  readonly #pads = new Map<number, SrcPad>();
  readonly #received = new LiveQueue<Received>();
  #formats: readonly Caps[] = [];

  constructor(context: ElementContext) {
    this.#context = context;
  }

  onEvent(event: RtspEvent): void {
    switch (event.type) {
      case "described":
        this.#formats = formatsOf(event.sdp);
        break;
      case "setup": {
        const format = this.#formats[event.media] ?? STREAM.caps;
        const pad = this.#context.addSrc(`stream_${event.media}`, STREAM, format);
        this.#pads.set(event.media, pad);
        this.#context.post({
          type: "info",
          text: `stream ${event.media} over ${event.lowerTransport} from ${event.uri}`,
          details: { media: event.media, rule: event.rule, transport: event.lowerTransport },
        });
        break;
      }
      case "issue":
        this.#context.post({ type: "warning", text: event.issue.message });
        break;
      case "playing":
        this.#context.post({ type: "info", text: "playing", details: { range: event.range } });
        break;
    }
  }

  onRtp(media: number, packet: Uint8Array): void {
    const arrival = this.#context.clock.now();
    const pts = arrival - this.#context.baseTime;
    const buffer = mediaBuffer(packet.slice(), { pts, meta: { arrival } });
    this.#received.push({ media, buffer });
  }

  /** Hand on what arrives, until the end. */
  async send(): Promise<void> {
    const announced = new Set<number>();
    for (;;) {
      const item = await this.#received.next();
      if (item === undefined) return;
      const { media, buffer } = item;
      const pad = this.#pads.get(media);
      if (pad === undefined) continue;
      if (!announced.has(media)) {
        announced.add(media);
        await pad.caps(this.#formats[media] ?? STREAM.caps);
      }
      await pad.buffer(buffer);
    }
  }

  end(): void {
    this.#received.end();
  }

  postStatistics(): void {
    const { dropped } = this.#received;
    if (dropped === 0) return;
    const text = `${dropped} packets were dropped: the pipeline was too slow`;
    this.#context.post({ type: "statistics", text, details: { dropped } });
  }
}

/** What each medium carries, in GStreamer's caps, from its first payload type. */
function formatsOf(sdp: Uint8Array): Caps[] {
  const { media } = parseSdp(new TextDecoder().decode(sdp));
  return media.map(({ type, rtp, fmtp }) => {
    const [map] = rtp;
    const fields: Record<string, CapsValue> = { media: type };
    if (map === undefined) return caps("application/x-rtp", fields);
    fields.payload = map.payload;
    fields["encoding-name"] = map.codec.toUpperCase();
    if (map.rate !== undefined) fields["clock-rate"] = map.rate;
    const parameters = fmtp.find(({ payload }) => payload === map.payload)?.config ?? "";
    for (const part of parameters.split(";")) {
      const [name = "", ...value] = part.trim().split("=");
      if (/^[\w-]+$/.test(name)) fields[name.toLowerCase()] = value.join("=");
    }
    return caps("application/x-rtp", fields);
  });
}
