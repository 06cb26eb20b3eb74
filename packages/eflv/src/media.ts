import type { AmfValue } from "./amf-value.js";
import type { ContentWarningCode } from "./errors.js";
import { fourCcNumber } from "./four-cc.js";
import type { MediaCursor } from "./media-cursor.js";
import { MOD_EX, type ModEx, sizeOfModEx, writeModEx } from "./mod-ex.js";
import type { MultichannelConfig } from "./multichannel.js";

/** Names of the packet types, audio and video; reserved ones never get into a message. */
export type PacketType =
  | "SequenceStart"
  | "CodedFrames"
  | "SequenceEnd"
  | "CodedFramesX"
  | "Metadata"
  | "MPEG2TSSequenceStart"
  | "MultichannelConfig";

/** AvMultitrackType. */
export type MultitrackType = "OneTrack" | "ManyTracks" | "ManyTracksManyCodecs";

const MULTITRACK_TYPES: readonly MultitrackType[] = [
  "OneTrack",
  "ManyTracks",
  "ManyTracksManyCodecs",
];

/** What one tag says about one track. */
export interface MediaMessage {
  readonly packetType: PacketType;
  /** `undefined` in a legacy tag. */
  readonly fourCc: string | undefined;
  /** 0 to 255; audio and video count apart. */
  readonly trackId: number;
  /** No id on the wire: the default track, 0. */
  readonly implicitTrack: boolean;
  /** PTS − DTS in ms, signed; `undefined` where the codec has none. */
  readonly compositionTime: number | undefined;
  /** The codec's payload; a view. */
  readonly body: Uint8Array;
  /** Of `body`, from the start of the tag's data. */
  readonly bodyOffset: number;
  /** Packet type MultichannelConfig: the body, decoded. */
  readonly multichannelConfig: MultichannelConfig | undefined;
  /** Packet type Metadata: the body, decoded. */
  readonly metadata: readonly MetadataPair[] | undefined;
}

/** A name and its value in a Metadata packet. */
export type MetadataPair = readonly [name: string, value: AmfValue];

/** No warnings, shared. */
export const NO_WARNINGS: readonly ContentWarningCode[] = Object.freeze([]);

/** No ModEx, shared. */
export const NO_MOD_EX: readonly ModEx[] = Object.freeze([]);

/** No messages, shared. */
export const NO_MESSAGES: readonly MediaMessage[] = Object.freeze([]);

/** No bytes, shared. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** What the packet type numbers of a kind of tag mean. */
export interface PacketSyntax {
  /** Those without a name are reserved. */
  readonly packetTypes: readonly (PacketType | undefined)[];
  /** The number of Multitrack. */
  readonly multitrack: number;
}

/**
 * Read what stands between the packet type, which the byte just read ended with, and the first message.
 * @throws {FormatError} in the order of the standard's syntax
 */
export function readTrackHeader(
  cursor: MediaCursor,
  packetType: number,
  { packetTypes, multitrack }: PacketSyntax,
): void {
  if (packetType !== multitrack) {
    setPacketType(cursor, packetType, packetTypes);
    cursor.readFourCc();
    return;
  }
  const head = cursor.uint8("multitrackType");
  const multitrackType = MULTITRACK_TYPES[head >> 4];
  const inner = head & 15;
  if (multitrackType === undefined) {
    const message = `${head >> 4}`;
    throw cursor.fail("reserved-multitrack-type", message, "multitrackType", cursor.at - 1);
  }
  if (inner === multitrack || inner === MOD_EX) {
    const message = `packet type ${inner}`;
    throw cursor.fail("nested-multitrack", message, "packetType", cursor.at - 1);
  }
  setPacketType(cursor, inner, packetTypes);
  cursor.multitrackType = multitrackType;
  cursor.implicitTrack = false;
  if (multitrackType !== "ManyTracksManyCodecs") cursor.readFourCc();
  if (multitrackType === "OneTrack") cursor.trackId = cursor.uint8("trackId");
  else readSizedTrack(cursor);
}

function setPacketType(
  cursor: MediaCursor,
  packetType: number,
  packetTypes: PacketSyntax["packetTypes"],
): void {
  const name = packetTypes[packetType];
  if (name === undefined) {
    const message = `packet type ${packetType}`;
    throw cursor.fail("reserved-packet-type", message, "packetType", cursor.at - 1);
  }
  cursor.packetType = name;
}

function readSizedTrack(cursor: MediaCursor): void {
  cursor.sized = true;
  if (cursor.multitrackType === "ManyTracksManyCodecs") cursor.readFourCc();
  cursor.need(4, "sizeOfTrack");
  cursor.trackId = cursor.uint8("trackId");
  cursor.messageEnd = cursor.uint24("sizeOfTrack") + cursor.at;
  const over = cursor.messageEnd - cursor.end;
  if (over > 0) {
    const message = `${over} bytes beyond the tag`;
    throw cursor.fail("track-size", message, "sizeOfTrack", cursor.at - 3);
  }
}

