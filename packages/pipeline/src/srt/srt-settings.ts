import type { PropertyValues } from "../properties.js";
import { SRT_OPTION, SRT_OPTION_TYPE } from "./srt-binding.js";

/** Properties that srtsrc and srtsink share; what is set here counts more than what the URI says. */
export const SRT_PROPERTIES = {
  uri: {
    type: "string",
    default: "srt://127.0.0.1:7001",
    description:
      "srt://HOST:PORT?mode=…&latency=…&passphrase=…&pbkeylen=…&streamid=…; without HOST: listener",
  },
  mode: {
    type: "enum",
    default: "none",
    values: ["none", "caller", "listener", "rendezvous"],
    description: "Who connects to whom; none: as the URI says, else caller",
  },
  latency: {
    type: "integer",
    default: undefined,
    min: 0,
    max: 0x7fffffff,
    description: "Milliseconds for retransmission, the larger one of both ends counts; unset: 125",
  },
  passphrase: {
    type: "string",
    default: undefined,
    description: "Encrypts, 10 to 79 characters",
  },
  pbkeylen: {
    type: "integer",
    default: undefined,
    min: 0,
    max: 32,
    description: "Bytes of the key: 16, 24 or 32; 0: as the other end wants",
  },
  streamid: {
    type: "string",
    default: undefined,
    description: "What a caller tells the listener, 512 bytes at most",
  },
  localaddress: { type: "string", default: undefined, description: "Address to bind" },
  localport: {
    type: "integer",
    default: undefined,
    min: 0,
    max: 65_535,
    description: "Port to bind; unset: 7001 for a listener, any for a caller",
  },
  "poll-timeout": {
    type: "integer",
    default: undefined,
    min: -1,
    max: 0x7fffffff,
    description: "Milliseconds without data after which a message is posted; unset or -1: never",
  },
  "auto-reconnect": {
    type: "boolean",
    default: true,
    description: "A caller tries again when it cannot connect or has lost the connection",
  },
} as const;

export type SrtMode = "caller" | "listener" | "rendezvous";

