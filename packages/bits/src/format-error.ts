/** What is known about a place in the input that does not follow the format. */
export interface FormatErrorDetails {
  /** Field name as in the standard, in camelCase, with its path: `anc.dataCount`. */
  readonly field: string;
  /** Byte offset of the field's first bit from the start of the caller's buffer (of the stream, for a push parser). */
  readonly offset: number;
  readonly expected?: number | string | undefined;
  readonly actual?: number | string | undefined;
  /** Where the rule stands: `ST 2038:2021 4.2.3`. */
  readonly clause?: string | undefined;
}

/**
 * Input that does not follow the format. Programming mistakes throw `TypeError` or `RangeError` instead.
 * Each package bundles its own copy of this class: test with {@link isFormatError}, never with `instanceof`.
 */
export class FormatError<Code extends string = string> extends Error {
  override readonly name = "FormatError";
  /** What went wrong, for programs. Each package has a closed union of codes. */
  readonly code: Code;
  readonly field: string;
  readonly offset: number;
  readonly expected: number | string | undefined;
  readonly actual: number | string | undefined;
  readonly clause: string | undefined;

  /** `message` is completed to one sentence with field, offset and clause. */
  constructor(code: Code, message: string, details: FormatErrorDetails) {
    const clause = details.clause === undefined ? "" : `, ${details.clause}`;
    super(`${message} (${details.field} at byte ${details.offset}${clause})`);
    this.code = code;
    this.field = details.field;
    this.offset = details.offset;
    this.expected = details.expected;
    this.actual = details.actual;
    this.clause = details.clause;
  }
}

/** True for a `FormatError` of any package here, whichever copy of the class made it. */
export function isFormatError(error: unknown): error is FormatError {
  if (typeof error !== "object" || error === null) return false;
  const { name, code, offset } = error as Partial<FormatError>;
  return name === "FormatError" && typeof code === "string" && typeof offset === "number";
}

/** What a streaming parser says about bad input before it goes on. It never throws on input. */
export interface FormatIssue<Code extends string = string> {
  /** What went wrong, for programs. Each package has a closed union of codes. */
  readonly code: Code;
  /** `error`: data was lost; `warning`: data was kept, but deviates from the standard. */
  readonly severity: "error" | "warning";
  /** Bytes from the start of the stream. */
  readonly offset: number;
  /** Field name as in the standard, in camelCase. */
  readonly field: string;
  /** One sentence for people. */
  readonly message: string;
}
