import { concatenate } from "./join-concat.js";
import { joinUri, splitUri } from "./uri-reference.js";
import { isAbsoluteUri, resolveControl, wireUri } from "./wire-uri.js";

/**
 * How a URI for SETUP was made. B: base, S: absolute session control, R: request URI, c: the control attribute.
 *
 * - `rfc`, `session`, `rfc-request`: c resolved against B, S, R
 * - `concat`, `concat-base`, `concat-request`: c appended to S or else B, to B, to R, with one `/`
 * - `before-query`: c appended to the path of S or B, in front of the query
 * - `absolute`: c itself; `rehost`: one of the others with scheme and authority of R
 * - `aggregate`, `aggregate-lenient`: B, where c is `*`, empty or may be absent, and where it may not be absent
 * - `request`: R
 */
export type ControlRule =
  | "rfc"
  | "session"
  | "concat"
  | "concat-base"
  | "concat-request"
  | "before-query"
  | "rfc-request"
  | "rehost"
  | "absolute"
  | "aggregate"
  | "aggregate-lenient"
  | "request";

/** One URI to try, in wire form. */
export interface Candidate<Rule extends string = ControlRule> {
  readonly uri: string;
  /** The first rule that gave it. */
  readonly rule: Rule;
  /** All rules that gave it, `rule` included: a rule learned from another medium may hide behind a duplicate. */
  readonly rules: readonly Rule[];
}

/** Which URI comes first when RFC 3986 and string concatenation differ. */
export type Preference = "rfc" | "concat";

/** The bases of a presentation, in wire form. */
export interface Bases {
  /** R. */
  readonly requestUri: string;
  /** B. */
  readonly base: string;
  /** S: the session control where it is absolute. */
  readonly session: string | undefined;
}

/** The URIs for one medium; `control` is trimmed and has no characters that cannot be sent. */
export function mediaCandidates(
  control: string | undefined,
  bases: Bases,
  single: boolean,
  prefer: Preference,
): Candidate[] {
  const list = new CandidateList<ControlRule>();
  const { requestUri, base, session } = bases;
  if (control === undefined && !single) {
    list.add("aggregate-lenient", base);
  } else if (!control || control === "*") {
    list.add("aggregate", base);
    if (session !== undefined) list.add("session", session);
    list.add("request", requestUri);
  } else if (isAbsoluteUri(control)) {
    list.add("absolute", control);
    for (const { uri } of [...list.candidates]) {
      if (/^rtsps?:/i.test(uri)) addRehosted(list, uri, requestUri);
    }
  } else {
    const addConcatenations = (): void => {
      list.add("concat", concatenate(session ?? base, control));
      if (session !== undefined) list.add("concat-base", concatenate(base, control));
      list.add("concat-request", concatenate(requestUri, control));
    };
    if (prefer === "concat") addConcatenations();
    list.add("rfc", resolveControl(base, control));
    if (session !== undefined) list.add("session", resolveControl(session, control));
    addConcatenations();
    const beforeQuery = insertBeforeQuery(session ?? base, control);
    if (beforeQuery !== undefined) list.add("before-query", beforeQuery);
    list.add("rfc-request", resolveControl(requestUri, control));
    for (const { uri } of [...list.candidates]) addRehosted(list, uri, requestUri);
  }
  return list.candidates;
}

/** True for the URI that follows from RFC 2326 C.1.1, wherever it stands in the list. */
export function isStrict({ rules }: Candidate): boolean {
  return rules.some((rule) => /^(?:rfc|absolute|aggregate)$/.test(rule));
}

/**
 * How a URI for PLAY, PAUSE and TEARDOWN was made: `aggregate`: from the session control, else the base; `base` and
 * `base-no-slash`: the base, and without the `/` at its end; `request`: the request URI.
 */
export type AggregateRule = "aggregate" | "base" | "base-no-slash" | "request";

/** The URIs for aggregate control, in the order to try them on 404, 405, 454, 459 and 460. */
export function aggregateCandidates(bases: Bases, aggregate: string): Candidate<AggregateRule>[] {
  const list = new CandidateList<AggregateRule>();
  list.add("aggregate", bases.session ?? aggregate);
  list.add("aggregate", aggregate);
  list.add("base", bases.base);
  if (bases.base.endsWith("/")) list.add("base-no-slash", bases.base.slice(0, -1));
  list.add("request", bases.requestUri);
  return list.candidates;
}

function insertBeforeQuery(base: string, control: string): string | undefined {
  const mark = base.indexOf("?");
  if (mark === -1) return undefined;
  // Cameras that end the query with a slash mean it as the end of the whole base.
  const query = base.slice(mark + 1).replace(/\/$/, "");
  return `${concatenate(base.slice(0, mark), control)}?${query}`;
}

/** Behind NAT, servers write their private address: the same target at the authority that was connected to. */
function addRehosted(list: CandidateList<ControlRule>, uri: string, requestUri: string): void {
  const { authority, path, query } = splitUri(uri);
  const connection = splitUri(requestUri);
  if (authority === connection.authority) return;
  const { scheme } = connection;
  const rehosted = { scheme, authority: connection.authority, path, query, fragment: undefined };
  list.add("rehost", joinUri(rehosted));
}

/** Candidates in order, absolute URIs only, each once. */
class CandidateList<Rule extends string> {
  readonly candidates: { uri: string; rule: Rule; rules: Rule[] }[] = [];

  add(rule: Rule, uri: string): void {
    const wire = wireUri(uri);
    // A base without a host loses one of its two slashes to a concatenation.
    if (!isAbsoluteUri(wire)) return;
    const same = this.candidates.find((candidate) => candidate.uri === wire);
    if (same === undefined) this.candidates.push({ uri: wire, rule, rules: [rule] });
    else if (!same.rules.includes(rule)) same.rules.push(rule);
  }
}
