// What can stand where a tag should: the reader's policy on damaged streams hangs on it.
import { uint24, uint32 } from "@x/bits";
import { TAG_HEADER_SIZE, TAG_TYPE } from "./tag.js";

/** Bytes of a file header that has no more than it must. */
export const FLV_HEADER_SIZE = 9;
/** Signature of an FLV file, `FLV`. */
const SIGNATURE = [0x46, 0x4c, 0x56] as const;

/** The bytes at `at`, as far as there are any, are those of the signature. */
export function mayBeginSignature(bytes: Uint8Array, at: number): boolean {
  const there = Math.min(SIGNATURE.length, bytes.length - at);
  for (let i = 0; i < there; i++) if (bytes[at + i] !== SIGNATURE[i]) return false;
  return true;
}

export function isKnownType(tagType: number): boolean {
  return (
    tagType === TAG_TYPE.audio ||
    tagType === TAG_TYPE.video ||
    tagType === TAG_TYPE.script ||
    tagType === TAG_TYPE.scriptAmf3
  );
}

/** The Filter bit does not matter, the reserved bits are 0. */
export function isPlausibleType(head: number): boolean {
  return head < 0x40 && isKnownType(head & 0x1f);
}

/** Whether a tag's header can be at `at`; its 11 bytes are there. */
export function isPlausibleTag(bytes: Uint8Array, at: number, maxTagSize: number): boolean {
  return (
    isPlausibleType(bytes[at] as number) &&
    uint24(bytes, at + 8) === 0 &&
    uint24(bytes, at + 1) <= maxTagSize
  );
}

/** Whether a tag, the end of input or a joined file can be at `at`: 11 bytes are there, or the input ends. */
export function isContinuation(bytes: Uint8Array, at: number, maxTagSize: number): boolean {
  const left = bytes.length - at;
  if (left <= 0) return true;
  if (left >= SIGNATURE.length && mayBeginSignature(bytes, at)) return true;
  return left < TAG_HEADER_SIZE
    ? isPlausibleType(bytes[at] as number)
    : isPlausibleTag(bytes, at, maxTagSize);
}

/** `FLV`, a version below 5 and a DataOffset of 9 to 1024; 9 bytes are there. */
export function isJoinedHeader(bytes: Uint8Array, at: number): boolean {
  if (!mayBeginSignature(bytes, at)) return false;
  const dataOffset = uint32(bytes, at + 5);
  return (bytes[at + 3] as number) < 5 && dataOffset >= FLV_HEADER_SIZE && dataOffset <= 1024;
}
