import { type FormatIssue, modulo } from "@x/bits";

/** What can be wrong with a stream of RTP packets, for programs. */
export type AncStreamIssueCode =
  | "gap"
  | "late"
  | "duplicate"
  | "marker-missing"
  | "restart"
  | "rtp-header"
  | "frame-limit";

/** Trouble between packets. `offset` counts from the first byte of the RTP packet. */
export interface AncStreamIssue extends FormatIssue<AncStreamIssueCode> {
  /** 32 bits: the (first missing, late, duplicate, last of the frame) packet. */
  readonly extendedSequenceNumber?: number;
  /** `gap`: packets missing. */
  readonly count?: number;
}

/** An issue about a packet; `extended` may have counted on beyond 2³². */
export function sequenceIssue(
  code: AncStreamIssueCode,
  extended: number,
  message: string,
): AncStreamIssue {
  const extendedSequenceNumber = modulo(extended, 2 ** 32);
  const inMarker = code === "marker-missing";
  return {
    code,
    severity: code === "gap" ? "error" : "warning",
    offset: inMarker ? 1 : 2,
    field: inMarker ? "marker" : "sequenceNumber",
    message: `${message} (extended sequence number ${extendedSequenceNumber})`,
    extendedSequenceNumber,
  };
}
