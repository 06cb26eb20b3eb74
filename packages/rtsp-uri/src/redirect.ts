import { parseRtspUrl, type RtspUrl } from "./rtsp-url.js";
import { trimmed } from "./uri-error.js";
import { resolveControl } from "./wire-uri.js";

/** Where a 3xx response leads. */
export interface RedirectTarget {
  /** Wire form. */
  readonly uri: string;
  /** The same host, and not from TLS to none: credentials may go there. */
  readonly sameHost: boolean;
}

/**
 * What a Location header means (RFC 2326 11.3, RFC 7826 18.28). A relative one is resolved against `requestUri`.
 * @returns `undefined` when it is absent or no RTSP URL.
 */
export function redirectTarget(
  requestUri: string,
  location: string | undefined,
): RedirectTarget | undefined {
  const reference = trimmed(location ?? "");
  if (reference === "") return undefined;
  let to: RtspUrl;
  try {
    to = parseRtspUrl(resolveControl(requestUri, reference));
  } catch {
    return undefined;
  }
  const from = parseRtspUrl(requestUri);
  const sameName = from.host.toLowerCase() === to.host.toLowerCase();
  return { uri: to.requestUri, sameHost: sameName && (to.tls || !from.tls) };
}