/** All messages from the one at hand on; `readMessage` reads that. */
export function readMessages(
  cursor: MediaCursor,
  readMessage: (cursor: MediaCursor) => MediaMessage,
): readonly MediaMessage[] {
  const messages = [readMessage(cursor)];
  while (cursor.sized && cursor.at < cursor.end) {
    cursor.checkParts(messages.length);
    readSizedTrack(cursor);
    messages.push(readMessage(cursor));
  }
  return messages;
}

/** What {@link encodeEnhanced} writes behind the first byte. */
export interface EnhancedBody {
  readonly modEx: readonly ModEx[];
  readonly multitrackType: MultitrackType | undefined;
  readonly messages: readonly MediaMessage[];
}

/**
 * Encode an enhanced tag's data from its messages.
 * @param head first byte without the packet type
 * @param packetTypes numbers of the packet types
 * @param multitrack number of packet type Multitrack
 * @throws {RangeError} when the messages do not go into one tag
 */
export function encodeEnhanced(
  { modEx, multitrackType, messages }: EnhancedBody,
  head: number,
  packetTypes: Readonly<Partial<Record<PacketType, number>>>,
  multitrack: number,
): Uint8Array<ArrayBuffer> {
  const [first] = messages;
  if (first === undefined) throw new RangeError("messages: empty");
  const packetType = packetTypes[first.packetType];
  if (packetType === undefined) throw new RangeError(`packetType: ${first.packetType}`);
  checkTogether(messages, multitrackType);
  const many = multitrackType === "ManyTracks" || multitrackType === "ManyTracksManyCodecs";
  const perTrack = multitrackType === "ManyTracksManyCodecs" ? 8 : many ? 4 : 1;
  let size = 1 + sizeOfModEx(modEx) + (multitrackType === "ManyTracksManyCodecs" ? 0 : 4);
  if (multitrackType !== undefined) size += 1 + perTrack * messages.length;
  for (const message of messages) size += sizeOfTrack(message);
  const bytes = new Uint8Array(size);
  const outer = multitrackType === undefined ? packetType : multitrack;
  bytes[0] = head | (modEx.length > 0 ? 7 : outer);
  let at = writeModEx(bytes, 1, modEx, outer);
  if (multitrackType !== undefined) {
    bytes[at++] = (MULTITRACK_TYPES.indexOf(multitrackType) << 4) | packetType;
  }
  if (multitrackType !== "ManyTracksManyCodecs") at = writeFourCc(bytes, at, first);
  for (const message of messages) {
    if (multitrackType === "ManyTracksManyCodecs") at = writeFourCc(bytes, at, message);
    if (multitrackType !== undefined) bytes[at++] = message.trackId;
    if (many) at = writeUint24(bytes, at, sizeOfTrack(message));
    if (hasSi24(message)) at = writeUint24(bytes, at, (message.compositionTime ?? 0) & 0xffffff);
    bytes.set(message.body, at);
    at += message.body.length;
  }
  return bytes;
}

function checkTogether(
  messages: readonly MediaMessage[],
  multitrackType: MultitrackType | undefined,
): void {
  const [first] = messages as readonly [MediaMessage];
  if (messages.length > 1 && (multitrackType === undefined || multitrackType === "OneTrack")) {
    throw new RangeError(`messages: ${messages.length} in a tag of one track`);
  }
  for (const { packetType, fourCc, trackId, compositionTime } of messages) {
    if (packetType !== first.packetType) throw new RangeError("packetType: one for all tracks");
    if (multitrackType !== "ManyTracksManyCodecs" && fourCc !== first.fourCc) {
      throw new RangeError("fourCc: one for all tracks");
    }
    if (!Number.isInteger(trackId) || trackId < 0 || trackId > 255) {
      throw new RangeError(`trackId: ${trackId}`);
    }
    if (multitrackType === undefined && trackId !== 0) {
      throw new RangeError(`trackId: ${trackId} needs a multitrack type`);
    }
    checkCompositionTime(compositionTime ?? 0);
  }
}

/** @throws {RangeError} unless it fits an SI24 */
export function checkCompositionTime(compositionTime: number): void {
  if ((compositionTime << 8) >> 8 !== compositionTime) {
    throw new RangeError(`compositionTime: ${compositionTime} does not fit 24 bits`);
  }
}

/** True for the codecs whose coded frames carry a composition time. */
export function hasCompositionTime(fourCc: string | undefined): boolean {
  return fourCc === "avc1" || fourCc === "hvc1" || fourCc === "vvc1";
}

function hasSi24({ packetType, fourCc }: MediaMessage): boolean {
  return packetType === "CodedFrames" && hasCompositionTime(fourCc);
}

function sizeOfTrack(message: MediaMessage): number {
  return message.body.length + (hasSi24(message) ? 3 : 0);
}

function writeFourCc(bytes: Uint8Array, at: number, { fourCc = "" }: MediaMessage): number {
  const value = fourCcNumber(fourCc);
  bytes[at] = value >>> 24;
  return writeUint24(bytes, at + 1, value & 0xffffff);
}

/** Write 24 bits; returns the next offset. */
export function writeUint24(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 16;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value;
  return at + 3;
}
