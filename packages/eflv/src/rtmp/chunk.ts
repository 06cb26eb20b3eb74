import { type FormatIssue, uint16 } from "@x/bits";

/** Types of RTMP messages (RTMP 1.0, 5.4, 6.2, 7.1). */
export const MESSAGE_TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  data: 18,
  sharedObject: 19,
  command: 20,
  aggregate: 22,
} as const;

/** An RTMP message. Audio, video and data payloads are FLV tag data, byte for byte. */
export interface RtmpMessage {
  /** Message type id. */
  readonly messageType: number;
  /** Message stream id: 0 for control and NetConnection. */
  readonly streamId: number;
  /** Milliseconds, modulo 2^32. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A message as it came: with the chunk stream that carried it. */
export interface ReceivedMessage extends RtmpMessage {
  /** Chunk stream id, 2 to 65599. */
  readonly csid: number;
  /** Format of its first chunk, 0 to 3. */
  readonly fmt: number;
  /** Of its first chunk, from the start of the stream. */
  readonly offset: number;
}

/** Codes of the issues of the chunk layer; the first ones are fatal. */
export type RtmpIssueCode =
  | "bad-handshake"
  | "bad-chunk-size"
  | "message-too-large"
  | "too-many-chunk-streams"
  /** fmt 2 or 3 on a chunk stream that was never seen. */
  | "chunk-no-header"
  /** A new message began before the last one of its chunk stream was whole, which is dropped. */
  | "chunk-restart"
  /** A control message shorter than its fields; it is ignored. */
  | "control-too-short"
  /** An AMF command that cannot be read; it is ignored. */
  | "bad-command"
  /** An aggregate message that ends inside a tag; the tags before it are delivered. */
  | "bad-aggregate";

/** Something wrong in an RTMP byte stream. */
export interface RtmpIssue extends FormatIssue<RtmpIssueCode> {
  /** The stream cannot be read any further. */
  readonly fatal: boolean;
  /** The chunk stream it concerns, if it concerns one. */
  readonly csid: number | undefined;
}

/** A timestamp field of this value means that 32 bits follow. */
export const EXTENDED_TIMESTAMP = 0xffffff;

/** Largest chunk size that makes a difference: a message is no longer. */
export const MAX_CHUNK_SIZE = 0xffffff;

/** Chunk size of either direction until it is set. */
export const DEFAULT_CHUNK_SIZE = 128;

/** Bytes of the message header of each format. */
export const MESSAGE_HEADER_BYTES: readonly number[] = [11, 7, 3, 0];

/** User control events; the others but `setBufferLength` hold one 32-bit value. */
export const USER_CONTROL = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

const KNOWN_EVENTS: ReadonlySet<number> = new Set(Object.values(USER_CONTROL));

/** Bytes that the fields of a control message take; 0 for all else. */
export function controlSize({ messageType, payload }: RtmpMessage): number {
  switch (messageType) {
    case MESSAGE_TYPE.setChunkSize:
    case MESSAGE_TYPE.abort:
    case MESSAGE_TYPE.acknowledgement:
    case MESSAGE_TYPE.windowAckSize:
      return 4;
    case MESSAGE_TYPE.setPeerBandwidth:
      return 5;
    case MESSAGE_TYPE.userControl: {
      const event = payload.length < 2 ? undefined : uint16(payload, 0);
      if (event === undefined || !KNOWN_EVENTS.has(event)) return 2;
      return event === USER_CONTROL.setBufferLength ? 10 : 6;
    }
    default:
      return 0;
  }
}
