import {
  matchRtpInfo,
  type Presentation,
  parseRtpInfo,
  parseRtspUrl,
  type RtspUrl,
  redirectTarget,
  resolvePresentation,
  type SetupAction,
  type SetupOutcome,
  SetupPlan,
  type SetupRequest,
} from "@x/rtsp-uri";
import { AggregateControl, refusesUri } from "./aggregate-control.js";
import { Authenticator } from "./authorization.js";
import { ChannelMap } from "./channel-map.js";
import {
  type ClientTransport,
  RtspClientError,
  type RtspClientErrorCode,
  type RtspClientOptions,
  type RtspEvent,
} from "./client-events.js";
import { Exchange, type Outgoing, type Pending, type Step } from "./exchange.js";
import {
  encodeFrame,
  encodeMessage,
  headerValue,
  headerValues,
  type RtspHeader,
  type RtspRequest,
  type RtspResponse,
} from "./message.js";
import { agreedTransport, transportRequest } from "./negotiation.js";
import { type RtspItem, RtspParser } from "./parser.js";
import { type SdpMedia, sdpControls } from "./sdp-controls.js";
import { answerTo, endsSession } from "./server-request.js";
import {
  parseMethods,
  parseRetryAfter,
  parseSession,
  type SessionHeader,
} from "./session-headers.js";
import { formatTransport, type NumberRange, type TransportSpec } from "./transport.js";

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

/** A medium that SETUP succeeded for. */
interface SetUpMedia {
  readonly media: number;
  readonly uri: string;
  readonly control: string | undefined;
  readonly ssrc: number | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

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
  readonly #parser: RtspParser;
  #url: RtspUrl;
  #version: "1.0" | "2.0";
  #authenticator: Authenticator;
  #exchange: Exchange;

  #state: RtspClientState = "new";
  #socket: "none" | "opening" | "open" = "none";
  #events: RtspEvent[] = [];
  #now = 0;
  #connectDeadline = NEVER;
  #waitUntil = NEVER;
  #keepAliveAt = NEVER;
  #lastReceived = Number.NEGATIVE_INFINITY;
  #error: RtspClientError | undefined;

  #portIndex = 0;
  #redirects = 0;
  #losses = 0;
  #skipOptions = false;
  #methods: ReadonlySet<string> = new Set();
  #keepAliveByOptions = false;
  #require: string | undefined;
  #range: string;

  #media: readonly SdpMedia[] = [];
  #presentation: Presentation | undefined;
  #control: AggregateControl | undefined;
  #plan: SetupPlan | undefined;
  #session: SessionHeader | undefined;
  #setUp: SetUpMedia[] = [];
  #requested: TransportSpec | undefined;
  readonly #channels = new ChannelMap();
  /** Media with UDP ports. */
  readonly #udp = new Set<number>();

  /**
   * @throws {FormatError} when the URL is no RTSP URL.
   * @throws {RangeError} when there is no transport to try: RTSP over HTTP is not implemented.
   */
  constructor(url: string, options: RtspClientOptions = {}) {
    this.#options = options;
    this.#url = parseRtspUrl(url, options);
    const allowed = this.#url.lowerTransports.filter((transport) => transport !== "http");
    this.#transports = options.transports ?? allowed;
    if (this.#transports.length === 0) throw new RangeError("no transport to try");
    this.#version = options.version ?? "1.0";
    this.#require = options.require;
    this.#range = options.range ?? "npt=0-";
    this.#parser = new RtspParser(options);
    this.#authenticator = this.#newAuthenticator(options.credentials ?? this.#url.credentials);
    this.#exchange = new Exchange(this.#authenticator, options.userAgent);
  }

  get state(): RtspClientState {
    return this.#state;
  }

  /** Call {@link tick} at this time, unless another call comes first; `undefined`: there is nothing to wait for. */
  get deadline(): number | undefined {
    const { deadline } = this.#exchange;
    const next = Math.min(this.#connectDeadline, this.#waitUntil, this.#keepAliveAt, deadline);
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
      if (this.#socket !== "opening") return;
      this.#socket = "open";
      this.#connectDeadline = NEVER;
      this.#state = "opening";
      this.#parser.reset();
      if (this.#skipOptions) this.#describe();
      else this.#request("options", "OPTIONS", this.#url.requestUri);
    });
  }

  /** The connection that the last `connect` asked for ended, or could not be made. Harmless after `disconnect`. */
  closed(now: number): RtspEvent[] {
    return this.#run(now, () => {
      const socket = this.#socket;
      this.#socket = "none";
      if (socket === "opening") this.#notConnected();
      else if (socket === "open") this.#lost("closed", this.#exchange.pending[0]?.step);
    });
  }

