import type { Candidate, ControlRule } from "./candidates.js";
import type { Presentation } from "./presentation.js";
import { redirectTarget } from "./redirect.js";
import { SetupError, type SetupErrorCode } from "./setup-error.js";
import { splitUri } from "./uri-reference.js";

/** What the plan wants done next. */
export type SetupAction =
  /** Send SETUP, then report its outcome. */
  | SetupRequest
  /** Close the connection, wait, connect to the request URI's host, DESCRIBE again, then report `described`. */
  | { readonly type: "reconnect"; readonly delayMs: number }
  /** DESCRIBE `uri` (credentials only where `sameHost`), then report `described`. */
  | { readonly type: "redirect"; readonly uri: string; readonly sameHost: boolean }
  /** The server is busy: wait, then report `waited`. */
  | { readonly type: "wait"; readonly delayMs: number }
  /** Every medium is set up. */
  | { readonly type: "play" }
  | { readonly type: "failed"; readonly error: SetupError };

/** One SETUP to send. */
export interface SetupRequest {
  readonly type: "setup";
  /** Index into the presentation's media. */
  readonly media: number;
  readonly uri: string;
  readonly rule: ControlRule;
  /** Index into the transports that the caller offers. */
  readonly transport: number;
  /** Send Authorization (Proxy-Authorization after 407). */
  readonly credentials: boolean;
  /** Send the optional Require header. */
  readonly require: boolean;
  readonly version: "1.0" | "2.0";
}

/** What became of an action. */
export type SetupOutcome =
  | {
      readonly type: "response";
      /** Final status: interim (1xx) responses are the caller's to skip. */
      readonly status: number;
      readonly location?: string | undefined;
      /** Retry-After in seconds. */
      readonly retryAfter?: number | undefined;
      /** 401, 407: `stale=true`, or a nonce that the refused request did not use. */
      readonly freshChallenge?: boolean | undefined;
    }
  /** No (usable) response: the connection ended, nothing came within the timeout, or what came was no response. */
  | { readonly type: "closed" | "timeout" | "malformed" }
  /** DESCRIBE after `reconnect` or `redirect` gave this presentation. */
  | { readonly type: "described"; readonly presentation: Presentation }
  | { readonly type: "waited" };

/** One SETUP that was sent. */
export interface SetupAttempt {
  readonly media: number;
  readonly uri: string;
  readonly rule: ControlRule;
  readonly transport: number;
  /** Status code, `closed`, `timeout` or `malformed`. */
  readonly outcome: string;
}

/** A `Map` does; persist it to know each host's rule at the next start. */
export interface LearnedRules {
  get(host: string): string | undefined;
  set(host: string, rule: string): unknown;
}

export interface SetupPlanOptions {
  /** Media to set up. Default: all that have a candidate. */
  readonly media?: readonly number[] | undefined;
  /** How many transports the caller offers. Default 1. */
  readonly transports?: number | undefined;
  /** Whether the caller has credentials, and whether DESCRIBE needed them already. Default `"none"`. */
  readonly credentials?: "none" | "available" | "in-use" | undefined;
  /** The caller has a Require header that it can do without. Default `false`. */
  readonly require?: boolean | undefined;
  /** Default `"1.0"`. */
  readonly version?: "1.0" | "2.0" | undefined;
  /** Default 12, or two for each medium where that is more. */
  readonly maxSetups?: number | undefined;
  /** Default 3. */
  readonly maxReconnects?: number | undefined;
  /** Default 5. */
  readonly maxRedirects?: number | undefined;
  /** Longest Retry-After to obey, once. Default 30 s. */
  readonly maxWaitMs?: number | undefined;
  /** First pause after a network error; it doubles. Default 500 ms. */
  readonly backoffMs?: number | undefined;
  /** Which redirects to follow. `same-host` refuses to leave TLS, too. Default `"same-host"`. */
  readonly redirects?: "same-host" | "any" | "none" | undefined;
  /** Rules by authority (`host:port` as in the request URI); read at the start, written at `play`. */
  readonly learned?: LearnedRules | undefined;
}

/** What the plan knows about one medium. */
interface MediaState {
  readonly media: number;
  /** Index of a refused candidate to Retry-After in milliseconds, which is infinite without the header. */
  readonly refused: Map<number, number>;
}

/** The request in flight. */
interface Current {
  readonly state: MediaState;
  /** Into the medium's candidates: it outlives a new DESCRIBE that puts another session token into the URIs. */
  readonly index: number;
  readonly candidate: Candidate;
  transport: number;
  transportsTried: number;
  freshTried: boolean;
}

/**
 * Leads a client from DESCRIBE to PLAY through servers that want other URIs than the RFCs say: which SETUP to send,
 * and what to do after each response. It sends nothing and knows no time; the caller carries out `action` and reports.
 *
 * A URI that was refused is not sent again, unless what goes with it changes: transport, credentials, Require, version.
 * Only after a network error on a rule that has worked, or after a 503 that named a time, is the same request repeated.
 */
