import { isAbsoluteUri } from "./wire-uri.js";

/**
 * Whose string concatenation: `one-slash`: ours, exactly one `/` at the joint; `gstreamer`: rtspsrc with
 * `force-non-compliant-url=true`; `ffmpeg`: libavformat; `live555`: RTSPClient, so VLC and openRTSP too.
 */
export type ConcatRule = "one-slash" | "gstreamer" | "ffmpeg" | "live555";

/**
 * Append a control attribute to a base as strings, the way many servers expect against RFC 2326 C.1.1. Peers' rules
 * are followed to the character, defects included; an absolute `control` is what each of them makes of it.
 */
export function joinConcat(base: string, control: string, rule: ConcatRule = "one-slash"): string {
  switch (rule) {
    case "one-slash":
      return isAbsoluteUri(control) ? control : concatenate(base, control);
    case "gstreamer":
      return joinGstreamer(base, control);
    case "ffmpeg":
      // Any colon makes it absolute; a leading slash is not looked at.
      return control.includes(":") ? control : append(base, control);
    case "live555":
      if (/^[^/]*:/.test(control)) return control;
      return control.startsWith("/") ? base + control : append(base, control);
    default:
      throw new RangeError(`unknown rule ${rule satisfies never}`);
  }
}

/** Both joined by exactly one `/`; `control` is relative. */
export function concatenate(base: string, control: string): string {
  const left = base.endsWith("/") ? base.slice(0, -1) : base;
  const right = control.startsWith("/") ? control.slice(1) : control;
  return `${left}/${right}`;
}

function append(base: string, control: string): string {
  return base.endsWith("/") ? base + control : `${base}/${control}`;
}

/** rtspsrc tests the end of the control where it means the start, and joins absolute controls and `*` as well. */
function joinGstreamer(base: string, control: string): string {
  const baseSlash = base.endsWith("/");
  if (baseSlash !== control.endsWith("/")) return base + control;
  return baseSlash ? base + control.slice(1) : `${base}/${control}`;
}
