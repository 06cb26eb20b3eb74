import type { AmfValue } from "../amf-value.js";
import type { MuxedTag } from "../muxer.js";
import { propertiesOf } from "../script.js";
import { textOf } from "../video.js";
import { decodeCapabilities, encodeCapabilities, type RtmpCapabilities } from "./capabilities.js";
import { MESSAGE_TYPE, type RtmpIssue } from "./chunk.js";
import { type LinkOptions, type RtmpCommand, RtmpLink } from "./link.js";

/** What {@link RtmpServerSession} reports. */
export type RtmpServerEvent =
  /** Bytes for the socket. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** A client connected, and what it says of itself. It is accepted already, see `refuseConnect`. */
  | {
      readonly type: "connect";
      readonly app: string;
      readonly tcUrl: string;
      readonly capabilities: RtmpCapabilities;
    }
  /** The client wants to publish or play: answer with `accept` or `reject`. */
  | {
      readonly type: "publish" | "play";
      readonly streamName: string;
      readonly streamId: number;
    }
  /** Published. Its data are valid until the next `push`. */
  | { readonly type: "tag"; readonly tag: MuxedTag; readonly streamId: number }
  /** The client ended its stream. */
  | { readonly type: "end"; readonly streamId: number }
  | { readonly type: "issue"; readonly issue: RtmpIssue };

/** Options of {@link RtmpServerSession}. */
export interface RtmpServerOptions extends LinkOptions {
  /** Announced in the answer to `connect`. Default: all codecs forwarded, multitrack and reconnect understood. */
  readonly capabilities?: RtmpCapabilities;
  /** Whether a client may connect: a description refuses it. Default: everybody may. */
  readonly refuseConnect?: (app: string, tcUrl: string) => string | undefined;
  /** Window Acknowledgement Size in bytes. Default 2500000. */
  readonly windowAckSize?: number;
}

const DEFAULT_CAPABILITIES: RtmpCapabilities = {
  fourCcList: ["*"],
  videoFourCcInfoMap: { "*": 4 },
  audioFourCcInfoMap: { "*": 4 },
  capsEx: 0x0f,
};

/** What a client has asked for on a stream. */
interface Asked {
  readonly role: "publish" | "play";
  readonly streamName: string;
  /** The client deleted the stream before it was answered. */
  isWithdrawn: boolean;
}

/** Streams that one connection may create. */
const MAX_STREAMS = 256;

/**
 * The server's side of an RTMP connection without its socket: feed it what comes, send what it says. It lets clients
 * connect and create streams; the caller decides who publishes and plays what.
 */
export class RtmpServerSession {
  readonly #options: RtmpServerOptions;
  readonly #link: RtmpLink;
  readonly #accepted = new Map<number, Asked>();
  /** Asked for, and not answered yet: one `push` may bring several. */
  readonly #pending = new Map<number, Asked[]>();
  #events: RtmpServerEvent[] = [];
  #streams = 0;

