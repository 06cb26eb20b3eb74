import type { FormatIssue } from "@x/bits";
import {
  type AggregateRule,
  aggregateCandidates,
  type Bases,
  type Candidate,
  isStrict,
  mediaCandidates,
  type Preference,
} from "./candidates.js";
import { parseRtspUrl } from "./rtsp-url.js";
import { badCharacter, describeCharacter, trimmed, type UriErrorCode } from "./uri-error.js";
import { isAbsoluteUri, resolveControl, wireUri } from "./wire-uri.js";

/** What DESCRIBE gave. `null` and `undefined` both mean that the header or attribute is absent. */
export interface PresentationInput {
  /** The URL of DESCRIBE, after redirects; credentials and transport schemes may be in it. */
  readonly requestUri: string;
  /** From the response to DESCRIBE (or OPTIONS) only: other responses misuse the header. */
  readonly contentBase?: string | null | undefined;
  readonly contentLocation?: string | null | undefined;
  /** Session-level `a=control:`. */
  readonly sessionControl?: string | null | undefined;
  /** Media-level `a=control:`, one entry for each `m=` line. */
  readonly mediaControls: readonly (string | null | undefined)[];
}

export interface PresentationOptions {
  /** `"concat"` is GStreamer's `force-non-compliant-url=true`, without its slash defects. Default `"rfc"`. */
  readonly prefer?: Preference;
}

/** What is odd in a presentation. `offset` counts octets from the start of the value that `field` names. */
export type UriIssue = FormatIssue<UriErrorCode>;

/** The URIs for one `m=` line, all in wire form. */
export interface MediaUris {
  /** The one URI that follows from the RFCs; `undefined` when there is none. */
  readonly setup: string | undefined;
  /** URIs in the order to try them; empty when the control attribute cannot be sent. */
  readonly candidates: readonly Candidate[];
}

/** Every URI of a presentation, in wire form: no credentials, no fragment, no blanks. */
export interface Presentation {
  /** For OPTIONS and DESCRIBE. */
  readonly requestUri: string;
  /** What relative controls are relative to. */
  readonly base: string;
  /** For PLAY, PAUSE and TEARDOWN by the RFCs. */
  readonly aggregate: string;
  /** For PLAY, PAUSE and TEARDOWN in the order to try them; then come the URIs of the media. */
  readonly aggregates: readonly Candidate<AggregateRule>[];
  readonly media: readonly MediaUris[];
  readonly issues: readonly UriIssue[];
}

/**
 * Compute the URIs for SETUP and PLAY (RFC 2326 C.1.1, RFC 7826 D.1.1) and what else to try when a server does not
 * follow them.
 *
 * @throws {FormatError} when the request URI is no RTSP URL. Whatever the server sent becomes an issue at most.
 */
export function resolvePresentation(
  input: PresentationInput,
  options: PresentationOptions = {},
): Presentation {
  const { prefer = "rfc" } = options;
  const issues: UriIssue[] = [];
  const { requestUri } = parseRtspUrl(input.requestUri);
  const base =
    baseFrom(requestUri, input.contentBase, "contentBase", issues) ??
    baseFrom(requestUri, input.contentLocation, "contentLocation", issues) ??
    requestUri;

  const control = checked(input.sessionControl, "sessionControl", "warning", issues);
  const isWholeBase = !control || control === "*";
  const aggregate = isWholeBase ? base : resolveControl(base, control);
  const session = !isWholeBase && isAbsoluteUri(control) ? wireUri(control) : undefined;

  const bases: Bases = { requestUri, base, session };
  const single = input.mediaControls.length === 1;
  const media = input.mediaControls.map((value, index): MediaUris => {
    const field = `mediaControls[${index}]`;
    const mediaControl = checked(value, field, "error", issues);
    if (mediaControl === null) return { setup: undefined, candidates: [] };
    const candidates = mediaCandidates(mediaControl, bases, single, prefer);
    // RFC 2326 C.3: a missing control means the aggregate, but only for a single medium.
    if (mediaControl === undefined && single) return { setup: aggregate, candidates };
    if (mediaControl === undefined)
      issues.push(warning("no-control", field, "a=control is missing"));
    return { setup: candidates.find(isStrict)?.uri, candidates };
  });
  const aggregates = aggregateCandidates(bases, aggregate);
  return { requestUri, base, aggregate, aggregates, media, issues };
}

/** The grammar allows absolute URIs only; peers that take a relative one literally put it on the request line. */
function baseFrom(
  requestUri: string,
  value: string | null | undefined,
  field: string,
  issues: UriIssue[],
): string | undefined {
  const reference = checked(value, field, "warning", issues);
  if (!reference) return undefined;
  if (!isAbsoluteUri(reference)) {
    issues.push(warning("relative-base", field, "not an absolute URI"));
  }
  return resolveControl(requestUri, reference);
}

/**
 * The value without blanks around it; `null` when a character inside would end the request line early. Then a medium
 * cannot be set up, whereas a header or a session control counts as absent.
 */
function checked(
  value: string | null | undefined,
  field: string,
  severity: UriIssue["severity"],
  issues: UriIssue[],
): string | null | undefined {
  if (value === null || value === undefined) return undefined;
  const text = trimmed(value);
  const bad = badCharacter(text);
  if (bad !== -1) {
    const message = describeCharacter(text, bad);
    issues.push({ code: "character", severity, offset: value.indexOf(text) + bad, field, message });
    return null;
  }
  if (isAbsoluteUri(text) && !/^rtsps?[uth]?:/i.test(text)) {
    issues.push(warning("foreign-scheme", field, "not an RTSP scheme"));
  }
  return text;
}

function warning(code: UriErrorCode, field: string, message: string): UriIssue {
  return { code, severity: "warning", offset: 0, field, message };
}
