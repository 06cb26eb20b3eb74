import type { AmfProperties, AmfValue } from "../amf-value.js";
import type { MuxedTag } from "../muxer.js";
import { propertiesOf } from "../script.js";
import { textOf } from "../video.js";
import { decodeCapabilities, encodeCapabilities, type RtmpCapabilities } from "./capabilities.js";
import { MESSAGE_TYPE, type RtmpIssue } from "./chunk.js";
import { type LinkOptions, type RtmpCommand, RtmpLink } from "./link.js";
import type { RtmpUrl } from "./url.js";

/** What {@link RtmpClient} reports. */
export type RtmpClientEvent =
  /** Bytes for the socket. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** The server accepted the connection, and what it says of itself. */
  | { readonly type: "connected"; readonly capabilities: RtmpCapabilities }
  /** Publishing: tags can be written. Playing: tags will come. */
  | { readonly type: "started" }
  /** What is played. Its data are valid until the next `push`. */
  | { readonly type: "tag"; readonly tag: MuxedTag }
  /** The server's onStatus, or its refusal. */
  | {
      readonly type: "status";
      readonly level: string;
      readonly code: string;
      readonly description: string;
    }
  /** Go to another server at the next key frame; the address can be relative to the current one. */
  | { readonly type: "reconnect"; readonly tcUrl: string | undefined; readonly description: string }
  /** The server refused, or ended the stream. Close the socket. */
  | { readonly type: "ended"; readonly code: string }
  | { readonly type: "issue"; readonly issue: RtmpIssue };

/** Options of {@link RtmpClient}. */
export interface RtmpClientOptions extends LinkOptions {
  readonly url: Pick<RtmpUrl, "app" | "streamName" | "tcUrl">;
  readonly role: "publish" | "play";
  /** Default `live`. */
  readonly publishType?: "live" | "record" | "append";
  readonly flashVer?: string;
  /** Announced in `connect`. Default: all codecs forwarded, multitrack and reconnect understood. */
  readonly capabilities?: RtmpCapabilities;
}

const DEFAULT_CAPABILITIES: RtmpCapabilities = {
  fourCcList: ["*"],
  videoFourCcInfoMap: { "*": 7 },
  audioFourCcInfoMap: { "*": 7 },
  capsEx: 0x0f,
};

/** How far a connection has come; `started`: publishing or playing. */
export type RtmpClientState =
  | "handshake"
  | "connecting"
  | "creating"
  | "starting"
  | "started"
  | "ended";

/** What a player asks the server to send ahead, in ms, as FFmpeg does. */
const BUFFER_LENGTH = 3000;

/**
 * The client's side of an RTMP connection without its socket: feed it what comes, send what it says. It connects, creates
 * a stream, and publishes or plays.
 */
export class RtmpClient {
  readonly #options: RtmpClientOptions;
  readonly #link: RtmpLink;
  #events: RtmpClientEvent[] = [];
  #transaction = 0;
  /** What each transaction asked for. */
  readonly #asked = new Map<number, string>();
  #streamId = 0;
  #state: RtmpClientState = "handshake";

