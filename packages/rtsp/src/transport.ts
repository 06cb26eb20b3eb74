import { FormatError } from "@x/bits";

/** One way to carry a medium (RFC 2326 12.39, RFC 7826 18.54). What a response leaves out is `undefined`. */
export interface TransportSpec {
  /** `RTP`. */
  readonly protocol: string;
  /** `AVP`, `SAVP`, `AVPF`… */
  readonly profile: string;
  /** Absent means UDP. Upper case in the standards. */
  readonly lowerTransport?: string | undefined;
  readonly delivery?: "unicast" | "multicast" | undefined;
  readonly destination?: string | undefined;
  readonly source?: string | undefined;
  /** First and last channel, 8 bits; one alone stands for itself. */
  readonly interleaved?: NumberRange | undefined;
  /** Multicast ports. */
  readonly port?: NumberRange | undefined;
  readonly clientPort?: NumberRange | undefined;
  readonly serverPort?: NumberRange | undefined;
  readonly ttl?: number | undefined;
  /** 32 bits. */
  readonly ssrc?: number | undefined;
  /** `PLAY`, `RECORD`; with commas when several. */
  readonly mode?: string | undefined;
  /** RTSP 2.0: `"host:port"` each, without quotes; the second is for RTCP. */
  readonly destAddr?: readonly string[] | undefined;
  readonly srcAddr?: readonly string[] | undefined;
  /** Parameters that are unknown here, or whose value is malformed, verbatim: `RTCP-mux`, `layers=1`. */
  readonly other?: readonly string[] | undefined;
}

/** `4588-4589`; `last` is `first` for a single number. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Parse a Transport header. Never fails over a parameter: what is malformed is kept in `other`.
 *
 * @throws {FormatError} `syntax` when there is no transport protocol at all.
 */
export function parseTransport(value: string): TransportSpec[] {
  const specs = splitOutsideQuotes(value, ",").filter((text) => text.trim() !== "");
  if (specs.length === 0) throw missingProtocol(value);
  return specs.map(parseSpec);
}

/** Write a Transport header: the inverse of {@link parseTransport} but for order and blanks. */
export function formatTransport(specs: readonly TransportSpec[]): string {
  return specs.map(formatSpec).join(",");
}

function parseSpec(text: string): TransportSpec {
  const [id = "", ...parameters] = splitOutsideQuotes(text, ";").map((part) => part.trim());
  const [protocol, profile, lowerTransport] = id.split("/");
  if (!protocol || !profile) throw missingProtocol(text);
  const spec: { -readonly [K in keyof TransportSpec]: TransportSpec[K] } = { protocol, profile };
  if (lowerTransport) spec.lowerTransport = lowerTransport.toUpperCase();
  const other = parameters.filter((parameter) => parameter !== "" && !assign(spec, parameter));
  if (other.length > 0) spec.other = other;
  return spec;
}

type MutableSpec = { -readonly [K in keyof TransportSpec]: TransportSpec[K] };

/** @returns whether the parameter was understood; one that comes twice is not. */
function assign(spec: MutableSpec, parameter: string): boolean {
  const [, name = "", text] = /^([^=\s]*)\s*(?:=\s*(.*))?$/s.exec(parameter) ?? [];
  const value = text === undefined ? undefined : unquoted(text);
  switch (name.toLowerCase()) {
    case "unicast":
    case "multicast":
      return value === undefined && set(spec, "delivery", name.toLowerCase() as "unicast");
    case "destination":
      return set(spec, "destination", value || undefined);
    case "source":
      return set(spec, "source", value || undefined);
    case "mode":
      return set(spec, "mode", value || undefined);
    case "interleaved":
      return set(spec, "interleaved", rangeOf(value, 0xff));
    case "port":
      return set(spec, "port", rangeOf(value, 0xffff));
    case "client_port":
      return set(spec, "clientPort", rangeOf(value, 0xffff));
    case "server_port":
      return set(spec, "serverPort", rangeOf(value, 0xffff));
    case "ttl":
      return set(spec, "ttl", rangeOf(value, 0xff)?.first);
    case "ssrc":
      return set(
        spec,
        "ssrc",
        /^[0-9a-f]{1,8}$/i.test(value ?? "") ? Number.parseInt(value ?? "", 16) : undefined,
      );
    case "dest_addr":
      return set(spec, "destAddr", addressesOf(text));
    case "src_addr":
      return set(spec, "srcAddr", addressesOf(text));
    default:
      return false;
  }
}

function set<K extends keyof TransportSpec>(
  spec: MutableSpec,
  key: K,
  value: MutableSpec[K],
): boolean {
  if (value === undefined || spec[key] !== undefined) return false;
  spec[key] = value;
  return true;
}

function rangeOf(value: string | undefined, max: number): NumberRange | undefined {
  const match = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(value ?? "");
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first <= last && last <= max ? { first, last } : undefined;
}

/** `"192.0.2.5:3456"/"192.0.2.5:3457"` (RFC 7826 18.54). */
function addressesOf(text: string | undefined): string[] | undefined {
  const value = text?.trim() ?? "";
  if (!/^"[^"]*"(?:\s*\/\s*"[^"]*")*$/.test(value)) return undefined;
  return [...value.matchAll(/"([^"]*)"/g)].map(([, address = ""]) => address);
}

function formatSpec(spec: TransportSpec): string {
  const lower = spec.lowerTransport === undefined ? "" : `/${spec.lowerTransport}`;
  const parts = [`${spec.protocol}/${spec.profile}${lower}`];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) parts.push(`${name}=${value}`);
  };
  if (spec.delivery !== undefined) parts.push(spec.delivery);
  add("destination", spec.destination);
  add("source", spec.source);
  add("interleaved", formatRange(spec.interleaved));
  add("port", formatRange(spec.port));
  add("client_port", formatRange(spec.clientPort));
  add("server_port", formatRange(spec.serverPort));
  add("ttl", spec.ttl);
  add("ssrc", spec.ssrc?.toString(16).toUpperCase().padStart(8, "0"));
  add("mode", spec.mode === undefined ? undefined : `"${spec.mode}"`);
  add("dest_addr", spec.destAddr?.map((address) => `"${address}"`).join("/"));
  add("src_addr", spec.srcAddr?.map((address) => `"${address}"`).join("/"));
  return [...parts, ...(spec.other ?? [])].join(";");
}

function formatRange(range: NumberRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  return range.first === range.last ? String(range.first) : `${range.first}-${range.last}`;
}

function unquoted(text: string): string {
  return text.trim().replace(/^"(.*)"$/s, "$1");
}

/** An open quote ends at the end of the text. */
function splitOutsideQuotes(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "\\" && quoted) i++;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function missingProtocol(value: string): FormatError<"syntax"> {
  return new FormatError("syntax", `no transport protocol in ${JSON.stringify(value)}`, {
    field: "Transport",
    offset: 0,
    clause: "RFC 2326 12.39",
  });
}
