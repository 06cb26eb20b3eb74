import { resolveControl } from "./wire-uri.js";

/** One stream of an RTP-Info header. */
export interface RtpInfoEntry {
  /** As received, without quotes. */
  readonly url: string;
  /** RTP sequence number of the first packet, 16 bits. */
  readonly seq: number | undefined;
  /** RTP timestamp of the start of the range, 32 bits. */
  readonly rtptime: number | undefined;
  /** RTSP 2.0 only, 32 bits. */
  readonly ssrc: number | undefined;
}

/** A medium that was set up, for {@link matchRtpInfo}. */
export interface RtpInfoMedium {
  /** The URI that SETUP succeeded with. */
  readonly uri: string;
  /** The control attribute. */
  readonly control?: string | null | undefined;
  /** From the Transport header of the response to SETUP. */
  readonly ssrc?: number | undefined;
}

/**
 * Parse an RTP-Info header (RFC 2326 12.33, RFC 7826 18.45). URLs may be quoted, and may contain `,` and `;` even
 * when they are not: an entry begins at `url=`, and its parameters are those at its end. Never throws.
 */
export function parseRtpInfo(value: string): RtpInfoEntry[] {
  const entries: RtpInfoEntry[] = [];
  const starts = /(?:^|,)[ \t]*url[ \t]*=[ \t]*/gi;
  let start = starts.exec(value);
  while (start !== null) {
    const from = starts.lastIndex;
    const quote = value[from] === '"' ? value.indexOf('"', from + 1) : -1;
    if (quote !== -1) starts.lastIndex = quote;
    start = starts.exec(value);
    const text = value.slice(from, start?.index);
    entries.push(quote === -1 ? plainEntry(text) : quotedEntry(text, quote - from));
  }
  return entries;
}

/** `rtsp://h/a;b=1;seq=5;rtptime=6`: only the known parameters at the end are not part of the URL. */
function plainEntry(text: string): RtpInfoEntry {
  let url = text.trimEnd();
  const parameters: string[] = [];
  for (;;) {
    const separator = url.lastIndexOf(";");
    const parameter = url.slice(separator + 1);
    if (separator === -1 || !/^[ \t]*(?:seq|rtptime|ssrc)[ \t]*=[^/]*$/i.test(parameter)) break;
    parameters.unshift(parameter);
    url = url.slice(0, separator).trimEnd();
  }
  return entry(url, parameters.join(";"));
}

/** `"rtsp://h/a" ssrc=0A13C760:seq=45102;rtptime=12345678` (RFC 7826), or the same with `;` after the quote. */
function quotedEntry(text: string, closing: number): RtpInfoEntry {
  return entry(text.slice(1, closing), text.slice(closing + 1));
}

function entry(url: string, parameters: string): RtpInfoEntry {
  return {
    url,
    seq: integer(parameters, "seq", 10, 0xffff),
    rtptime: integer(parameters, "rtptime", 10, 0xffffffff),
    ssrc: integer(parameters, "ssrc", 16, 0xffffffff),
  };
}

function integer(text: string, name: string, radix: 10 | 16, max: number): number | undefined {
  const digits = new RegExp(`\\b${name}\\s*=\\s*(\\w+)`, "i").exec(text)?.[1] ?? "";
  const value = Number.parseInt(digits, radix);
  return value <= max ? value : undefined;
}

/**
 * Which medium each entry means: by exact URI, by URI resolved against `base`, by the control value at its end, by
 * position where there are as many entries as media, by SSRC. A medium is given away once.
 *
 * @returns for each entry an index into `media`, or `undefined`.
 */
export function matchRtpInfo(
  entries: readonly RtpInfoEntry[],
  media: readonly RtpInfoMedium[],
  base: string,
): (number | undefined)[] {
  const result: (number | undefined)[] = entries.map(() => undefined);
  const taken = new Set<number>();
  const pass = (
    fits: (entry: RtpInfoEntry, medium: RtpInfoMedium, e: number, m: number) => boolean,
  ) => {
    for (const [e, candidate] of entries.entries()) {
      if (result[e] !== undefined) continue;
      const m = media.findIndex((medium, i) => !taken.has(i) && fits(candidate, medium, e, i));
      if (m === -1) continue;
      result[e] = m;
      taken.add(m);
    }
  };
  pass(({ url }, { uri }) => url === uri);
  pass(({ url }, { uri }) => resolveControl(base, url) === uri);
  pass(({ url }, { control }) => !!control && control !== "*" && url.endsWith(control));
  if (entries.length === media.length) pass((_entry, _medium, e, m) => e === m);
  pass(({ ssrc }, medium) => ssrc !== undefined && ssrc === medium.ssrc);
  return result;
}
