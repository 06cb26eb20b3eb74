import { FormatError } from "@x/bits";

/**
 * What went wrong. `malformed`: the codestream breaks ISO/IEC 21122-1; `unsupported`: valid, but not implemented;
 * `truncated`: it ends early, more bytes could help; `limit`: beyond a limit that an option sets; `bad-config`: options
 * that no encoder can follow; `budget`: the picture does not fit the bytes that it was given.
 */
export type JpegXsErrorCode =
  | "malformed"
  | "unsupported"
  | "truncated"
  | "limit"
  | "bad-config"
  | "budget";

/** An error about the codestream; `clause` is one of ISO/IEC 21122-1. */
export function codestreamError(
  code: JpegXsErrorCode,
  message: string,
  field: string,
  offset: number,
  clause?: string,
): FormatError<JpegXsErrorCode> {
  return new FormatError(code, message, {
    field,
    offset,
    clause: clause === undefined ? undefined : `ISO/IEC 21122-1 ${clause}`,
  });
}

/** The codestream ends at `offset`; `needed` bytes from its start are wanted to get further. */
export function truncatedError(
  needed: number,
  field: string,
  offset: number,
): FormatError<JpegXsErrorCode> {
  return new FormatError("truncated", `${needed} bytes are needed`, {
    field,
    offset,
    expected: needed,
  });
}

/** Options that contradict each other or the standard. */
export function configError(field: string, message: string): FormatError<JpegXsErrorCode> {
  return new FormatError("bad-config", message, { field, offset: 0 });
}