export class SetupPlan {
  readonly #options: SetupPlanOptions;
  readonly #attempts: SetupAttempt[] = [];
  #presentation: Presentation;
  #media: MediaState[] = [];
  /** Rules to prefer, the latest first: those that worked, a learned one, one that all media shall try. */
  #rules: ControlRule[] = [];
  #worked = new Set<ControlRule>();
  /** Media set up on this connection. */
  #done = 0;
  #current: Current | undefined;
  #transport = 0;
  #credentials: boolean;
  #require: boolean;
  #version: "1.0" | "2.0";
  #reconnects = 0;
  #redirects = 0;
  #backoffs = 0;
  #waited = false;
  #unauthorizedAsUri = false;
  #action: SetupAction;

  /** @throws {RangeError} when `options.media` names a medium that does not exist. */
  constructor(presentation: Presentation, options: SetupPlanOptions = {}) {
    this.#options = options;
    this.#credentials = options.credentials === "in-use";
    this.#require = options.require ?? false;
    this.#version = options.version ?? "1.0";
    this.#presentation = presentation;
    for (const media of options.media ?? []) {
      if (presentation.media[media] === undefined) throw new RangeError(`no medium ${media}`);
    }
    this.#enter();
    this.#action = this.#next();
  }

  /** What to do now. */
  get action(): SetupAction {
    return this.#action;
  }

  /** Every SETUP so far, in order. */
  get attempts(): readonly SetupAttempt[] {
    return this.#attempts;
  }

  /** The rule that succeeded last, or that is to be tried because it was learned. */
  get strategy(): ControlRule | undefined {
    return this.#rules[0];
  }

  /** Connections opened again so far. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /**
   * Say what became of {@link action}.
   * @returns the new action.
   * @throws {Error} when the outcome does not belong to the action: a programming mistake.
   */
  report(outcome: SetupOutcome): SetupAction {
    this.#action = this.#after(outcome);
    return this.#action;
  }

