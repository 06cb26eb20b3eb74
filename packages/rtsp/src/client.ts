import {
  type Presentation,
  parseRtspUrl,
  redirectTarget,
  type SetupAction,
  type SetupOutcome,
  SetupPlan,
  type SetupRequest,
} from "@x/rtsp-uri";
import { AggregateControl, refusesUri } from "./aggregate-control.js";
import {
  type ClientTransport,
  RtspClientError,
  type RtspClientErrorCode,
  type RtspClientOptions,
  type RtspEvent,
} from "./client-events.js";
import type { Pending, Step } from "./exchange.js";
import { KeepAlive } from "./keep-alive.js";
import { Link, NEVER } from "./link.js";
import { MediaSetup, readDescription } from "./media-setup.js";
import {
  encodeFrame,
  encodeMessage,
  headerValue,
  headerValues,
  isFieldValue,
  type RtspHeader,
  type RtspRequest,
  type RtspResponse,
} from "./message.js";
import type { RtspItem } from "./parser.js";
import type { SdpMedia } from "./sdp-controls.js";
import { answerTo, endsSession } from "./server-request.js";
import { parseRetryAfter, parseSession, type SessionHeader } from "./session-headers.js";

/** Where a session is. `opening` is everything from OPTIONS to PLAY, `closing` is TEARDOWN. */
export type RtspClientState =
  | "new"
  | "connecting"
  | "opening"
  | "playing"
  | "pausing"
  | "paused"
  | "closing"
  | "closed";

/**
 * An RTSP client without sockets and clocks: methods take what happened and the time in milliseconds (of any clock that
 * only goes forward), and return what to do, in order. It goes from connect to PLAY on its own, through whatever URIs,
 * transports and credentials the server wants, and sends TEARDOWN wherever a session may exist.
 *
 * ```
 * start: connect … connected: OPTIONS, DESCRIBE, SETUP for each medium, PLAY … playing … teardown: TEARDOWN … closed
 * ```
 */
export class RtspClient {
  readonly #options: RtspClientOptions;
  readonly #transports: readonly ClientTransport[];
  readonly #link: Link;
  readonly #keepAlive: KeepAlive = new KeepAlive();

  #state: RtspClientState = "new";
  #events: RtspEvent[] = [];
  #now = 0;
  #waitUntil = NEVER;
  #lastReceived = Number.NEGATIVE_INFINITY;
  #error: RtspClientError | undefined;

  #redirects = 0;
  #losses = 0;
  #skipOptions = false;
  #require: string | undefined;
  #range: string;

  readonly #media: MediaSetup;
  #presentation: Presentation | undefined;
  #control: AggregateControl | undefined;
  #plan: SetupPlan | undefined;
  #session: SessionHeader | undefined;

  /**
   * @throws {FormatError} when the URL is no RTSP URL.
   * @throws {RangeError} when there is no transport to try (RTSP over HTTP is not implemented), or when an option cannot
   *   stand in a header.
   */
  constructor(url: string, options: RtspClientOptions = {}) {
    this.#options = options;
    const parsed = parseRtspUrl(url, options);
    const allowed = parsed.lowerTransports.filter((transport) => transport !== "http");
    this.#transports = options.transports ?? allowed;
    if (this.#transports.length === 0) throw new RangeError("no transport to try");
    const { range = "npt=0-", require, userAgent } = options;
    demandFieldValues({ range, require, userAgent });
    this.#require = require;
    this.#range = range;
    const emit = (event: RtspEvent): void => this.#emit(event);
    this.#link = new Link(parsed, options, emit);
    this.#media = new MediaSetup(this.#transports, emit);
  }

  get state(): RtspClientState {
    return this.#state;
  }

  /** Call {@link tick} at this time, unless another call comes first; `undefined`: there is nothing to wait for. */
  get deadline(): number | undefined {
    const next = Math.min(this.#link.deadline, this.#waitUntil, this.#keepAlive.at);
    return next === NEVER ? undefined : next;
  }

  /** The SETUPs of the plan in force, for reports. */
  get attempts(): SetupPlan["attempts"] {
    return this.#plan?.attempts ?? [];
  }

  /** Begin. @throws {Error} when it has begun. */
  start(now: number): RtspEvent[] {
    this.#demand("new");
    return this.#run(now, () => this.#connect(0));
  }

  /** The connection that the last `connect` asked for is open. */
  connected(now: number): RtspEvent[] {
    return this.#run(now, () => {
      if (this.#link.socket !== "opening") return;
      this.#link.opened();
      this.#state = "opening";
      if (this.#skipOptions) this.#describe();
      else this.#sendOptions();
    });
  }

  /** The connection that the last `connect` asked for ended, or could not be made. Harmless after `disconnect`. */
  closed(now: number): RtspEvent[] {
    return this.#run(now, () => {
      const { socket, inFlight } = this.#link;
      this.#link.ended();
      if (socket === "opening") this.#notConnected();
      else if (socket === "open") this.#lost("closed", inFlight);
    });
  }

