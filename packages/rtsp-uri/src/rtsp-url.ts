import { FormatError } from "@x/bits";
import { badCharacter, describeCharacter, trimmed, type UriErrorCode } from "./uri-error.js";
import { joinUri, splitUri } from "./uri-reference.js";
import { wireUri } from "./wire-uri.js";

/** Lower transports a scheme allows, in the order to try them; `http`: RTSP tunnelled in a GET and a POST. */
export type LowerTransport = "udp" | "udp-mcast" | "tcp" | "http";

/** Schemes people type. Those that end in `t`, `u` or `h` choose a lower transport (GStreamer's meaning). */
export type RtspScheme =
  | "rtsp"
  | "rtspu"
  | "rtspt"
  | "rtsph"
  | "rtsps"
  | "rtspsu"
  | "rtspst"
  | "rtspsh";

const TRANSPORTS: Readonly<Record<string, readonly LowerTransport[]>> = {
  "": ["udp", "udp-mcast", "tcp"],
  u: ["udp", "udp-mcast"],
  t: ["tcp"],
  h: ["http"],
};

/** User and password of a URL, percent-decoded. Printing, spreading and JSON do not show them. */
export class RtspCredentials {
  readonly #username: string;
  readonly #password: string;

  constructor(username: string, password: string) {
    this.#username = username;
    this.#password = password;
  }

  get username(): string {
    return this.#username;
  }

  /** Empty when the URL has a user only. */
  get password(): string {
    return this.#password;
  }
}

/** What a user's URL says about the connection, apart from what goes on the wire. */
export interface RtspUrl {
  readonly scheme: RtspScheme;
  /** RTSP over TLS. */
  readonly tls: boolean;
  readonly lowerTransports: readonly LowerTransport[];
  /** As typed, without the brackets of an IPv6 literal and without zone. */
  readonly host: string;
  /** IPv6 zone (`eth0` of `[fe80::1%25eth0]`). */
  readonly zone: string | undefined;
  /** What to connect to: the host, with `%zone` where there is one. */
  readonly address: string;
  /** `ports[0]`. */
  readonly port: number;
  /** The explicit port alone, else the scheme's defaults in the order to try them. */
  readonly ports: readonly number[];
  readonly credentials: RtspCredentials | undefined;
  /** The wire form, for request lines: lower-case scheme, a missing path stays missing. */
  readonly requestUri: string;
  /** The URL with `***` in place of userinfo. */
  toString(): string;
}

export interface ParseRtspUrlOptions {
  /** First port for TLS without a port: 322 (RFC 7826 22.14, FFmpeg) or 554 (GStreamer). The other is second. Default 554. */
  readonly tlsDefaultPort?: number;
}

/**
 * Parse a URL as users type it (RFC 2326 3.2, RFC 7826 4.2, GStreamer's transport schemes). Blanks around it are
 * dropped. Non-ASCII octets stay; a character above U+00FF is refused because no octet could be meant.
 *
 * @throws {FormatError} `scheme`, `host`, `port` or `character`; the message never shows the userinfo.
 */
export function parseRtspUrl(url: string, options: ParseRtspUrlOptions = {}): RtspUrl {
  const text = trimmed(url);
  const bad = badCharacter(text);
  if (bad !== -1) throw urlError("character", describeCharacter(text, bad), bad);
  const parts = splitUri(text);
  const scheme = parts.scheme?.toLowerCase() ?? "";
  const kind = /^rtsp(s?)([uth]?)$/.exec(scheme);
  if (kind === null || parts.authority === undefined) {
    throw urlError("scheme", "not an RTSP URL", 0);
  }
  const at = parts.authority.lastIndexOf("@");
  const hostPort = parts.authority.slice(at + 1);
  const offset = scheme.length + 3 + at + 1;
  const match = HOST_PORT.exec(hostPort);
  if (match === null) throw urlError("host", "missing or malformed", offset);
  const [, literal, zone, name, digits = ""] = match;
  const host = literal ?? (name as string);
  // RFC 3986 3.2.3 allows `host:` with an empty port, which means the default.
  const port = digits === "" ? undefined : Number(digits);
  if (port !== undefined && !(/^\d+$/.test(digits) && port > 0 && port < 65536)) {
    throw urlError("port", "not 1 to 65535", offset + hostPort.length - digits.length);
  }
  const tls = kind[1] === "s";
  const transport = kind[2] as string;
  const ports = port === undefined ? defaultPorts(tls, transport, options) : [port];
  return {
    scheme: scheme as RtspScheme,
    tls,
    lowerTransports: TRANSPORTS[transport] as readonly LowerTransport[],
    host,
    zone,
    address: zone === undefined ? host : `${host}%${zone}`,
    port: ports[0] as number,
    ports,
    credentials: at === -1 ? undefined : credentialsOf(parts.authority.slice(0, at)),
    requestUri: wireUri(joinUri({ ...parts, scheme })),
    toString: () => redactUrl(text),
  };
}

/** A text with the userinfo of every URL in it, and the values of password-like query keys, replaced by `***`. */
export function redactUrl(text: string): string {
  return text
    .replace(/([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s/?#]*@/g, "$1***@")
    .replace(/([?&](?:pass\w*|pwd)=)[^\s&#]*/gi, "$1***");
}

/** IPv6 literal, zone (RFC 6874: after %25; a bare % is what people copy from `ip addr`), name, port. */
const HOST_PORT = /^(?:\[([0-9A-F:.]*:[0-9A-F:.]*)(?:%(?:25)?([^\]%]+))?\]|([^:[\]]+))(?::(.*))?$/i;

function defaultPorts(tls: boolean, transport: string, options: ParseRtspUrlOptions): number[] {
  const { tlsDefaultPort = 554 } = options;
  const ports = tls ? [tlsDefaultPort, 554, 322] : [554];
  if (transport === "h") ports.push(tls ? 443 : 80);
  return [...new Set(ports)];
}

function credentialsOf(userinfo: string): RtspCredentials {
  const [username = "", ...password] = userinfo.split(":");
  return new RtspCredentials(percentDecoded(username), percentDecoded(password.join(":")));
}

/** Escapes as UTF-8; what is none, or no escape, stays. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9A-F]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function urlError(code: UriErrorCode, message: string, offset: number): Error {
  return new FormatError(code, message, { field: "requestUri", offset, clause: "RFC 7826 4.2" });
}