  #after(outcome: SetupOutcome): SetupAction {
    const { type } = this.#action;
    const lost = /^(?:closed|timeout|malformed)$/.test(outcome.type);
    if (type === "setup") {
      if (outcome.type === "response") return this.#afterResponse(outcome);
      if (lost) return this.#afterLoss(outcome.type);
    } else if (type !== "play" && type !== "failed") {
      if (lost) return this.#reconnect(true);
      if (type === "wait" && outcome.type === "waited") return this.#next();
      if (type !== "wait" && outcome.type === "described") {
        const { requestUri } = this.#presentation;
        this.#presentation = outcome.presentation;
        if (requestUri !== outcome.presentation.requestUri) this.#enter();
        return this.#next();
      }
    }
    throw new Error(`${outcome.type} is no outcome of ${type}`);
  }

  #afterResponse(outcome: Extract<SetupOutcome, { type: "response" }>): SetupAction {
    const { status, retryAfter = Infinity } = outcome;
    if (!(status >= 200 && status <= 599)) return this.#afterLoss("malformed");
    const current = this.#record(String(status));
    if (status < 300) return this.#succeed(current);
    if (status < 400) return this.#redirect(outcome.location);
    switch (status) {
      case 401:
      case 407:
        return this.#authenticate(current, outcome.freshChallenge ?? false);
      case 406:
      case 415:
        return this.#fail("unsupported");
      case 453:
        return this.#fail("bandwidth");
      case 461:
        return this.#nextTransport(current);
      case 505:
        if (this.#version === "1.0") break;
        this.#version = "1.0";
        return this.#send(current);
      case 551:
        if (!this.#require) break;
        this.#require = false;
        return this.#send(current);
      case 503:
        return this.#nextCandidate(retryAfter * 1000);
    }
    // 400, 403, 404, 405, 410, 451, 454, 455, 457, 459, 460, 500, 501: servers say "not this URI" with all of them.
    return this.#nextCandidate();
  }

  /** Without a response it was the URI, unless its rule has worked: then it was the network. */
  #afterLoss(outcome: string): SetupAction {
    const { candidate } = this.#record(outcome);
    const worked = this.#worked.has(candidate.rule);
    return worked ? this.#reconnect(true) : this.#nextCandidate(Infinity, true);
  }

  #succeed({ candidate, transport }: Current): SetupAction {
    this.#prefer(candidate);
    this.#worked.add(candidate.rule);
    this.#transport = transport;
    this.#backoffs = 0;
    this.#done++;
    return this.#next();
  }

  /** SETUP of the next medium, or PLAY. */
  #next(): SetupAction {
    const state = this.#media[this.#done];
    if (state === undefined) {
      const rule = this.strategy;
      if (this.#done === 0 || rule === undefined) return this.#fail("no-candidates");
      this.#options.learned?.set(this.#host(), rule);
      return { type: "play" };
    }
    const index = this.#choose(state);
    const candidate = this.#candidates(state)[index];
    if (candidate === undefined) return this.#exhausted(state);
    const transport = this.#transport;
    return this.#send({
      state,
      index,
      candidate,
      transport,
      transportsTried: 1,
      freshTried: false,
    });
  }

  #send(current: Current): SetupAction {
    this.#current = current;
    const { state, candidate, transport } = current;
    const { uri, rule } = candidate;
    const { maxSetups = Math.max(12, this.#media.length * 2) } = this.#options;
    if (this.#attempts.length >= maxSetups) return this.#fail("budget");
    return {
      type: "setup",
      media: state.media,
      uri,
      rule,
      transport,
      credentials: this.#credentials,
      require: this.#require,
      version: this.#version,
    };
  }

  /** The URI is refused: the next one, on the same connection where there is one and that is safe. */
  #nextCandidate(retryAfterMs = Infinity, lost = false): SetupAction {
    const { state, index, candidate } = this.#current!;
    state.refused.set(index, retryAfterMs);
    const next = this.#candidates(state)[this.#choose(state)];
    if (next === undefined) return this.#exhausted(state);
    // Other media were set up with a rule that is wrong after all; such servers do not TEARDOWN reliably.
    const abandoned = this.#done > 0 && candidate.rules.some((rule) => this.#worked.has(rule));
    const mayReconnect = this.#reconnects < (this.#options.maxReconnects ?? 3);
    if (!lost && !(abandoned && mayReconnect)) return this.#next();
    this.#prefer(next);
    return this.#reconnect(false);
  }

  #nextTransport(current: Current): SetupAction {
    const { transports = 1 } = this.#options;
    if (current.transportsTried++ < transports) {
      current.transport = (current.transport + 1) % transports;
      return this.#send(current);
    }
    this.#transport = 0;
    return this.#nextCandidate();
  }

  #authenticate(current: Current, fresh: boolean): SetupAction {
    if ((this.#options.credentials ?? "none") === "none") return this.#fail("unauthorized");
    if (!this.#credentials || (fresh && !current.freshTried)) {
      current.freshTried = this.#credentials;
      this.#credentials = true;
      return this.#send(current);
    }
    // Some servers answer 401 before they find out that the path does not exist.
    if (this.#unauthorizedAsUri) return this.#fail("unauthorized");
    this.#unauthorizedAsUri = true;
    return this.#nextCandidate();
  }

  #redirect(location: string | undefined): SetupAction {
    const { redirects = "same-host", maxRedirects = 5 } = this.#options;
    const target = redirectTarget(this.#presentation.requestUri, location);
    if (target === undefined) return this.#nextCandidate();
    const allowed = redirects === "any" || (redirects === "same-host" && target.sameHost);
    if (!allowed) return this.#fail("redirect-refused");
    if (++this.#redirects > maxRedirects) return this.#fail("too-many-redirects");
    return { type: "redirect", ...target };
  }

  #reconnect(networkError: boolean): SetupAction {
    const { maxReconnects = 3, backoffMs = 500 } = this.#options;
    if (++this.#reconnects > maxReconnects) return this.#fail("network");
    this.#done = 0;
    return { type: "reconnect", delayMs: networkError ? backoffMs * 2 ** this.#backoffs++ : 0 };
  }

  /** Everything was refused; what the server was only too busy for may be tried once more. */
  #exhausted({ refused }: MediaState): SetupAction {
    const { maxWaitMs = 30_000 } = this.#options;
    const busy = [...refused].filter(([, ms]) => ms <= maxWaitMs);
    if (busy.length === 0 || this.#waited) return this.#fail("exhausted");
    this.#waited = true;
    for (const [index] of busy) refused.delete(index);
    return { type: "wait", delayMs: Math.max(...busy.map(([, ms]) => ms)) };
  }

  #fail(code: SetupErrorCode): SetupAction {
    return { type: "failed", error: new SetupError(code, this.#attempts) };
  }

  /** Begin with a presentation that nothing is known about yet. */
  #enter(): void {
    const { media } = this.#presentation;
    const wanted = this.#options.media ?? media.keys();
    this.#media = [...wanted]
      .filter((i) => media[i]?.candidates.length)
      .map((i) => ({ media: i, refused: new Map() }));
    const learned = this.#options.learned?.get(this.#host());
    this.#rules = learned === undefined ? [] : [learned as ControlRule];
    this.#worked.clear();
    this.#done = 0;
  }

  /** Index of the candidate to try: of those that were not refused the one by the latest rule, else the first; or -1. */
  #choose(state: MediaState): number {
    const candidates = this.#candidates(state);
    for (const rule of this.#rules) {
      const found = candidates.findIndex((c, i) => c.rules.includes(rule) && !state.refused.has(i));
      if (found !== -1) return found;
    }
    return candidates.findIndex((_, i) => !state.refused.has(i));
  }

  #candidates({ media }: MediaState): readonly Candidate[] {
    return this.#presentation.media[media]?.candidates ?? [];
  }

  #prefer({ rule }: Candidate): void {
    this.#rules = [rule, ...this.#rules.filter((other) => other !== rule)];
  }

  #record(outcome: string): Current {
    const { media, uri, rule, transport } = this.#action as SetupRequest;
    this.#attempts.push({ media, uri, rule, transport, outcome });
    return this.#current!;
  }

  #host(): string {
    return splitUri(this.#presentation.requestUri).authority!.toLowerCase();
  }
}
