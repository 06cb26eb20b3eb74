/** An RTMP URL taken apart. */
export interface RtmpUrl {
  /** `rtmps`. */
  readonly tls: boolean;
  readonly host: string;
  /** 1935, or 443 with TLS, unless it is given; 0 makes sense to who listens only. */
  readonly port: number;
  /** The path without its last segment. */
  readonly app: string;
  /** The last segment, with the query. */
  readonly streamName: string;
  /** The URL without the stream name, as `connect` wants it. */
  readonly tcUrl: string;
}

const PATTERN = /^(rtmps?):\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d{1,5}))?\/([^#]*)$/i;

/**
 * Take `rtmp://host[:port]/app[/instance]/streamKey[?query]` apart.
 * @throws {TypeError} when it is none
 */
export function parseRtmpUrl(url: string): RtmpUrl {
  const match = PATTERN.exec(url);
  if (match === null) throw new TypeError(`not an RTMP URL: ${url}`);
  const [, scheme = "", host = "", portText, path = ""] = match;
  const query = path.indexOf("?");
  const slash = path.lastIndexOf("/", query < 0 ? path.length : query);
  const app = slash < 0 ? path : path.slice(0, slash);
  const streamName = slash < 0 ? "" : path.slice(slash + 1);
  const tls = scheme.toLowerCase() === "rtmps";
  const port = portText === undefined ? (tls ? 443 : 1935) : Number(portText);
  if (host === "" || port > 65535) throw new TypeError(`not an RTMP URL: ${url}`);
  const authority = portText === undefined ? host : `${host}:${portText}`;
  return {
    tls,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    app,
    streamName,
    tcUrl: `${scheme.toLowerCase()}://${authority}/${app}`,
  };
}

/**
 * Where a reconnect request points: to the stream of the same name under a `tcUrl`, which may be relative to the current
 * one, or missing (Enhanced RTMP v2, reconnect request).
 * @throws {TypeError} when that is no RTMP URL
 */
export function resolveRtmpUrl(tcUrl: string | undefined, current: RtmpUrl): RtmpUrl {
  if (tcUrl === undefined || tcUrl === "") return current;
  let target: URL;
  try {
    target = new URL(tcUrl, current.tcUrl);
  } catch {
    throw new TypeError(`not an RTMP URL: ${tcUrl}`);
  }
  const { protocol, host, pathname, search } = target;
  const app = `${pathname}${search}`.replace(/^\/+|\/+$/g, "");
  const absolute = `${protocol}//${host}/${app}`;
  const { streamName } = current;
  return { ...parseRtmpUrl(absolute), app, streamName, tcUrl: absolute };
}
