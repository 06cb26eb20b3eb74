import { latin1 } from "./octets.js";

/** One `m=` line with its control attribute: all of SDP that RTSP itself needs (RFC 2326 C.1). */
export interface SdpMedia {
  /** After `m=`: `video 0 RTP/AVP 96`. */
  readonly line: string;
  /** Its first word: `video`, `audio`, `application`… */
  readonly kind: string;
  /** `a=control:` as it stands. */
  readonly control: string | undefined;
}

/** The control attributes of a session description. */
export interface SdpControls {
  readonly sessionControl: string | undefined;
  readonly media: readonly SdpMedia[];
}

/**
 * Find the control attributes of an SDP; for everything else in it use an SDP parser. Octets stay octets, the first
 * attribute of a section counts, and lines may end in CR, LF or both. Never throws.
 */
export function sdpControls(sdp: Uint8Array): SdpControls {
  let sessionControl: string | undefined;
  const media: { line: string; kind: string; control: string | undefined }[] = [];
  for (const line of latin1(sdp, 0, sdp.length).split(/\r\n?|\n/)) {
    const last = media.at(-1);
    if (line.startsWith("m=")) {
      const text = line.slice(2);
      media.push({ line: text, kind: text.trim().split(/\s/)[0] as string, control: undefined });
      continue;
    }
    const control = /^a=control:(.*)$/is.exec(line)?.[1];
    if (control === undefined) continue;
    if (last === undefined) sessionControl ??= control;
    else last.control ??= control;
  }
  return { sessionControl, media };
}