  /** Bytes came from the connection. Never throws on input. */
  receive(bytes: Uint8Array, now: number): RtspEvent[] {
    return this.#run(now, () => {
      this.#lastReceived = now;
      if (this.#socket !== "open") return;
      for (const item of this.#parser.push(bytes)) {
        this.#receive(item);
        if (this.#socket !== "open") return;
      }
    });
  }

  /** Time went by. Call it at {@link deadline}; earlier or later is harmless. */
  tick(now: number): RtspEvent[] {
    return this.#run(now, () => {
      if (now >= this.#connectDeadline) {
        this.#disconnect();
        this.#notConnected();
        return;
      }
      if (now >= this.#waitUntil) {
        this.#waitUntil = NEVER;
        this.#report({ type: "waited" });
      }
      const late = this.#exchange.pending.find(({ deadline }) => now >= deadline);
      if (late !== undefined) this.#timeout(late);
      if (now >= this.#keepAliveAt) this.#keepAlive();
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
      const isWanted = this.#state === "opening" && this.#udp.has(media);
      if (!isWanted || action?.type !== "setup" || action.media !== media) return;
      if (ports !== undefined) {
        this.#sendSetup(action, "udp", { first: ports.rtpPort, last: ports.rtcpPort });
      } else {
        this.#udp.delete(media);
        this.#report({ type: "response", status: 461 });
      }
    });
  }

  /**
   * PLAY again after `pause`. `range` as in the Range header; default: from where it paused.
   * @throws {Error} unless paused.
   */
  play(now: number, range = ""): RtspEvent[] {
    this.#demand("paused");
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
      this.#control?.begin(this.#setUp.map(({ uri }) => uri));
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
    return this.#socket === "open" ? [{ type: "send", data: frame }] : [];
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
    const { address, ports, tls } = this.#url;
    const port = ports[this.#portIndex % ports.length] as number;
    this.#state = "connecting";
    this.#socket = "opening";
    this.#connectDeadline = this.#now + delayMs + (this.#options.connectTimeoutMs ?? 10_000);
    this.#emit({ type: "connect", address, port, tls, delayMs });
  }

  /** The scheme's other default port is tried at once; after that it is the network. */
  #notConnected(): void {
    this.#connectDeadline = NEVER;
    this.#portIndex++;
    if (this.#portIndex % this.#url.ports.length !== 0) this.#connect(0);
    else this.#networkError("connect", "no connection could be made");
  }

  /** Leave the connection, with TEARDOWN where a session may exist: a server would keep that until its timeout. */
  #disconnect(): void {
    if (this.#socket === "open" && this.#session !== undefined) this.#requestTeardown();
    if (this.#socket !== "none") this.#emit({ type: "disconnect" });
    this.#socket = "none";
    this.#connectDeadline = NEVER;
    this.#waitUntil = NEVER;
    this.#keepAliveAt = NEVER;
    this.#exchange.forget();
    this.#session = undefined;
    this.#setUp = [];
    this.#channels.clear();
    for (const media of this.#udp) this.#emit({ type: "release", media });
    this.#udp.clear();
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
    const { setupTimeoutMs = 5000, teardownTimeoutMs = 1000 } = this.#options;
    let { responseTimeoutMs: timeoutMs = 20_000 } = this.#options;
    if (step === "setup") timeoutMs = setupTimeoutMs;
    if (step === "teardown") timeoutMs = teardownTimeoutMs;
    const id = this.#session?.id;
    const session = id === undefined ? [] : [{ name: "Session", value: id }];
    this.#send({ step, method, uri, headers: [...headers, ...session], timeoutMs });
  }

  #send(request: Outgoing, challenges = 0): void {
    const data = this.#exchange.send(request, this.#version, this.#now, challenges);
    this.#emit({ type: "send", data });
  }

  #timeout(pending: Pending): void {
    const { step, method, deadline, timeoutMs } = pending;
    this.#exchange.forget(pending);
    if (step === "teardown") this.#finish();
    else if (this.#state === "opening" && step !== "keep-alive") this.#lost("timeout", step);
    else {
      // Some servers stream, but answer no keep-alive. Over UDP it is for the caller to see whether they stream.
      const alive = this.#channels.size === 0 || this.#lastReceived >= deadline - timeoutMs;
      if (step !== "keep-alive" || !alive) this.#fail("timeout", `no answer to ${method}`);
    }
  }

  #receive(item: RtspItem): void {
    switch (item.type) {
      case "frame": {
        const { channel, data } = item;
        const { media, kind = "rtp" } = this.#channels.get(channel) ?? {};
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
          this.#lost("malformed", this.#exchange.pending[0]?.step);
        }
    }
  }

  #response(response: RtspResponse): void {
    const pending = this.#exchange.match(response);
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
    const taken = this.#authenticator.take(response);
    if (taken === "fresh" && pending.challenges < 2) this.#send(pending, pending.challenges + 1);
    else if (pending.step === "teardown") this.#finish();
    else this.#unauthorized(pending.method, response);
  }

  #unauthorized(method: string, response: RtspResponse): void {
    this.#fail("unauthorized", `${method}: no usable credentials, or refused ones`, response);
  }

  #optionsResponse(response: RtspResponse): void {
    if (this.#fallBack(response)) {
      this.#request("options", "OPTIONS", this.#url.requestUri);
    } else if (!this.#redirected(response)) {
      if (response.status < 300) this.#methods = parseMethods(headerValues(response, "Public"));
      this.#describe();
    }
  }

  /** RTSP 2.0 was refused: servers that know 1.0 only say 505, or 400. */
  #fallBack({ status }: RtspResponse): boolean {
    const refused = this.#version === "2.0" && (status === 505 || status === 400);
    if (refused) this.#version = "1.0";
    return refused;
  }

  #describe(): void {
    const accept = { name: "Accept", value: "application/sdp" };
    this.#request("describe", "DESCRIBE", this.#url.requestUri, [accept]);
  }

  #describeResponse(response: RtspResponse): void {
    const { status, reason, body } = response;
    if (this.#fallBack(response)) this.#describe();
    else if (!this.#redirected(response)) {
      if (status < 300) this.#described(body, response);
      else this.#fail("refused", `DESCRIBE: ${status} ${reason}`, response);
    }
  }

  #described(sdp: Uint8Array, response: RtspResponse): void {
    const { sessionControl, media } = sdpControls(sdp);
    if (media.length === 0) {
      this.#fail("malformed", "DESCRIBE gave no description with media");
      return;
    }
    const input = {
      requestUri: this.#url.requestUri,
      contentBase: headerValue(response, "Content-Base"),
      contentLocation: headerValue(response, "Content-Location"),
      sessionControl,
      mediaControls: media.map(({ control }) => control),
    };
    const presentation = resolvePresentation(input, { prefer: this.#options.prefer ?? "rfc" });
    // Which URI for PLAY was refused is worth knowing after a reconnect, too.
    if (this.#presentation?.aggregate !== presentation.aggregate) this.#control = undefined;
    this.#control ??= new AggregateControl(presentation);
    this.#media = media;
    this.#presentation = presentation;
    this.#emit({ type: "described", sdp, media, presentation });
    for (const issue of presentation.issues) this.#emit({ type: "issue", issue });
    if (this.#plan === undefined) this.#newPlan(presentation);
    else this.#report({ type: "described", presentation });
  }

  #newPlan(presentation: Presentation): void {
    const { select = () => true } = this.#options;
    this.#plan = new SetupPlan(presentation, {
      ...this.#options,
      media: this.#media.flatMap((media, i) => (select(media, i) ? [i] : [])),
      transports: this.#transports.length,
      credentials: this.#authenticator.state,
      require: this.#require !== undefined,
      version: this.#version,
    });
    this.#carryOut(this.#plan.action);
  }

  /** OPTIONS or DESCRIBE was redirected: follow where that is allowed. */
  #redirected(response: RtspResponse): boolean {
    const { redirects = "same-host", maxRedirects = 5 } = this.#options;
    if (response.status < 300 || response.status >= 400) return false;
    const target = redirectTarget(this.#url.requestUri, headerValue(response, "Location"));
    if (target === undefined) return false;
    const allowed = redirects === "any" || (redirects === "same-host" && target.sameHost);
    if (!allowed) this.#fail("redirect", `not allowed to go to ${target.uri}`, response);
    else if (++this.#redirects > maxRedirects) this.#fail("redirect", "too many redirects");
    else this.#moveTo(target.uri, target.sameHost);
    return true;
  }

  /** The transports of the original scheme stay in force; credentials stay behind when the host changes. */
  #moveTo(uri: string, sameHost: boolean): void {
    this.#disconnect();
    this.#url = parseRtspUrl(uri, this.#options);
    this.#portIndex = 0;
    if (!sameHost) {
      this.#authenticator = this.#newAuthenticator(undefined);
      this.#exchange = new Exchange(this.#authenticator, this.#options.userAgent);
    }
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
    const { media } = action;
    const transport = this.#transports[action.transport] as ClientTransport;
    this.#version = action.version;
    if (!action.require) this.#require = undefined;
    if (this.#udp.delete(media)) this.#emit({ type: "release", media });
    if (transport === "udp") {
      this.#udp.add(media);
      this.#emit({ type: "allocate", media });
    } else this.#sendSetup(action, transport, this.#channels.free());
  }

  #sendSetup(action: SetupRequest, transport: ClientTransport, pair: NumberRange): void {
    this.#requested = transportRequest(transport, this.#media[action.media], pair, this.#version);
    const header = { name: "Transport", value: formatTransport([this.#requested]) };
    this.#request("setup", "SETUP", action.uri, [header, ...this.#requireHeader()]);
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
    const taken = challenged ? this.#authenticator.take(response) : undefined;
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
    const { media, uri, rule } = action;
    const transport = agreedTransport(this.#requested as TransportSpec, response);
    if (transport === undefined) {
      this.#report({ type: "response", status: 461 });
      return;
    }
    const { interleaved, ssrc } = transport;
    const lowerTransport = this.#transports[action.transport] as ClientTransport;
    this.#session ??= parseSession(headerValue(response, "Session") ?? "");
    if (interleaved !== undefined) this.#channels.assign(media, interleaved);
    this.#setUp.push({ media, uri, control: this.#media[media]?.control, ssrc });
    this.#emit({ type: "setup", media, uri, rule, lowerTransport, transport });
    this.#report({ type: "response", status: response.status });
  }

  /** Where PLAY and its like go; DESCRIBE came before them. */
  #controlUri(): string {
    return (this.#control as AggregateControl).uri;
  }

  #beginPlay(): void {
    this.#control?.begin(this.#setUp.map(({ uri }) => uri));
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
    const entries = parseRtpInfo(headerValues(response, "RTP-Info").join(","));
    const matches = matchRtpInfo(entries, this.#setUp, this.#presentation?.base ?? "");
    const rtpInfo = entries.flatMap(({ seq, rtptime }, i) => {
      const found = this.#setUp[matches[i] ?? -1];
      return found === undefined ? [] : [{ media: found.media, seq, rtptime }];
    });
    this.#state = "playing";
    this.#scheduleKeepAlive();
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

  /** At half the server's timeout, so that one may be lost. */
  #scheduleKeepAlive(): void {
    const { timeout = 60 } = this.#session ?? {};
    this.#keepAliveAt = this.#now + timeout * 500;
  }

  #keepAlive(): void {
    this.#scheduleKeepAlive();
    if (this.#exchange.pending.length > 0) return;
    const byOptions = this.#keepAliveByOptions || !this.#methods.has("GET_PARAMETER");
    this.#request("keep-alive", byOptions ? "OPTIONS" : "GET_PARAMETER", this.#controlUri());
  }

  #keepAliveResponse(response: RtspResponse): void {
    if (response.status === 454) this.#fail("server", "the session is gone", response);
    // Servers announce GET_PARAMETER and then refuse it; any request keeps the session alive.
    else if (response.status >= 300) this.#keepAliveByOptions = true;
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
    this.#exchange.forget();
    this.#keepAliveAt = NEVER;
    this.#waitUntil = NEVER;
    if (this.#socket === "open" && this.#session !== undefined) this.#requestTeardown();
    else this.#finish();
  }

  #requestTeardown(): void {
    this.#control?.begin(this.#setUp.map(({ uri }) => uri));
    do this.#request("teardown", "TEARDOWN", this.#controlUri());
    while (this.#control?.accepted());
  }

  #teardownResponse({ status }: RtspResponse): void {
    // 454: the session is gone, which is what was wanted.
    const again = status !== 454 && refusesUri(status) && this.#control?.refused();
    if (again) this.#requestTeardown();
    else if (this.#exchange.pending.length === 0) this.#finish();
  }

  #finish(): void {
    this.#session = undefined;
    this.#disconnect();
    this.#state = "closed";
    this.#emit({ type: "closed", error: this.#error });
  }

  #newAuthenticator(credentials: RtspClientOptions["credentials"] | undefined): Authenticator {
    const { allowBasic = true, cnonce = randomNonce } = this.#options;
    return new Authenticator({ credentials, allowBasic, cnonce });
  }
}

function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
