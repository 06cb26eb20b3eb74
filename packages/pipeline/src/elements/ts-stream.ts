// What is said of an elementary stream on its way into a transport stream and out of it.
import { type Descriptor, isFormatError, type PmtStream, type StreamKind } from "@x/mpegts";
import type { Caps } from "../caps.js";

/** descriptor_tag of the ISO_639_language_descriptor. */
export const LANGUAGE_TAG = 0x0a;
/** Tag of its audio_type: 1 clean effects, 2 hearing impaired, 3 visual impaired commentary. */
export const AUDIO_TYPE_TAG = "audio-type";

/** A packet of a stream, and how long it lies behind the time of its PES packet, ns. */
export interface StreamPacket {
  readonly data: Uint8Array;
  readonly after: bigint;
}

/** A stream as elements behind tsdemux see it. */
export interface StreamFormat {
  readonly pads: "video" | "audio" | "private";
  readonly caps: Caps;
  /** The packets in a PES payload; default: itself. */
  readonly unwrap?: (payload: Uint8Array, warn: (text: string) => void) => readonly StreamPacket[];
}

/** A stream as mpegtsmux writes it. */
export interface MuxFormat {
  readonly kind: StreamKind;
  /** Beside those that every stream of the kind has. */
  readonly descriptors?: readonly Descriptor[];
  /** The PES payload of a buffer; default: its bytes. */
  readonly wrap?: (data: Uint8Array) => Uint8Array;
}

/** Descriptor with an extension tag, taken apart; `undefined` when it is not there or damaged. */
export function extended<T>(
  { descriptors }: PmtStream,
  tag: number,
  extension: number,
  decode: (descriptor: Descriptor) => T,
): T | undefined {
  const found = descriptors.find((d) => d.descriptorTag === tag && d.data[0] === extension);
  try {
    return found && decode(found);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

/** 90 kHz from nanoseconds, to the nearest tick: frame times are rounded down to nanoseconds. */
export function ticks(ns: bigint): number {
  const scaled = ns * 9n + 50_000n;
  const whole = scaled / 100_000n;
  return Number(scaled < 0n && whole * 100_000n !== scaled ? whole - 1n : whole);
}
