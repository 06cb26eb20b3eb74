import { FormatError, type FormatIssue } from "@x/bits";

/** What can be wrong with line 21 data, XDS packets and SCC files. */
export type Cea608ErrorCode =
  /** A byte without odd parity. */
  | "parity"
  /** A miscellaneous control code of the other field: the fields were swapped upstream. */
  | "fieldMismatch"
  /** A control pair without a meaning. */
  | "reserved"
  /** A character with a control byte behind it. */
  | "invalidPair"
  /** XDS on field 1, where it has no place. */
  | "xdsField"
  /** A continue or end pair without a packet to go on with, or an unfinished packet that was started anew. */
  | "xdsSequence"
  /** More than 32 informational bytes. */
  | "xdsLength"
  /** The sum of an XDS packet is wrong. */
  | "xdsChecksum"
  /** Bytes that the layout of the XDS packet's type does not allow. */
  | "xdsContent"
  /** The input ends inside a unit. */
  | "truncated"
  /** No `Scenarist_SCC V1.0` where it belongs. */
  | "sccHeader"
  /** A time code that cannot be read or does not exist. */
  | "sccTimecode"
  /** A word that is not four hexadecimal digits. */
  | "sccWord"
  /** A line that begins before the words of the line before it are sent. */
  | "sccOverlap"
  /** More lines or words than the options allow. */
  | "limit";

/** A deviation that did not stop the parser. */
export type Cea608Issue = FormatIssue<Cea608ErrorCode>;

export function fail(
  code: Cea608ErrorCode,
  message: string,
  field: string,
  offset: number,
  clause: string,
): never {
  throw new FormatError<Cea608ErrorCode>(code, message, { field, offset, clause });
}
