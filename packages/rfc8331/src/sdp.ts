import { fits } from "./anc-data-packet.js";
import {
  type AncMediaParameters,
  formatFmtp,
  parseFmtp,
  type SdpDiagnostic,
} from "./sdp-parameters.js";
import { DEFAULT_CLOCK_RATE } from "./timestamp.js";

/** A media section of SDP that carries ancillary data (RFC 8331 4, 5). */
export interface AncMedia {
  /** 0: declined (RFC 3264). */
  readonly port: number;
  /** 0 to 127. */
  readonly payloadType: number;
  /** Ticks a second. */
  readonly clockRate: number;
  readonly parameters: AncMediaParameters;
  /** Every line of the section but the media line, our rtpmap and our fmtp: verbatim, in order, without line end. */
  readonly otherLines: readonly string[];
  /** Sorted by code. */
  readonly diagnostics: readonly SdpDiagnostic[];
}

/** What {@link formatAncMedia} writes. */
export interface AncMediaInit {
  /** Default 0. */
  readonly port?: number;
  /** 0 to 127. */
  readonly payloadType: number;
  /** Default 90000. */
  readonly clockRate?: number;
  /** Default: none, so that anything may occur. */
  readonly parameters?: AncMediaParameters;
  /** Lines after the media line: `c=`, `a=mid:`, `a=ts-refclk:` and so on. */
  readonly otherLines?: readonly string[];
}

/**
 * The first media section that carries ancillary data, in a whole session description or a part of one. `undefined`
 * when there is none. Never throws: what is wrong with the parameters is in `diagnostics`. Lines end with CR LF or LF.
 */
export function parseAncMedia(sdp: string): AncMedia | undefined {
  for (const section of mediaSections(sdp)) {
    const media = parseSection(section);
    if (media !== undefined) return media;
  }
  return undefined;
}

/** All media sections that carry ancillary data, in order. */
export function parseAllAncMedia(sdp: string): AncMedia[] {
  return mediaSections(sdp).flatMap((section) => parseSection(section) ?? []);
}

/**
 * A media section, lines ended by CR LF (RFC 8331 4.1).
 * @throws {RangeError} when a value does not fit its place
 */
export function formatAncMedia(media: AncMediaInit): string {
  const { port = 0, payloadType, clockRate = DEFAULT_CLOCK_RATE, parameters } = media;
  fits("port", port, 0xffff);
  fits("payloadType", payloadType, 0x7f);
  fits("clockRate", clockRate, 0xffff_ffff);
  const lines = [`m=video ${port} RTP/AVP ${payloadType}`];
  for (const line of media.otherLines ?? []) {
    if (!/^[a-z]=[^\r\n]*$/i.test(line)) {
      throw new RangeError(`otherLines: ${JSON.stringify(line)} is not a line of SDP`);
    }
    lines.push(line);
  }
  lines.push(`a=rtpmap:${payloadType} smpte291/${clockRate}`);
  const fmtp = parameters === undefined ? "" : formatFmtp(parameters);
  if (fmtp !== "") lines.push(`a=fmtp:${payloadType} ${fmtp}`);
  return lines.map((line) => `${line}\r\n`).join("");
}

function mediaSections(sdp: string): string[][] {
  const sections: string[][] = [];
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith("m=")) sections.push([line]);
    else if (line !== "") sections.at(-1)?.push(line);
  }
  return sections;
}

function parseSection(section: readonly string[]): AncMedia | undefined {
  const [mediaLine = "", ...lines] = section;
  const media = /^m=video\s+(\d+)(?:\/\d+)?\s+\S+((?:\s+\d+)+)\s*$/i.exec(mediaLine);
  if (media === null) return undefined;
  const attributes = lines.map(parseAttribute);
  const clockRates = new Map<number, number>();
  for (const { name, payloadType, value } of attributes) {
    const clockRate = name === "rtpmap" ? /^smpte291\/(\d+)$/i.exec(value)?.[1] : undefined;
    if (clockRate !== undefined) clockRates.set(payloadType, Number(clockRate));
  }
  const formats = (media[2] as string).trim().split(/\s+/).map(Number);
  const payloadType = formats.find((format) => clockRates.has(format));
  if (payloadType === undefined) return undefined;

  const fmtp: string[] = [];
  const otherLines: string[] = [];
  for (const { name, payloadType: format, value, line } of attributes) {
    if (format !== payloadType) otherLines.push(line);
    else if (name === "fmtp") fmtp.push(value);
    else if (name !== "rtpmap") otherLines.push(line);
  }
  return {
    port: Number(media[1]),
    payloadType,
    clockRate: clockRates.get(payloadType) as number,
    ...parseFmtp(fmtp.join(";")),
    otherLines,
  };
}

interface Attribute {
  /** Empty, as the rest is, for a line that is no `a=<name>:<payload type> <value>`. */
  readonly name: string;
  readonly payloadType: number;
  readonly value: string;
  readonly line: string;
}

function parseAttribute(line: string): Attribute {
  const [, name = "", format = "", value = ""] = /^a=([a-z]+):(\d+)(?:\s+(.*))?$/i.exec(line) ?? [];
  const payloadType = format === "" ? Number.NaN : Number(format);
  return { name: name.toLowerCase(), payloadType, value: value.trim(), line };
}
