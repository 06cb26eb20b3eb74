/** The Session header (RFC 2326 12.37, RFC 7826 18.49). */
export interface SessionHeader {
  readonly id: string;
  /** Seconds until the server gives up without a sign of life. Default 60. */
  readonly timeout: number;
}

/** Parse a Session header; `undefined` when it has no identifier. A malformed timeout counts as absent. */
export function parseSession(value: string): SessionHeader | undefined {
  const [id = "", ...parameters] = value.split(";").map((part) => part.trim());
  if (!/^[!-~\u0080-\u00ff]+$/.test(id)) return undefined;
  const [, seconds] =
    /^timeout\s*=\s*"?(\d{1,9})"?$/i.exec(parameters.find((p) => /^timeout/i.test(p)) ?? "") ?? [];
  return { id, timeout: seconds === undefined || Number(seconds) === 0 ? 60 : Number(seconds) };
}

/** The methods of a Public or Allow header, in upper case. */
export function parseMethods(values: readonly string[]): Set<string> {
  return new Set(
    values.flatMap((value) => value.toUpperCase().split(/[\s,]+/)).filter((m) => m !== ""),
  );
}

/** Retry-After in seconds; `undefined` when absent or a date, which is of no use without a clock. */
export function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
