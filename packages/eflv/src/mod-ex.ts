import { uint24 } from "@x/bits";
import type { MediaCursor } from "./media-cursor.js";

/** Packet type ModEx, audio and video. */
export const MOD_EX = 7;

/** ModExType 0: nanoseconds to add to the presentation time. */
export const TIMESTAMP_OFFSET_NANO = 0;

/** A whole millisecond would be in the time stamp. */
const MAX_TIMESTAMP_OFFSET_NANO = 999_999;

/** A modifier in front of a packet type (Enhanced RTMP v2, ModEx). */
export interface ModEx {
  readonly modExType: number;
  /** 1 to 65536 bytes. */
  readonly data: Uint8Array;
  /** The size was written in three bytes although it is below 256. */
  readonly longForm: boolean;
}

/**
 * Read the ModEx blocks at hand into the cursor; of several nanosecond offsets the last one counts.
 * @returns the packet type behind them
 * @throws {FormatError} `tag-too-short`, `modex-nano-size`, `too-many-parts`
 */
export function readModEx(cursor: MediaCursor): number {
  const modEx: ModEx[] = [];
  let packetType = MOD_EX;
  while (packetType === MOD_EX) {
    cursor.checkParts(modEx.length);
    let size = cursor.uint8("modExDataSize") + 1;
    const longForm = size === 256;
    if (longForm) size = cursor.uint16("modExDataSize") + 1;
    cursor.need(size + 1, "modExData");
    const { at } = cursor;
    const data = cursor.view(at, at + size);
    cursor.at = at + size;
    const next = cursor.uint8("modExType");
    const modExType = next >> 4;
    if (modExType === TIMESTAMP_OFFSET_NANO) {
      if (size < 3) throw cursor.fail("modex-nano-size", `${size} bytes`, "modExData", at);
      cursor.timestampOffsetNano = uint24(data, 0);
      if (cursor.timestampOffsetNano > MAX_TIMESTAMP_OFFSET_NANO) cursor.warn("modex-nano-range");
    }
    modEx.push({ modExType, data, longForm: longForm && size < 256 });
    packetType = next & 15;
  }
  cursor.modEx = modEx;
  return packetType;
}

/** A ModEx block with nanoseconds, 0 to 999999. */
export function timestampOffsetNanoModEx(nanoseconds: number): ModEx {
  if (
    !Number.isInteger(nanoseconds) ||
    nanoseconds < 0 ||
    nanoseconds > MAX_TIMESTAMP_OFFSET_NANO
  ) {
    throw new RangeError(`TimestampOffsetNano: ${nanoseconds}`);
  }
  const data = Uint8Array.of(nanoseconds >> 16, (nanoseconds >> 8) & 0xff, nanoseconds & 0xff);
  return { modExType: TIMESTAMP_OFFSET_NANO, data, longForm: false };
}

/** Bytes of the blocks, each with the byte that holds its type and the next packet type. */
export function sizeOfModEx(modEx: readonly ModEx[]): number {
  let size = 0;
  for (const { data, longForm } of modEx) {
    if (data.length < 1 || data.length > 65536) {
      throw new RangeError(`ModEx data of ${data.length} bytes`);
    }
    size += (longForm || data.length > 255 ? 3 : 1) + data.length + 1;
  }
  return size;
}

/** Write the blocks; the last one leads to `packetType`. Returns the next offset. */
export function writeModEx(
  target: Uint8Array,
  start: number,
  modEx: readonly ModEx[],
  packetType: number,
): number {
  let at = start;
  modEx.forEach(({ modExType, data, longForm }, index) => {
    const size = data.length - 1;
    if (longForm || data.length > 255) {
      target[at++] = 255;
      target[at++] = size >> 8;
    }
    target[at++] = size & 0xff;
    target.set(data, at);
    at += data.length;
    target[at++] = (modExType << 4) | (index === modEx.length - 1 ? packetType : MOD_EX);
  });
  return at;
}
