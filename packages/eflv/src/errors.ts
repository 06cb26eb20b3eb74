import { FormatError, type FormatIssue } from "@x/bits";

/** What ends the reading of a file: there is no way to find its tags. */
export type FlvFatalCode = "bad-signature" | "truncated-header" | "bad-data-offset";

/** A deviation from the standard; the data are kept. */
export type FlvWarningCode =
  | "bad-version"
  | "header-reserved-bits"
  | "prev-tag-size-0"
  | "prev-tag-size-mismatch"
  /** The input ends inside a tag. */
  | "truncated-tag"
  | "missing-last-prev-tag-size"
  | "tag-reserved-bits"
  | "stream-id-nonzero"
  | "unknown-tag-type"
  /** Another FLV header where a tag should be: files were joined. */
  | "concatenated-header"
  /** Bytes that are no tag were skipped. */
  | "resync"
  /** The rest of the input has no tag any more. */
  | "lost-sync"
  | ContentWarningCode;

/** A deviation inside a tag's data. */
export type ContentWarningCode =
  /** An object without 00 00 09 ends with the tag. */
  | "amf-missing-end"
  /** A FourCC in onMetaData has its bytes reversed. */
  | "metadata-fourcc-swapped"
  /** TimestampOffsetNano above 999999. */
  | "modex-nano-range"
  /** Metadata without a track id that were given one: see `FlvDemuxerOptions.metadataTrack`. */
  | "metadata-track"
  /** channelFlags and channelCount disagree. */
  | "channel-mask-mismatch";

/** Why a tag's data cannot be read. */
export type FlvTagErrorCode =
  | "tag-too-short"
  | "aac-packet-type"
  | "avc-packet-type"
  | "reserved-packet-type"
  | "reserved-multitrack-type"
  | "nested-multitrack"
  | "track-size"
  | "modex-nano-size"
  /** More messages or modifiers than anybody sends: objects of them would cost many times the tag. */
  | "too-many-parts"
  | AmfErrorCode;

/** Why AMF data cannot be read. */
export type AmfErrorCode =
  | "amf-truncated"
  | "amf-type"
  | "amf-depth"
  | "amf-count"
  | "amf-object-end";

/** Codes of `FormatError`s that this package throws. */
export type FlvErrorCode = FlvFatalCode | FlvWarningCode | FlvTagErrorCode;

/** Something wrong in an FLV stream. `error` is severe: a fatal code, an invalid tag, or lost bytes. */
export interface FlvIssue extends FormatIssue<FlvErrorCode> {
  /** No tag follows, whatever comes. */
  readonly fatal: boolean;
  /** `prev-tag-size-mismatch`: the value in the stream. */
  readonly got?: number;
  /** `prev-tag-size-mismatch`: the tag's size. */
  readonly want?: number;
  /** `resync`: bytes that were skipped. */
  readonly skipped?: number;
  /** `unknown-tag-type`. */
  readonly tagType?: number;
}

/** An error about `field` at byte `offset` of the data. */
export function tagError(
  code: FlvTagErrorCode,
  message: string,
  field: string,
  offset: number,
): FormatError<FlvTagErrorCode> {
  return new FormatError(code, message, { field, offset });
}
