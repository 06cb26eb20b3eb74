import { FormatError, type FormatErrorDetails, type FormatIssue } from "@x/bits";

/** What can be wrong with captions and their carriage, for programs. */
export type CaptionErrorCode =
  | "truncated"
  | "identifier"
  | "length"
  | "reserved"
  | "range"
  | "section"
  | "ccCountWrapped"
  | "checksum"
  | "counter"
  | "flags"
  | "order"
  | "sequence"
  | "service"
  | "truncatedCommand"
  | "overflow"
  | "syntax"
  | "time"
  | "markup"
  | "limit";

/** Recoverable trouble, reported beside the data that was kept. */
export type CaptionIssue = FormatIssue<CaptionErrorCode>;

/** A typed error with this package's codes. */
export function captionError(
  code: CaptionErrorCode,
  message: string,
  details: FormatErrorDetails,
): FormatError<CaptionErrorCode> {
  return new FormatError(code, message, details);
}

/** Most issues a parser keeps before it only counts them: bad input must not fill memory. */
const MAX_ISSUES = 1000;

/**
 * A bounded list of issues: the first thousand are kept, all are counted. Functions that take one report into it what
 * they skipped.
 */
export class IssueList {
  /** Where in the stream the input stands that is looked at now: when set, the offset of every issue. */
  position: number | undefined;
  readonly #kept: CaptionIssue[] = [];
  #count = 0;

  /** The issues kept, oldest first. */
  get list(): readonly CaptionIssue[] {
    return this.#kept;
  }

  /** How many there were in all. */
  get count(): number {
    return this.#count;
  }

  /** Report an issue; `offset` is ignored while {@link position} is set. */
  add(
    code: CaptionErrorCode,
    severity: "error" | "warning",
    offset: number,
    field: string,
    message: string,
  ): void {
    this.#count++;
    if (this.#kept.length < MAX_ISSUES) {
      this.#kept.push({ code, severity, offset: this.position ?? offset, field, message });
    }
  }

  /** As new, but for the position. */
  clear(): void {
    this.#kept.length = 0;
    this.#count = 0;
  }
}