/** An SRT URI taken apart; nothing is checked against each other. */
export interface SrtUri {
  /** `undefined` when it is empty. Without brackets. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What an element shall do. */
export interface SrtSettings {
  readonly mode: SrtMode;
  /** Whom to call; `undefined` for a listener. */
  readonly remote: { readonly host: string; readonly port: number } | undefined;
  /** Where to bind; `undefined` for a caller that may come from anywhere. */
  readonly local: { readonly host: string | undefined; readonly port: number } | undefined;
  readonly pollTimeoutMs: number;
  readonly autoReconnect: boolean;
  /** For libsrt, before anything else is done with a socket. */
  readonly options: readonly (readonly [
    name: keyof typeof SRT_OPTION,
    value: number | bigint | boolean | string,
  ])[];
  /** Parameters of the URI that mean nothing here. */
  readonly unknown: readonly string[];
}

const DEFAULT_PORT = 7001;
const DEFAULT_LATENCY_MS = 125;
/** Handled one by one; all other names of {@link SRT_OPTION} go to libsrt as they are. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  "sndsyn",
  "rcvsyn",
  "sender",
  "latency",
  "passphrase",
  "pbkeylen",
  "streamid",
  "ipv6only",
]);

/**
 * Take `srt://HOST:PORT?name=value&…` apart. Values are percent-decoded; a `#` needs no escape, because stream ids begin
 * with one.
 * @throws {RangeError} with one sentence
 */
export function parseSrtUri(uri: string): SrtUri {
  const found =
    /^srt:\/\/(?:\[([\da-f:.%\w]+)\]|([^:/?#[\]@\s]*))(?::(\d{1,5}))?\/?(?:\?(.*))?$/is.exec(uri);
  const port = found?.[3] === undefined ? undefined : Number(found[3]);
  if (found === null || (port ?? 0) > 65_535) {
    throw new RangeError(`"${shown(uri)}" is not of the form srt://HOST:PORT?name=value`);
  }
  const parameters = new Map<string, string>();
  for (const part of found[4]?.split("&") ?? []) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    parameters.set(decode(name, uri), equals < 0 ? "" : decode(part.slice(equals + 1), uri));
  }
  return { host: found[1] ?? (found[2] || undefined), port, parameters };
}

/** Without what may be secret. */
function shown(uri: string): string {
  return uri.replace(/\?.*$/s, "");
}

function decode(text: string, uri: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError(`"${shown(uri)}" has a wrong percent escape in what follows`);
  }
}

/**
 * What properties and URI together mean, as GStreamer reads them: without a host a listener, else a caller; the host of
 * a listener is where it binds, and a rendezvous binds the port that it calls.
 * @throws {RangeError} with one sentence
 */
export function srtSettings(properties: PropertyValues<typeof SRT_PROPERTIES>): SrtSettings {
  const { host, port, parameters } = parseSrtUri(properties.uri);
  const left = new Map(parameters);
  const take = (name: string): string | undefined => {
    const value = left.get(name);
    left.delete(name);
    return value;
  };
  const takeNumber = (name: keyof typeof properties & string): number | undefined => {
    const text = take(name);
    const set = properties[name];
    return typeof set === "number" ? set : text === undefined ? undefined : integer(name, text);
  };

  const named = take("mode");
  const mode =
    properties.mode === "none" ? (named ?? (host ? "caller" : "listener")) : properties.mode;
  if (mode !== "caller" && mode !== "listener" && mode !== "rendezvous") {
    throw new RangeError(`mode: "${mode}" is none of caller, listener, rendezvous`);
  }
  const localHost = properties.localaddress ?? take("localaddress");
  left.delete("localaddress");
  const localPort = takeNumber("localport");
  const listens = mode === "listener";
  if (!listens && (host === undefined || port === undefined)) {
    throw new RangeError(`"${shown(properties.uri)}": a ${mode} needs host and port`);
  }
  let local: SrtSettings["local"];
  if (listens) local = { host: localHost ?? host, port: localPort ?? port ?? DEFAULT_PORT };
  else if (mode === "rendezvous") local = { host: localHost, port: localPort ?? (port as number) };
  else if (localHost !== undefined || localPort !== undefined) {
    local = { host: localHost, port: localPort ?? 0 };
  }

  const options: [keyof typeof SRT_OPTION, number | bigint | boolean | string][] = [];
  options.push(["latency", takeNumber("latency") ?? DEFAULT_LATENCY_MS]);
  const passphrase = properties.passphrase ?? parameters.get("passphrase") ?? "";
  left.delete("passphrase");
  if (passphrase !== "") {
    const { length } = new TextEncoder().encode(passphrase);
    if (length < 10 || length > 79) {
      throw new RangeError(`passphrase: has ${length} bytes, it must have 10 to 79`);
    }
    options.push(["passphrase", passphrase]);
  }
  const keyLength = takeNumber("pbkeylen") ?? 0;
  if (![0, 16, 24, 32].includes(keyLength)) {
    throw new RangeError(`pbkeylen: ${keyLength} is none of 0, 16, 24, 32`);
  }
  if (keyLength > 0) options.push(["pbkeylen", keyLength]);
  const streamId = properties.streamid ?? parameters.get("streamid") ?? "";
  left.delete("streamid");
  if (new TextEncoder().encode(streamId).length > 512) {
    throw new RangeError("streamid: has more than 512 bytes");
  }
  if (streamId !== "") options.push(["streamid", streamId]);
  const pollTimeoutMs = takeNumber("poll-timeout") ?? -1;
  const reconnect = take("auto-reconnect");
  const autoReconnect =
    properties["auto-reconnect"] && (reconnect === undefined || truth("auto-reconnect", reconnect));

  for (const [name, text] of left) {
    const option = name as keyof typeof SRT_OPTION;
    if (!Object.hasOwn(SRT_OPTION, name) || OWN_OPTIONS.has(name)) continue;
    options.push([option, optionValue(option, text)]);
    left.delete(name);
  }
  return {
    mode,
    remote: listens ? undefined : { host: host as string, port: port as number },
    local,
    pollTimeoutMs,
    autoReconnect,
    options,
    unknown: [...left.keys()],
  };
}

function optionValue(
  name: keyof typeof SRT_OPTION,
  text: string,
): number | bigint | boolean | string {
  switch (SRT_OPTION_TYPE[name]) {
    case "boolean":
      return truth(name, text);
    case "string":
      return text;
    case "int64":
      return BigInt(integer(name, text));
    default:
      return integer(name, text);
  }
}

function integer(name: string, text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  const limit = SRT_OPTION_TYPE[name as keyof typeof SRT_OPTION] === "int64" ? 2 ** 53 : 2 ** 31;
  if (!(Math.abs(value) < limit)) throw new RangeError(`${name}: "${text}" is no integer`);
  return value;
}

function truth(name: string, text: string): boolean {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw new RangeError(`${name}: "${text}" is neither true nor false`);
}
