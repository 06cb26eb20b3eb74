import { FormatError } from "@x/bits";

/**
 * What is wrong with a payload. Decoders test in this order: `length` (the payload's size, or a length field in it,
 * does not fit), `barFlags` (ST 2016-3), `identifier`, `footer` and `checksum` (RDD 8). Packets that cannot go into a
 * VANC line are `space` (no room) or `forbiddenWord`.
 */
export type St291ErrorCode =
  | "length"
  | "barFlags"
  | "identifier"
  | "footer"
  | "checksum"
  | "space"
  | "forbiddenWord";

/** A decoder's refusal because of `actual` bytes where `expected` are needed. */
export function lengthError(
  field: string,
  offset: number,
  expected: number | string,
  actual: number,
  clause: string,
): FormatError<St291ErrorCode> {
  const message = `${actual} bytes instead of ${expected}`;
  return new FormatError("length", message, { field, offset, expected, actual, clause });
}
