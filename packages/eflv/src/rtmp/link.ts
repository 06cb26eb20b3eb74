import { concatBytes, isFormatError, uint16, uint24, uint32 } from "@x/bits";
import type { AmfValue } from "../amf-value.js";
import { encodeAmf0Values } from "../amf0-encode.js";
import type { MuxedTag } from "../muxer.js";
import { decodeScriptData } from "../script.js";
import { TAG_HEADER_SIZE, TAG_TYPE } from "../tag.js";
import { textOf } from "../video.js";
import {
  controlSize,
  MESSAGE_TYPE,
  type ReceivedMessage,
  type RtmpIssue,
  USER_CONTROL,
} from "./chunk.js";
import { RtmpChunkReader, type RtmpChunkReaderOptions } from "./chunk-reader.js";
import { RtmpChunkWriter } from "./chunk-writer.js";
import { publishedData } from "./data-frame.js";
import { HANDSHAKE_BLOCK, type HandshakeInit, RtmpHandshake } from "./handshake.js";

/** Chunk streams that we send on. */
const CSID = { control: 2, command: 3, audio: 4, data: 5, video: 6 } as const;

/** What an aggregate message may hold, and where its back pointers stand. */
const MEDIA_TYPES: ReadonlySet<number> = new Set(Object.values(TAG_TYPE));
const PREVIOUS_TAG_SIZE = 4;

/** A command: name, transaction id, command object, arguments. */
export interface RtmpCommand {
  readonly name: string;
  readonly transactionId: number;
  readonly object: AmfValue;
  readonly args: readonly AmfValue[];
  readonly streamId: number;
}

/** What a link reports to the session that owns it. */
export interface LinkHandler {
  /** The handshake is complete. */
  ready(): void;
  command(command: RtmpCommand): void;
  /** Audio, video or data; an aggregate comes as the tags in it. */
  media(tag: MuxedTag, streamId: number): void;
  /** The peer says that a stream that it sends is over. */
  streamEof(streamId: number): void;
  issue(issue: RtmpIssue): void;
}

/** Options that both ends have. */
export interface LinkOptions extends Omit<RtmpChunkReaderOptions, "offset"> {
  readonly handshake?: HandshakeInit;
  /** Chunk size to send with, 128 to 16777215. Default 4096. */
  readonly chunkSize?: number;
}

/** Handshake, chunks and protocol control of one connection. Bytes to send gather until `take`. */
export class RtmpLink {
  readonly #handshake: RtmpHandshake;
  readonly #reader: RtmpChunkReader;
  readonly #writer = new RtmpChunkWriter();
  readonly #handler: LinkHandler;
  readonly chunkSize: number;
  #isReady = false;
  #isBroken = false;
  #output: Uint8Array[] = [];
  #received = 0;
  #acknowledged = 0;
  /** The peer's Window Acknowledgement Size; 0: it wants none. */
  #window = 0;

  constructor(role: "client" | "server", options: LinkOptions, handler: LinkHandler) {
    this.#handshake = new RtmpHandshake(role, options.handshake);
    this.#reader = new RtmpChunkReader({ ...options, offset: 1 + 2 * HANDSHAKE_BLOCK });
    this.#handler = handler;
    this.chunkSize = options.chunkSize ?? 4096;
    if (!(this.chunkSize >= 128 && this.chunkSize <= 0xffffff)) {
      throw new RangeError(`chunkSize: ${this.chunkSize}`);
    }
    this.#output.push(this.#handshake.start());
  }

  /** Bytes to send. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = concatBytes(...this.#output);
    this.#output = [];
    return bytes;
  }

  push(chunk: Uint8Array): void {
    if (this.#isBroken) return;
    this.#received += chunk.length;
    if (this.#isReady) this.#read(chunk);
    else this.#shake(chunk);
    if (this.#window > 0 && this.#received - this.#acknowledged >= this.#window) {
      this.#acknowledged = this.#received;
      this.control(MESSAGE_TYPE.acknowledgement, this.#received % 2 ** 32);
    }
  }

  /** A protocol control message of one 32-bit value, and a byte for Set Peer Bandwidth. */
  control(messageType: number, value: number, ...more: number[]): void {
    this.send(CSID.control, messageType, 0, 0, Uint8Array.of(...be32(value), ...more));
  }

  /** A user control message. */
  userControl(event: number, ...values: number[]): void {
    const payload = Uint8Array.of(0, event, ...values.flatMap(be32));
    this.send(CSID.control, MESSAGE_TYPE.userControl, 0, 0, payload);
  }

  streamBegin(streamId: number): void {
    this.userControl(USER_CONTROL.streamBegin, streamId);
  }

  streamEof(streamId: number): void {
    this.userControl(USER_CONTROL.streamEof, streamId);
  }

  setBufferLength(streamId: number, ms: number): void {
    this.userControl(USER_CONTROL.setBufferLength, streamId, ms);
  }

