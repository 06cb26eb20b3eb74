import { parseRtspUrl, type SetupAttempt } from "@x/rtsp-uri";
import { refusesUri } from "./aggregate-control.js";
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
import { MediaSetup } from "./media-setup.js";
import {
  encodeFrame,
  encodeMessage,
  headerValue,
  isFieldValue,
  type RtspRequest,
  type RtspResponse,
} from "./message.js";
import { type FailureDetails, Opening } from "./opening.js";
import type { RtspItem } from "./parser.js";
import { answerTo, endsSession } from "./server-request.js";

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
  readonly #link: Link;
  readonly #media: MediaSetup;
  readonly #opening: Opening;
  readonly #keepAlive: KeepAlive = new KeepAlive();
  #state: RtspClientState = "new";
  #events: RtspEvent[] = [];
  #lastReceived = Number.NEGATIVE_INFINITY;
  #range: string;
  #error: RtspClientError | undefined;

  /**
   * @throws {FormatError} when the URL is no RTSP URL.
   * @throws {RangeError} when there is no transport to try (RTSP over HTTP is not implemented), or when an option cannot
   *   stand in a header.
   */
  constructor(url: string, options: RtspClientOptions = {}) {
    const parsed = parseRtspUrl(url, options);
    const allowed = parsed.lowerTransports.filter((transport) => transport !== "http");
    const transports: readonly ClientTransport[] = options.transports ?? allowed;
    if (transports.length === 0) throw new RangeError("no transport to try");
    const { range = "npt=0-", require, userAgent } = options;
    demandFieldValues({ range, require, userAgent });
    this.#range = range;
    const emit = (event: RtspEvent): void => {
      this.#events.push(event);
    };
    const link = new Link(parsed, options, emit);
    const media = new MediaSetup(transports, emit);
    this.#link = link;
    this.#media = media;
    this.#opening = new Opening(options, transports.length, link, media, this.#keepAlive, {
      emit,
      fail: (...failure) => this.#fail(...failure),
      unauthorized: (...failure) => this.#unauthorized(...failure),
      disconnect: () => this.#disconnect(),
      connect: (delayMs) => this.#connect(delayMs),
      ready: () => this.#beginPlay(),
    });
  }

  get state(): RtspClientState {
    return this.#state;
  }

  /** Call {@link tick} at this time, unless another call comes first; `undefined`: there is nothing to wait for. */
  get deadline(): number | undefined {
    const next = Math.min(this.#link.deadline, this.#opening.deadline, this.#keepAlive.at);
    return next === NEVER ? undefined : next;
  }

  /** The SETUPs of the plan in force, for reports. */
  get attempts(): readonly SetupAttempt[] {
    return this.#opening.attempts;
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
      this.#opening.begin();
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
      if (this.#link.connectIsLate) {
        this.#disconnect();
        this.#notConnected();
        return;
      }
      this.#opening.tick();
      const late = this.#link.takeLate();
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
      if (this.#state !== "opening") return;
      const pair = ports && { first: ports.rtpPort, last: ports.rtcpPort };
      this.#opening.allocated(media, pair);
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
      this.#opening.control?.begin(this.#media.uris);
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
    this.#link.now = now;
    this.#events = [];
    if (this.#state !== "closed") body();
    return this.#events;
  }

  #demand(state: RtspClientState): void {
    if (this.#state !== state) throw new Error(`the client is ${this.#state}, not ${state}`);
  }

  #connect(delayMs: number): void {
    this.#state = "connecting";
    this.#link.connect(delayMs);
  }

  /** The scheme's other default port is tried at once; after that it is the network. */
  #notConnected(): void {
    if (this.#link.nextPort()) this.#connect(0);
    else this.#opening.networkError("connect", "no connection could be made");
  }

  /** Leave the connection, with TEARDOWN where a session may exist: a server would keep that until its timeout. */
  #disconnect(): void {
    if (this.#hasSession()) this.#requestTeardown();
    this.#link.disconnect();
    this.#media.clear();
    this.#stopTimers();
  }

  #hasSession(): boolean {
    return this.#link.socket === "open" && this.#link.session !== undefined;
  }

  #stopTimers(): void {
    this.#opening.stop();
    this.#keepAlive.stop();
  }

  /** There is no answer to the request for `step`, and no connection worth keeping. */
  #lost(outcome: "closed" | "timeout" | "malformed", step: Step | undefined): void {
    this.#disconnect();
    if (this.#state === "closing") this.#finish();
    else if (this.#state === "opening") this.#opening.lost(outcome, step);
    else this.#fail("network", `the connection was lost (${outcome})`);
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
        this.#events.push({ type: "frame", media, kind, channel, data });
        break;
      }
      case "response":
        this.#response(item);
        break;
      case "request":
        this.#serverRequest(item);
        break;
      case "issue":
        this.#events.push({ type: "issue", issue: item });
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
      this.#opening.setupResponse(response);
      return;
    }
    if (response.status === 401 || response.status === 407) {
      this.#challenged(pending, response);
      return;
    }
    switch (pending.step) {
      case "options":
        this.#opening.optionsResponse(response);
        break;
      case "describe":
        this.#opening.describeResponse(response);
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
    if (taken === "fresh" && pending.challenges < 2) this.#link.answer(pending);
    else if (pending.step === "teardown") this.#tornDown();
    else this.#unauthorized(pending.method, response);
  }

  #unauthorized(method: string, response: RtspResponse): void {
    this.#fail("unauthorized", `${method}: no usable credentials, or refused ones`, response);
  }

  /** Where PLAY and its like go; DESCRIBE came before them. */
  #controlUri(): string {
    return this.#opening.control?.uri ?? this.#link.requestUri;
  }

  #beginPlay(): void {
    this.#opening.control?.begin(this.#media.uris);
    this.#requestPlay();
  }

  #requestPlay(): void {
    const range = this.#range === "" ? [] : [{ name: "Range", value: this.#range }];
    this.#link.send("play", "PLAY", this.#controlUri(), [
      ...range,
      ...this.#opening.requireHeader(),
    ]);
  }

  #playResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (status < 300) this.#played(response);
    else if (refusesUri(status) && this.#opening.control?.refused()) this.#requestPlay();
    else if (status === 457 && this.#range !== "") {
      this.#range = "";
      this.#requestPlay();
    } else if (status === 551 && this.#opening.require !== undefined) {
      this.#opening.require = undefined;
      this.#requestPlay();
    } else this.#fail("refused", `PLAY: ${status} ${reason}`, response);
  }

  #played(response: RtspResponse): void {
    if (this.#opening.control?.accepted()) {
      this.#requestPlay();
      return;
    }
    const rtpInfo = this.#media.starts(response, this.#opening.base);
    this.#state = "playing";
    this.#keepAlive.schedule(this.#link.session, this.#link.now);
    this.#events.push({ type: "playing", range: headerValue(response, "Range"), rtpInfo });
  }

  #requestPause(): void {
    this.#link.send("pause", "PAUSE", this.#controlUri());
  }

  #pauseResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (status < 300) {
      if (this.#opening.control?.accepted()) this.#requestPause();
      else {
        this.#state = "paused";
        this.#events.push({ type: "paused" });
      }
    } else if (refusesUri(status) && this.#opening.control?.refused()) this.#requestPause();
    else this.#fail("refused", `PAUSE: ${status} ${reason}`, response);
  }

  #sendKeepAlive(): void {
    this.#keepAlive.schedule(this.#link.session, this.#link.now);
    if (this.#link.inFlight !== undefined) return;
    this.#link.send("keep-alive", this.#keepAlive.method, this.#controlUri());
  }

  #keepAliveResponse(response: RtspResponse): void {
    if (response.status === 454) this.#fail("server", "the session is gone", response);
    else if (response.status >= 300) this.#keepAlive.refused();
  }

  #serverRequest(request: RtspRequest): void {
    this.#events.push({ type: "send", data: encodeMessage(answerTo(request)) });
    this.#events.push({ type: "request", request });
    if (endsSession(request)) this.#fail("server", `the server sent ${request.method}`);
  }

  #fail(code: RtspClientErrorCode, message: string, details: FailureDetails = {}): void {
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
    this.#opening.control?.begin(this.#media.uris);
    do this.#link.send("teardown", "TEARDOWN", this.#controlUri());
    while (this.#opening.control?.accepted());
  }

  #teardownResponse({ status }: RtspResponse): void {
    // 454: the session is gone, which is what was wanted.
    const again = status !== 454 && refusesUri(status) && this.#opening.control?.refused();
    if (again && this.#state === "closing") this.#requestTeardown();
    else if (this.#link.inFlight === undefined) this.#tornDown();
  }

  /** A session that was given up on the way to another needs nothing more. */
  #tornDown(): void {
    if (this.#state === "closing") this.#finish();
  }

  #finish(): void {
    this.#link.session = undefined;
    this.#disconnect();
    this.#state = "closed";
    this.#events.push({ type: "closed", error: this.#error });
  }
}

function demandFieldValues(options: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ""] of Object.entries(options)) {
    if (!isFieldValue(value)) throw new RangeError(`${name} cannot stand in a header`);
  }
}