  constructor(options: RtmpServerOptions = {}) {
    this.#options = options;
    this.#link = new RtmpLink("server", options, {
      ready: () => undefined,
      streamEof: () => undefined,
      command: (command) => this.#command(command),
      media: (tag, streamId) => {
        // A hasty client sends before it was accepted: its event came first, so the caller can tell.
        const waiting = this.#pending.get(streamId)?.find(({ isWithdrawn }) => !isWithdrawn);
        const asked = this.#accepted.get(streamId) ?? waiting;
        if (asked?.role === "publish") this.#events.push({ type: "tag", tag, streamId });
      },
      issue: (issue) => this.#events.push({ type: "issue", issue }),
    });
  }

  /** Feed bytes of the client; what they mean, in order. */
  push(chunk: Uint8Array): RtmpServerEvent[] {
    this.#events = [];
    this.#link.push(chunk);
    const bytes = this.#link.take();
    if (bytes.length > 0) this.#events.push({ type: "send", bytes });
    return this.#events;
  }

  /**
   * Let a client publish or play.
   * @returns bytes for the socket; none when the client has given the stream up meanwhile, and its `end` follows
   * @throws {Error} when it did not ask
   */
  accept(streamId: number): Uint8Array<ArrayBuffer> {
    const asked = this.#asked(streamId);
    const { role, streamName, isWithdrawn } = asked;
    if (isWithdrawn) return this.#link.take();
    this.#accepted.set(streamId, asked);
    this.#link.streamBegin(streamId);
    if (role === "publish") {
      this.#status(streamId, "status", "NetStream.Publish.Start", `${streamName} is published`);
    } else {
      this.#status(streamId, "status", "NetStream.Play.Reset", `${streamName} is reset`);
      this.#status(streamId, "status", "NetStream.Play.Start", `${streamName} is played`);
    }
    return this.#link.take();
  }

  /**
   * Refuse a client, with the code that says so.
   * @returns bytes for the socket; none when the client has given the stream up meanwhile
   * @throws {Error} when it did not ask
   */
  reject(streamId: number, description: string): Uint8Array<ArrayBuffer> {
    const { role, isWithdrawn } = this.#asked(streamId);
    if (isWithdrawn) return this.#link.take();
    const code = role === "publish" ? "NetStream.Publish.BadName" : "NetStream.Play.StreamNotFound";
    this.#status(streamId, "error", code, description);
    return this.#link.take();
  }

  /**
   * The bytes of tags for a client that plays.
   * @throws {Error} unless it plays
   */
  write(streamId: number, tags: readonly MuxedTag[]): Uint8Array<ArrayBuffer> {
    this.#mustPlay(streamId);
    for (const tag of tags) this.#link.tag(streamId, tag, false);
    return this.#link.take();
  }

  /**
   * The bytes that tell a client that what it plays is over.
   * @throws {Error} unless it plays
   */
  endPlay(streamId: number): Uint8Array<ArrayBuffer> {
    this.#mustPlay(streamId);
    this.#accepted.delete(streamId);
    this.#link.streamEof(streamId);
    this.#status(streamId, "status", "NetStream.Play.Stop", "the stream is over");
    return this.#link.take();
  }

  /** Ask the client to go to another server; only clients with capsEx bit 1 understand. */
  requestReconnect(tcUrl?: string, description = ""): Uint8Array<ArrayBuffer> {
    const members = new Map<string, AmfValue>([
      ["level", "status"],
      ["code", "NetConnection.Connect.ReconnectRequest"],
      ["description", description],
    ]);
    if (tcUrl !== undefined) members.set("tcUrl", tcUrl);
    this.#link.command(0, "onStatus", 0, null, { type: "object", properties: members });
    return this.#link.take();
  }

  #mustPlay(streamId: number): void {
    if (this.#accepted.get(streamId)?.role !== "play") {
      throw new Error(`stream ${streamId} does not play`);
    }
  }

  #asked(streamId: number): Asked {
    const waiting = this.#pending.get(streamId);
    const asked = waiting?.shift();
    if (asked === undefined) throw new Error(`stream ${streamId} asks for nothing`);
    if (waiting?.length === 0) this.#pending.delete(streamId);
    return asked;
  }

  #command({ name, transactionId, object, args, streamId }: RtmpCommand): void {
    switch (name) {
      case "connect":
        this.#connect(transactionId, object);
        return;
      case "createStream":
        if (this.#streams >= MAX_STREAMS)
          this.#link.command(0, "_error", transactionId, null, null);
        else this.#link.command(0, "_result", transactionId, null, ++this.#streams);
        return;
      case "publish":
      case "play": {
        const streamName = textOf(args[0]) ?? "";
        const waiting = this.#pending.get(streamId) ?? [];
        waiting.push({ role: name, streamName, isWithdrawn: false });
        this.#pending.set(streamId, waiting);
        this.#events.push({ type: name, streamName, streamId });
        return;
      }
      case "deleteStream":
      case "closeStream": {
        const id = typeof args[0] === "number" ? args[0] : this.#named(args[0], streamId);
        const waiting = this.#pending.get(id) ?? [];
        for (const asked of waiting) asked.isWithdrawn = true;
        if (this.#accepted.delete(id) || waiting.length > 0) {
          this.#events.push({ type: "end", streamId: id });
        }
        return;
      }
      case "FCPublish":
        this.#link.command(0, "onFCPublish", 0, null);
        if (transactionId !== 0) this.#link.command(0, "_result", transactionId, null, undefined);
        return;
      case "_result":
      case "_error":
      case "onStatus":
        return;
      default:
        if (transactionId !== 0) this.#link.command(0, "_result", transactionId, null, undefined);
    }
  }

  /** GStreamer deletes a stream by its name, on stream 0. */
  #named(name: AmfValue, streamId: number): number {
    for (const [id, { streamName }] of this.#accepted) if (streamName === textOf(name)) return id;
    return streamId;
  }

  #connect(transactionId: number, object: AmfValue): void {
    const properties = propertiesOf(object);
    const app = textOf(properties?.get("app")) ?? "";
    const tcUrl = textOf(properties?.get("tcUrl")) ?? "";
    const refusal = this.#options.refuseConnect?.(app, tcUrl);
    if (refusal !== undefined) {
      const rejected = statusObject("error", "NetConnection.Connect.Rejected", refusal);
      this.#link.command(0, "_error", transactionId, null, rejected);
      return;
    }
    const { capabilities = DEFAULT_CAPABILITIES, windowAckSize = 2_500_000 } = this.#options;
    this.#link.control(MESSAGE_TYPE.windowAckSize, windowAckSize);
    this.#link.control(MESSAGE_TYPE.setPeerBandwidth, windowAckSize, 2);
    this.#link.control(MESSAGE_TYPE.setChunkSize, this.#link.chunkSize);
    const server = new Map<string, AmfValue>([
      ["fmsVer", "FMS/3,0,1,123"],
      ["capabilities", 31],
      ...encodeCapabilities(capabilities),
    ]);
    const info = new Map<string, AmfValue>([
      ["level", "status"],
      ["code", "NetConnection.Connect.Success"],
      ["description", "Connection succeeded."],
      ["objectEncoding", 0],
    ]);
    const answer = { type: "object", properties: server } as const;
    this.#link.command(0, "_result", transactionId, answer, { type: "object", properties: info });
    this.#events.push({
      type: "connect",
      app,
      tcUrl,
      capabilities: decodeCapabilities(properties),
    });
  }

  #status(streamId: number, level: string, code: string, description: string): void {
    this.#link.command(streamId, "onStatus", 0, null, statusObject(level, code, description));
  }
}

function statusObject(level: string, code: string, description: string): AmfValue {
  const properties = new Map<string, AmfValue>(Object.entries({ level, code, description }));
  return { type: "object", properties };
}