  /** Bytes came from the connection. Never throws on input. */
  receive(bytes: Uint8Array, now: number): RtspEvent[] {
    return this.#run(now, () => {
      this.#lastReceived = now;
      if (this.#link.socket !== "open") return;
      for (const item of this.#link.receive(bytes)) {
        this.#receive(item);
        if (this.#link.socket !== "open") return;
      }
    });
  }

  /** Time went by. Call it at {@link deadline}; earlier or later is harmless. */
  tick(now: number): RtspEvent[] {
    return this.#run(now, () => {
      if (this.#link.connectIsLate(now)) {
        this.#disconnect();
        this.#notConnected();
        return;
      }
      if (now >= this.#waitUntil) {
        this.#waitUntil = NEVER;
        this.#report({ type: "waited" });
      }
      const late = this.#link.takeLate(now);
      if (late !== undefined) this.#timeout(late);
      if (now >= this.#keepAlive.at) this.#sendKeepAlive();
    });
  }

  /**
   * Answer to `allocate`: the pair of UDP ports that is bound (RTP has the even one), or `undefined` when there is none;
   * then the next transport is tried.
   */
  allocated(
    media: number,
    ports: { readonly rtpPort: number; readonly rtcpPort: number } | undefined,
    now: number,
  ): RtspEvent[] {
    return this.#run(now, () => {
      const action = this.#plan?.action;
      if (action?.type !== "setup" || action.media !== media) return;
      if (this.#state !== "opening" || !this.#media.waitsForPorts(media)) return;
      if (ports === undefined) {
        this.#media.withoutPorts(media);
        this.#report({ type: "response", status: 461 });
      } else {
        const pair = { first: ports.rtpPort, last: ports.rtcpPort };
        this.#sendSetup(action, this.#media.requestWith(action, pair));
      }
    });
  }

  /**
   * PLAY again after `pause`. `range` as in the Range header; default: from where it paused.
   * @throws {Error} unless paused.
   * @throws {RangeError} when `range` cannot stand in a header.
   */
  play(now: number, range = ""): RtspEvent[] {
    this.#demand("paused");
    demandFieldValues({ range });
    return this.#run(now, () => {
      this.#range = range;
      this.#state = "opening";
      this.#beginPlay();
    });
  }

  /** @throws {Error} unless playing. */
  pause(now: number): RtspEvent[] {
    this.#demand("playing");
    return this.#run(now, () => {
      this.#state = "pausing";
      this.#control?.begin(this.#media.uris);
      this.#requestPause();
    });
  }

  /** End the session, from any state: TEARDOWN where there is one, then `closed`. */
  teardown(now: number): RtspEvent[] {
    return this.#run(now, () => this.#end(undefined));
  }

  /** Send RTCP over the connection. @throws {RangeError} beyond channel 255 and 65 535 bytes. */
  sendFrame(channel: number, data: Uint8Array): RtspEvent[] {
    const frame = encodeFrame(channel, data);
    return this.#link.socket === "open" ? [{ type: "send", data: frame }] : [];
  }

  #run(now: number, body: () => void): RtspEvent[] {
    this.#now = now;
    this.#events = [];
    if (this.#state !== "closed") body();
    return this.#events;
  }

  #demand(state: RtspClientState): void {
    if (this.#state !== state) throw new Error(`the client is ${this.#state}, not ${state}`);
  }

  #emit(event: RtspEvent): void {
    this.#events.push(event);
  }

  #connect(delayMs: number): void {
    this.#state = "connecting";
    this.#link.connect(delayMs, this.#now);
  }

  /** The scheme's other default port is tried at once; after that it is the network. */
  #notConnected(): void {
    if (this.#link.nextPort()) this.#connect(0);
    else this.#networkError("connect", "no connection could be made");
  }

  /** Leave the connection, with TEARDOWN where a session may exist: a server would keep that until its timeout. */
  #disconnect(): void {
    if (this.#hasSession()) this.#requestTeardown();
    this.#link.disconnect();
    this.#session = undefined;
    this.#media.clear();
    this.#stopTimers();
  }

  #hasSession(): boolean {
    return this.#link.socket === "open" && this.#session !== undefined;
  }

  #stopTimers(): void {
    this.#waitUntil = NEVER;
    this.#keepAlive.stop();
  }

  /** There is no answer to the request for `step`, and no connection worth keeping. */
  #lost(outcome: "closed" | "timeout" | "malformed", step: Step | undefined): void {
    this.#disconnect();
    const message = `the connection was lost (${outcome})`;
    if (this.#state === "closing") this.#finish();
    else if (this.#state !== "opening") this.#fail("network", message);
    else if (step === "setup") this.#report({ type: outcome });
    else {
      this.#skipOptions ||= step === "options";
      // A server that closes on PLAY may want another URI.
      if (step === "play") this.#control?.refused();
      this.#networkError(outcome === "timeout" ? "timeout" : "network", message);
    }
  }

  /** Before PLAY the network gets more chances: the plan's while that reconnects, else as many of our own. */
  #networkError(code: RtspClientErrorCode, message: string): void {
    const { maxReconnects = 3, backoffMs = 500 } = this.#options;
    const planned = this.#plan?.action.type;
    if (planned === "reconnect" || planned === "redirect") this.#report({ type: "closed" });
    else if (++this.#losses > maxReconnects) this.#fail(code, message);
    else {
      this.#plan = undefined;
      this.#connect(backoffMs * 2 ** (this.#losses - 1));
    }
  }

  #request(step: Step, method: string, uri: string, headers: readonly RtspHeader[] = []): void {
    this.#link.send(step, method, uri, this.#now, headers);
  }

  #timeout(pending: Pending): void {
    const { step, method, deadline, timeoutMs } = pending;
    if (step === "teardown") this.#tornDown();
    else if (this.#state === "opening" && step !== "keep-alive") this.#lost("timeout", step);
    else {
      // Some servers stream, but answer no keep-alive. Over UDP it is for the caller to see whether they stream.
      const alive = !this.#media.interleaved || this.#lastReceived >= deadline - timeoutMs;
      if (step !== "keep-alive" || !alive) this.#fail("timeout", `no answer to ${method}`);
    }
  }

  #receive(item: RtspItem): void {
    switch (item.type) {
      case "frame": {
        const { channel, data } = item;
        const { media, kind = "rtp" } = this.#media.channel(channel) ?? {};
        this.#emit({ type: "frame", media, kind, channel, data });
        break;
      }
      case "response":
        this.#response(item);
        break;
      case "request":
        this.#serverRequest(item);
        break;
      case "issue":
        this.#emit({ type: "issue", issue: item });
        // Before PLAY nothing but responses comes: what is none was meant to be one.
        if (item.severity === "error" && this.#state === "opening") {
          this.#lost("malformed", this.#link.inFlight);
        }
    }
  }

  #response(response: RtspResponse): void {
    const pending = this.#link.match(response);
    if (pending === undefined || response.status < 200) return;
    if (pending.step === "setup") {
      this.#setupResponse(response);
      return;
    }
    if (response.status === 401 || response.status === 407) {
      this.#challenged(pending, response);
      return;
    }
    switch (pending.step) {
      case "options":
        this.#optionsResponse(response);
        break;
      case "describe":
        this.#describeResponse(response);
        break;
      case "play":
        this.#playResponse(response);
        break;
      case "pause":
        this.#pauseResponse(response);
        break;
      case "teardown":
        this.#teardownResponse(response);
        break;
      case "keep-alive":
        this.#keepAliveResponse(response);
        break;
      default:
        pending.step satisfies never;
    }
  }

  /** The same request with an answer to the challenge, at most twice: a nonce may have been stale. */
  #challenged(pending: Pending, response: RtspResponse): void {
    const taken = this.#link.takeChallenge(response);
    if (taken === "fresh" && pending.challenges < 2) this.#link.answer(pending, this.#now);
    else if (pending.step === "teardown") this.#tornDown();
    else this.#unauthorized(pending.method, response);
  }

  #unauthorized(method: string, response: RtspResponse): void {
    this.#fail("unauthorized", `${method}: no usable credentials, or refused ones`, response);
  }

  #sendOptions(): void {
    this.#request("options", "OPTIONS", this.#link.requestUri);
  }

  #optionsResponse(response: RtspResponse): void {
    if (this.#fallBack(response)) this.#sendOptions();
    else if (!this.#redirected(response)) {
      if (response.status < 300) this.#keepAlive.announced(headerValues(response, "Public"));
      this.#describe();
    }
  }

  /** RTSP 2.0 was refused: servers that know 1.0 only say 505, or 400. */
  #fallBack({ status }: RtspResponse): boolean {
    const refused = this.#link.version === "2.0" && (status === 505 || status === 400);
    if (refused) this.#link.version = "1.0";
    return refused;
  }

  #describe(): void {
    const accept = { name: "Accept", value: "application/sdp" };
    this.#request("describe", "DESCRIBE", this.#link.requestUri, [accept]);
  }

  #describeResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (this.#fallBack(response)) this.#describe();
    else if (!this.#redirected(response)) {
      if (status < 300) this.#described(response);
      else this.#fail("refused", `DESCRIBE: ${status} ${reason}`, response);
    }
  }

  #described(response: RtspResponse): void {
    const { prefer = "rfc" } = this.#options;
    const description = readDescription(response, this.#link.requestUri, prefer);
    if (description === undefined) {
      this.#fail("malformed", "DESCRIBE gave no description with media");
      return;
    }
    const { media, presentation } = description;
    // Which URI for PLAY was refused is worth knowing after a reconnect, too.
    if (this.#presentation?.aggregate !== presentation.aggregate) this.#control = undefined;
    this.#control ??= new AggregateControl(presentation);
    this.#presentation = presentation;
    this.#media.describe(media);
    this.#emit({ type: "described", sdp: response.body, media, presentation });
    for (const issue of presentation.issues) this.#emit({ type: "issue", issue });
    if (this.#plan === undefined) this.#newPlan(presentation, media);
    else this.#report({ type: "described", presentation });
  }

  #newPlan(presentation: Presentation, media: readonly SdpMedia[]): void {
    const { select = () => true } = this.#options;
    this.#plan = new SetupPlan(presentation, {
      ...this.#options,
      media: media.flatMap((medium, i) => (select(medium, i) ? [i] : [])),
      transports: this.#transports.length,
      credentials: this.#link.credentials,
      require: this.#require !== undefined,
      version: this.#link.version,
    });
    this.#carryOut(this.#plan.action);
  }

  /** OPTIONS or DESCRIBE was redirected: follow where that is allowed. */
  #redirected(response: RtspResponse): boolean {
    const { redirects = "same-host", maxRedirects = 5 } = this.#options;
    if (response.status < 300 || response.status >= 400) return false;
    const target = redirectTarget(this.#link.requestUri, headerValue(response, "Location"));
    if (target === undefined) return false;
    const allowed = redirects === "any" || (redirects === "same-host" && target.sameHost);
    if (!allowed) this.#fail("redirect", `not allowed to go to ${target.uri}`, response);
    else if (++this.#redirects > maxRedirects) this.#fail("redirect", "too many redirects");
    else this.#moveTo(target.uri, target.sameHost);
    return true;
  }

  /** The transports of the original scheme stay in force. */
  #moveTo(uri: string, sameHost: boolean): void {
    this.#disconnect();
    this.#link.moveTo(uri, sameHost);
    this.#connect(0);
  }

  /** Tell the plan, and do what it says. */
  #report(outcome: SetupOutcome): void {
    if (this.#plan !== undefined) this.#carryOut(this.#plan.report(outcome));
  }

  #carryOut(action: SetupAction): void {
    switch (action.type) {
      case "setup":
        this.#setup(action);
        break;
      case "reconnect":
        this.#disconnect();
        this.#connect(action.delayMs);
        break;
      case "redirect":
        this.#moveTo(action.uri, action.sameHost);
        break;
      case "wait":
        this.#waitUntil = this.#now + action.delayMs;
        break;
      case "play":
        this.#beginPlay();
        break;
      case "failed":
        this.#fail("setup", action.error.message, { cause: action.error });
        break;
      default:
        action satisfies never;
    }
  }

  #setup(action: SetupRequest): void {
    this.#link.version = action.version;
    if (!action.require) this.#require = undefined;
    this.#sendSetup(action, this.#media.request(action));
  }

  #sendSetup(action: SetupRequest, transport: RtspHeader | undefined): void {
    if (transport === undefined) return;
    this.#request("setup", "SETUP", action.uri, [transport, ...this.#requireHeader()]);
  }

  #requireHeader(): RtspHeader[] {
    return this.#require === undefined ? [] : [{ name: "Require", value: this.#require }];
  }

  #setupResponse(response: RtspResponse): void {
    const { status } = response;
    const action = this.#plan?.action;
    if (action?.type !== "setup") return;
    if (status < 300) {
      this.#setupAccepted(action, response);
      return;
    }
    const challenged = status === 401 || status === 407;
    const taken = challenged ? this.#link.takeChallenge(response) : undefined;
    if (taken === "none") {
      this.#unauthorized("SETUP", response);
      return;
    }
    const location = headerValue(response, "Location");
    const retryAfter = parseRetryAfter(headerValue(response, "Retry-After"));
    const freshChallenge = taken === "fresh";
    this.#report({ type: "response", status, location, retryAfter, freshChallenge });
  }

  #setupAccepted(action: SetupRequest, response: RtspResponse): void {
    const session = parseSession(headerValue(response, "Session") ?? "");
    const isFirst = this.#session === undefined;
    this.#session ??= session;
    this.#link.session = this.#session?.id;
    const accepted = this.#media.accept(action, response);
    if (!accepted && isFirst) {
      // What the server made of it has nothing in it that was asked for.
      if (session !== undefined) this.#request("teardown", "TEARDOWN", action.uri);
      this.#session = undefined;
      this.#link.session = undefined;
    }
    this.#report({ type: "response", status: accepted ? response.status : 461 });
  }

  /** Where PLAY and its like go; DESCRIBE came before them. */
  #controlUri(): string {
    return (this.#control as AggregateControl).uri;
  }

  #beginPlay(): void {
    this.#control?.begin(this.#media.uris);
    this.#requestPlay();
  }

  #requestPlay(): void {
    const range = this.#range === "" ? [] : [{ name: "Range", value: this.#range }];
    this.#request("play", "PLAY", this.#controlUri(), [...range, ...this.#requireHeader()]);
  }

  #playResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (status < 300) this.#played(response);
    else if (refusesUri(status) && this.#control?.refused()) this.#requestPlay();
    else if (status === 457 && this.#range !== "") {
      this.#range = "";
      this.#requestPlay();
    } else if (status === 551 && this.#require !== undefined) {
      this.#require = undefined;
      this.#requestPlay();
    } else this.#fail("refused", `PLAY: ${status} ${reason}`, response);
  }

  #played(response: RtspResponse): void {
    if (this.#control?.accepted()) {
      this.#requestPlay();
      return;
    }
    const rtpInfo = this.#media.starts(response, this.#presentation?.base ?? "");
    this.#state = "playing";
    this.#keepAlive.schedule(this.#session, this.#now);
    this.#emit({ type: "playing", range: headerValue(response, "Range"), rtpInfo });
  }

  #requestPause(): void {
    this.#request("pause", "PAUSE", this.#controlUri());
  }

  #pauseResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (status < 300) {
      if (this.#control?.accepted()) this.#requestPause();
      else {
        this.#state = "paused";
        this.#emit({ type: "paused" });
      }
    } else if (refusesUri(status) && this.#control?.refused()) this.#requestPause();
    else this.#fail("refused", `PAUSE: ${status} ${reason}`, response);
  }

  #sendKeepAlive(): void {
    this.#keepAlive.schedule(this.#session, this.#now);
    if (this.#link.inFlight !== undefined) return;
    this.#request("keep-alive", this.#keepAlive.method, this.#controlUri());
  }

  #keepAliveResponse(response: RtspResponse): void {
    if (response.status === 454) this.#fail("server", "the session is gone", response);
    else if (response.status >= 300) this.#keepAlive.refused();
  }

  #serverRequest(request: RtspRequest): void {
    this.#emit({ type: "send", data: encodeMessage(answerTo(request)) });
    this.#emit({ type: "request", request });
    if (endsSession(request)) this.#fail("server", `the server sent ${request.method}`);
  }

  #fail(
    code: RtspClientErrorCode,
    message: string,
    details: { readonly status?: number; readonly cause?: unknown } = {},
  ): void {
    this.#end(new RtspClientError(code, message, details));
  }

  /** Wanted or not: TEARDOWN where a session exists, and `closed` after its answer or its timeout. */
  #end(error: RtspClientError | undefined): void {
    if (this.#state === "closing") return;
    this.#error = error;
    this.#state = "closing";
    this.#link.forget();
    this.#stopTimers();
    if (this.#hasSession()) this.#requestTeardown();
    else this.#finish();
  }

  #requestTeardown(): void {
    this.#control?.begin(this.#media.uris);
    do this.#request("teardown", "TEARDOWN", this.#controlUri());
    while (this.#control?.accepted());
  }

  #teardownResponse({ status }: RtspResponse): void {
    // 454: the session is gone, which is what was wanted.
    const again = status !== 454 && refusesUri(status) && this.#control?.refused();
    if (again && this.#state === "closing") this.#requestTeardown();
    else if (this.#link.inFlight === undefined) this.#tornDown();
  }

  /** A session that was given up on the way to another needs nothing more. */
  #tornDown(): void {
    if (this.#state === "closing") this.#finish();
  }

  #finish(): void {
    this.#session = undefined;
    this.#disconnect();
    this.#state = "closed";
    this.#emit({ type: "closed", error: this.#error });
  }
}

function demandFieldValues(options: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ""] of Object.entries(options)) {
    if (!isFieldValue(value)) throw new RangeError(`${name} cannot stand in a header`);
  }
}
