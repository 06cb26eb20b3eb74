import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type HandshakeInit, parseRtmpUrl, type RtmpUrl, resolveRtmpUrl } from "@x/eflv/rtmp";
import { type Caps, caps } from "../caps.js";
import type { ElementContext } from "../element.js";
import { describeSystemError } from "../errors.js";
import type { PropertyValues } from "../properties.js";

export const FLV_CAPS: Caps = caps("video/x-flv");

/** Properties that both elements of RTMP have. Names are those of GStreamer's `rtmp2sink` and `rtmp2src` where it has them. */
export const RTMP_PROPERTIES = {
  location: {
    type: "string",
    default: undefined,
    description:
      "rtmp:// or rtmps:// HOST[:PORT]/APP/KEY; mode=listen: where to listen, and the key to ask for",
  },
  timeout: {
    type: "integer",
    default: 5,
    min: 0,
    max: 3600,
    description:
      "Seconds within which the other side must answer, and take what is sent; 0: forever",
  },
  "chunk-size": {
    type: "integer",
    default: 4096,
    min: 128,
    max: 0xffffff,
    description: "Bytes of a chunk that is sent",
  },
  "flash-version": {
    type: "string",
    default: "FMLE/3.0 (compatible; x)",
    description: "What to call oneself",
  },
  "tls-ca-file": {
    type: "string",
    default: undefined,
    description: "PEM file of authorities to trust; unset: those of the system",
  },
  "tls-certificate-file": {
    type: "string",
    default: undefined,
    description: "PEM file of the own certificate, for rtmps:// with mode=listen",
  },
  "tls-key-file": {
    type: "string",
    default: undefined,
    description: "PEM file of its private key",
  },
} as const;

/** What the properties say. */
export interface RtmpSettings {
  readonly url: RtmpUrl;
  /** `undefined`: forever. */
  readonly timeoutMs: number | undefined;
  readonly chunkSize: number;
  readonly flashVersion: string;
  /** Paths of PEM files. */
  readonly tlsFiles: TlsFiles;
}

interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** @throws {TypeError} for a location that is missing or none */
export function rtmpSettings(properties: PropertyValues<typeof RTMP_PROPERTIES>): RtmpSettings {
  const { location, timeout } = properties;
  if (location === undefined) throw new TypeError("property location is not set");
  return {
    url: parseRtmpUrl(location),
    timeoutMs: timeout === 0 ? undefined : timeout * 1000,
    chunkSize: properties["chunk-size"],
    flashVersion: properties["flash-version"],
    tlsFiles: {
      ca: properties["tls-ca-file"],
      cert: properties["tls-certificate-file"],
      key: properties["tls-key-file"],
    },
  };
}

/**
 * The files' contents, for `node:tls`.
 * @throws {Error} with one sentence
 */
export async function readTlsFiles(
  files: TlsFiles,
): Promise<{ readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }> {
  const entries = Object.entries(files).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const read = async ([name, path]: [string, string]): Promise<[string, Buffer]> => {
    try {
      return [name, await readFile(path)];
    } catch (error) {
      throw new Error(`cannot read "${path}": ${describeSystemError(error)}`, { cause: error });
    }
  };
  return Object.fromEntries(await Promise.all(entries.map(read)));
}

/** A handshake of this moment. */
export function freshHandshake(): HandshakeInit {
  return { time: Math.floor(performance.now()), random: randomBytes(1528) };
}

/** Where a server is, without the stream's key, for messages. */
export function placeOf({ host, port }: Pick<RtmpUrl, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What a client asks for that means this stream; the stream's name is empty when any will do. */
export function pathOf({ app, streamName }: RtmpUrl): string {
  return `${app}/${streamName}`;
}

/** Say where clients may come to. */
export function postListening(
  context: ElementContext,
  { tls, host, app }: RtmpUrl,
  port: number,
): void {
  const text = `listening on ${tls ? "rtmps" : "rtmp"}://${placeOf({ host, port })}/${app}`;
  context.post({ type: "info", text, details: { port } });
}

/** The settings for the server that a reconnect request names; `undefined`, and a warning, when it is none to go to. */
export function followReconnect(
  settings: RtmpSettings,
  tcUrl: string | undefined,
  description: string,
  context: ElementContext,
): RtmpSettings | undefined {
  try {
    const url = resolveRtmpUrl(tcUrl, settings.url);
    if (settings.url.tls && !url.tls) throw new TypeError("the connection there has no TLS");
    const why = description === "" ? "" : `: ${description}`;
    context.post({ type: "info", text: `asked to go to ${placeOf(url)}${why}` });
    return { ...settings, url };
  } catch (error) {
    const text = `a reconnect request is not followed: ${(error as Error).message}`;
    context.post({ type: "warning", text });
    return undefined;
  }
}