  constructor(options: RtmpClientOptions) {
    this.#options = options;
    this.#link = new RtmpLink("client", options, {
      ready: () => this.#connect(),
      command: (command) => this.#command(command),
      media: (tag) => this.#media(tag),
      streamEof: () => this.#end("NetStream.Play.Stop"),
      issue: (issue) => {
        this.#events.push({ type: "issue", issue });
        if (issue.fatal) this.#end(issue.code);
      },
    });
  }

  get state(): RtmpClientState {
    return this.#state;
  }

  /** What to send first. */
  start(): Uint8Array<ArrayBuffer> {
    return this.#link.take();
  }

  /** Feed bytes of the server; what they mean, in order. */
  push(chunk: Uint8Array): RtmpClientEvent[] {
    this.#events = [];
    this.#link.push(chunk);
    const bytes = this.#link.take();
    if (bytes.length > 0) this.#events.push({ type: "send", bytes });
    return this.#events;
  }

  /**
   * The bytes of tags to publish.
   * @throws {Error} unless publishing has started
   */
  write(tags: readonly MuxedTag[]): Uint8Array<ArrayBuffer> {
    if (this.#state !== "started" || this.#options.role !== "publish") {
      throw new Error(`write while ${this.#state}`);
    }
    for (const tag of tags) this.#link.tag(this.#streamId, tag, true);
    return this.#link.take();
  }

  /** The bytes that end the stream; then close the socket. */
  end(): Uint8Array<ArrayBuffer> {
    if (this.#streamId !== 0) {
      const { role, url } = this.#options;
      if (role === "publish") this.#call(0, "FCUnpublish", null, url.streamName);
      this.#call(0, "deleteStream", null, this.#streamId);
    }
    this.#state = "ended";
    return this.#link.take();
  }

  /** Send a command with a new transaction id. */
  #call(streamId: number, name: string, ...args: AmfValue[]): void {
    const transaction = ++this.#transaction;
    this.#asked.set(transaction, name);
    this.#link.command(streamId, name, transaction, ...args);
  }

  /** Some servers play without saying so. */
  #media(tag: MuxedTag): void {
    if (this.#state === "starting" && this.#options.role === "play") this.#started();
    if (this.#state === "started") this.#events.push({ type: "tag", tag });
  }

  #started(): void {
    this.#state = "started";
    this.#events.push({ type: "started" });
  }

  #connect(): void {
    this.#state = "connecting";
    const { url, role, flashVer, capabilities = DEFAULT_CAPABILITIES } = this.#options;
    const properties = new Map<string, AmfValue>([["app", url.app]]);
    if (role === "publish") properties.set("type", "nonprivate");
    properties.set("flashVer", flashVer ?? "FMLE/3.0 (compatible; x)");
    properties.set("tcUrl", url.tcUrl);
    if (role === "play") {
      // What players say: they decode every legacy codec.
      properties.set("audioCodecs", 4071).set("videoCodecs", 252).set("videoFunction", 1);
    }
    properties.set("objectEncoding", 0);
    for (const [name, value] of encodeCapabilities(capabilities)) properties.set(name, value);
    this.#call(0, "connect", { type: "object", properties });
  }

  #command({ name, transactionId, object, args, streamId }: RtmpCommand): void {
    const info = propertiesOf(args[0]);
    if (name === "_result" || name === "_error") {
      const asked = this.#asked.get(transactionId);
      this.#asked.delete(transactionId);
      if (name === "_error") this.#refused(asked, info);
      else this.#answer(asked, propertiesOf(object), args);
    } else if (name === "onStatus") this.#status(info);
    else if (name === "close") this.#end("NetConnection.Connect.Closed");
    else if (transactionId !== 0 && name !== "onBWDone" && name !== "onFCPublish") {
      // A call that wants an answer: we offer no method.
      this.#link.command(streamId, "_error", transactionId, null, undefined);
    }
  }

  #answer(
    asked: string | undefined,
    object: AmfProperties | undefined,
    args: readonly AmfValue[],
  ): void {
    const { role, url } = this.#options;
    if (asked === "connect" && this.#state === "connecting") {
      this.#state = "creating";
      this.#events.push({ type: "connected", capabilities: decodeCapabilities(object) });
      this.#link.control(MESSAGE_TYPE.setChunkSize, this.#link.chunkSize);
      if (role === "publish") {
        this.#call(0, "releaseStream", null, url.streamName);
        this.#call(0, "FCPublish", null, url.streamName);
      }
      this.#call(0, "createStream", null);
    } else if (asked === "createStream" && this.#state === "creating") {
      this.#streamId = isStreamId(args[0]) ? args[0] : 1;
      this.#state = "starting";
      const { publishType = "live" } = this.#options;
      if (role === "publish") {
        this.#call(this.#streamId, "publish", null, url.streamName, publishType);
      } else {
        this.#call(this.#streamId, "play", null, url.streamName);
        this.#link.setBufferLength(this.#streamId, BUFFER_LENGTH);
      }
    }
  }

  /** FMLE's calls may fail without harm: servers do not know them all. */
  #refused(asked: string | undefined, info: AmfProperties | undefined): void {
    const vital =
      asked === "connect" || asked === "createStream" || asked === "publish" || asked === "play";
    this.#report(info);
    if (vital) this.#end(textOf(info?.get("code")) ?? "NetConnection.Call.Failed");
  }

  #status(info: AmfProperties | undefined): void {
    const code = textOf(info?.get("code")) ?? "";
    if (code === "NetConnection.Connect.ReconnectRequest") {
      const tcUrl = textOf(info?.get("tcUrl"));
      const description = textOf(info?.get("description")) ?? "";
      this.#events.push({ type: "reconnect", tcUrl, description });
      return;
    }
    this.#report(info);
    if (code === "NetStream.Publish.Start" || code === "NetStream.Play.Start") {
      if (this.#state === "starting") this.#started();
    } else if (textOf(info?.get("level")) === "error" || END_CODES.has(code)) this.#end(code);
  }

  #report(info: AmfProperties | undefined): void {
    const [level = "", code = "", description = ""] = ["level", "code", "description"].map((key) =>
      textOf(info?.get(key)),
    );
    this.#events.push({ type: "status", level, code, description });
  }

  #end(code: string): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#events.push({ type: "ended", code });
  }
}

/** A server can say anything; what does not fit the field of a message is no stream id. */
function isStreamId(value: AmfValue): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff;
}

const END_CODES: ReadonlySet<string> = new Set([
  "NetConnection.Connect.Closed",
  "NetConnection.Connect.AppShutdown",
  "NetStream.Play.Stop",
  "NetStream.Play.UnpublishNotify",
  "NetStream.Unpublish.Success",
]);
