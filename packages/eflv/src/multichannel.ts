import { plain } from "@x/bits";
import { MediaCursor } from "./media-cursor.js";

/** AudioChannelOrder. */
export const CHANNEL_ORDER = { unspecified: 0, native: 1, custom: 2 } as const;

/** Body of a MultichannelConfig packet (Enhanced RTMP v2). */
export interface MultichannelConfig {
  readonly channelOrder: number;
  readonly channelCount: number;
  /** Order 1: AudioChannelMask. */
  readonly channelFlags: number | undefined;
  /** Order 2: the AudioChannel of each coded channel; 254 unused, 255 unknown. */
  readonly channelMapping: readonly number[] | undefined;
}

/**
 * Decode a MultichannelConfig body. Bytes behind it are ignored, and all behind the count for a reserved order.
 * @throws {FormatError} `tag-too-short`
 */
export function decodeMultichannelConfig(body: Uint8Array): MultichannelConfig {
  return readMultichannelConfig(new MediaCursor().open(plain(body), 0, body.length));
}

/** As {@link decodeMultichannelConfig}, of the bytes at hand. */
export function readMultichannelConfig(cursor: MediaCursor): MultichannelConfig {
  cursor.need(2, "channelCount");
  const channelOrder = cursor.uint8("channelOrder");
  const channelCount = cursor.uint8("channelCount");
  let channelFlags: number | undefined;
  let channelMapping: number[] | undefined;
  if (channelOrder === CHANNEL_ORDER.native) channelFlags = cursor.uint32("audioChannelFlags");
  else if (channelOrder === CHANNEL_ORDER.custom) {
    cursor.need(channelCount, "audioChannelMapping");
    channelMapping = [...cursor.view(cursor.at, cursor.at + channelCount)];
  }
  return { channelOrder, channelCount, channelFlags, channelMapping };
}

/** True unless channelFlags has another number of channels than channelCount, which wins. */
export function channelMaskMatches({ channelFlags, channelCount }: MultichannelConfig): boolean {
  if (channelFlags === undefined) return true;
  let count = 0;
  for (let rest = channelFlags; rest !== 0; rest &= rest - 1) count++;
  return count === channelCount;
}

/**
 * Encode a MultichannelConfig body.
 * @throws {RangeError} when flags or mapping do not go with the order
 */
export function encodeMultichannelConfig(config: MultichannelConfig): Uint8Array<ArrayBuffer> {
  const { channelOrder, channelCount, channelFlags, channelMapping } = config;
  if ((channelOrder === CHANNEL_ORDER.native) !== (channelFlags !== undefined)) {
    throw new RangeError("channelFlags: goes with order 1");
  }
  if ((channelOrder === CHANNEL_ORDER.custom) !== (channelMapping !== undefined)) {
    throw new RangeError("channelMapping: goes with order 2");
  }
  if (channelMapping !== undefined && channelMapping.length !== channelCount) {
    throw new RangeError(`channelMapping: ${channelMapping.length} of ${channelCount} channels`);
  }
  const head = [channelOrder, channelCount];
  if (channelFlags !== undefined) {
    for (let shift = 24; shift >= 0; shift -= 8) head.push((channelFlags >>> shift) & 0xff);
  }
  return Uint8Array.from([...head, ...(channelMapping ?? [])]);
}
