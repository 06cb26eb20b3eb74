/**
 * `scheme`: not a URI with an RTSP scheme; `host`: empty or malformed; `port`: not 1 to 65535; `character`: a control
 * character, a space, or a character that is no octet; `foreign-scheme`: absolute, but not RTSP; `relative-base`:
 * Content-Base or Content-Location without a scheme; `no-control`: `a=control` is missing with several media.
 */
export type UriErrorCode =
  | "scheme"
  | "host"
  | "port"
  | "character"
  | "foreign-scheme"
  | "relative-base"
  | "no-control";

/** Without the space, tab, CR and LF around it. `String.trim` would also eat octets such as 0xa0. */
export function trimmed(value: string): string {
  // The lookbehind keeps it linear: a run of blanks inside is looked at once, not from each of its blanks.
  return value.replace(/^[ \t\r\n]+|(?<![ \t\r\n])[ \t\r\n]+$/g, "");
}

/**
 * Index of the first character that cannot stand in a request line, else -1: C0 controls, space, DEL, and what is no
 * octet. 0x80 to 0xff are octets of some 8-bit encoding and stay.
 */
export function badCharacter(value: string): number {
  return value.search(/[^!-~\u0080-\u00ff]/);
}

/** What {@link badCharacter} found, in words. Shows the code only: the rest may be a password. */
export function describeCharacter(value: string, index: number): string {
  return `character 0x${value.charCodeAt(index).toString(16)} cannot be sent`;
}