  /** An AMF0 command. */
  command(streamId: number, name: string, transactionId: number, ...args: AmfValue[]): void {
    const payload = encodeAmf0Values([name, transactionId, ...args]);
    this.send(CSID.command, MESSAGE_TYPE.command, streamId, 0, payload);
  }

  /** A tag as a message; `publish`: metadata is for the server to keep. */
  tag(streamId: number, tag: MuxedTag, publish: boolean): void {
    const { tagType, timestamp } = tag;
    const csid =
      tagType === TAG_TYPE.audio ? CSID.audio : tagType === TAG_TYPE.video ? CSID.video : CSID.data;
    this.send(csid, tagType, streamId, timestamp, publish ? publishedData(tag) : tag.data);
  }

  send(
    csid: number,
    messageType: number,
    streamId: number,
    timestamp: number,
    payload: Uint8Array,
  ): void {
    this.#output.push(this.#writer.write({ messageType, streamId, timestamp, payload }, csid));
  }

  #shake(chunk: Uint8Array): void {
    const step = this.#handshake.push(chunk);
    if (step === undefined) {
      this.#isBroken = true;
      this.#handler.issue({
        ...{ code: "bad-handshake", severity: "error", offset: 0, field: "version" },
        ...{ message: "the peer does not speak RTMP", fatal: true, csid: undefined },
      });
      return;
    }
    this.#output.push(step.send);
    if (step.rest === undefined) return;
    this.#isReady = true;
    this.#handler.ready();
    this.#read(step.rest);
  }

  #read(chunk: Uint8Array): void {
    for (const event of this.#reader.push(chunk)) {
      if (event.type === "issue") {
        if (event.issue.fatal) this.#isBroken = true;
        this.#handler.issue(event.issue);
      } else this.#message(event.message);
    }
  }

  #message(message: ReceivedMessage): void {
    const { messageType, payload, streamId, timestamp } = message;
    // The chunk reader has said so.
    if (payload.length < controlSize(message)) return;
    switch (messageType) {
      case MESSAGE_TYPE.windowAckSize:
        this.#window = uint32(payload, 0);
        return;
      case MESSAGE_TYPE.setPeerBandwidth:
        this.control(MESSAGE_TYPE.windowAckSize, uint32(payload, 0));
        return;
      case MESSAGE_TYPE.userControl:
        this.#userControl(uint16(payload, 0), payload);
        return;
      case MESSAGE_TYPE.command:
      case MESSAGE_TYPE.commandAmf3:
        this.#command(message);
        return;
      case MESSAGE_TYPE.audio:
      case MESSAGE_TYPE.video:
      case MESSAGE_TYPE.data:
      case MESSAGE_TYPE.dataAmf3:
        this.#handler.media({ tagType: messageType, timestamp, data: payload }, streamId);
        return;
      case MESSAGE_TYPE.aggregate:
        this.#aggregate(message);
    }
  }

  #userControl(event: number, payload: Uint8Array): void {
    if (event === USER_CONTROL.pingRequest) {
      this.userControl(USER_CONTROL.pingResponse, uint32(payload, 2));
    } else if (event === USER_CONTROL.streamEof) this.#handler.streamEof(uint32(payload, 2));
  }

  #command(message: ReceivedMessage): void {
    try {
      const amf3 = message.messageType === MESSAGE_TYPE.commandAmf3;
      const [first, id, object, ...args] = decodeScriptData(message.payload, amf3).values;
      const name = textOf(first);
      if (name === undefined) {
        this.#warn("bad-command", "a command without name", message);
        return;
      }
      const transactionId = typeof id === "number" ? id : 0;
      this.#handler.command({ name, transactionId, object, args, streamId: message.streamId });
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#warn("bad-command", error.message, message);
    }
  }

  /** A series of FLV tags; their times count from the first, which has the message's. */
  #aggregate(message: ReceivedMessage): void {
    const { payload, streamId, timestamp } = message;
    let base: number | undefined;
    for (let at = 0; at < payload.length; ) {
      const start = at + TAG_HEADER_SIZE;
      const end = start + (start <= payload.length ? uint24(payload, at + 1) : 0);
      if (end > payload.length || start > payload.length) {
        this.#warn("bad-aggregate", `cut at byte ${at} of ${payload.length}`, message);
        return;
      }
      const time = uint24(payload, at + 4) + 2 ** 24 * (payload[at + 7] as number);
      base ??= time;
      const tagType = (payload[at] as number) & 0x1f;
      const moved = (((timestamp + time - base) % 2 ** 32) + 2 ** 32) % 2 ** 32;
      if (MEDIA_TYPES.has(tagType)) {
        const data = payload.subarray(start, end);
        this.#handler.media({ tagType, timestamp: moved, data }, streamId);
      }
      at = end + PREVIOUS_TAG_SIZE;
    }
  }

  #warn(
    code: "bad-command" | "bad-aggregate",
    message: string,
    { offset, csid }: ReceivedMessage,
  ): void {
    const issue = { code, severity: "warning", offset, field: "message", message } as const;
    this.#handler.issue({ ...issue, fatal: false, csid });
  }
}

function be32(value: number): [number, number, number, number] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
