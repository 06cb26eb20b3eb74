import {
  type Presentation,
  redirectTarget,
  type SetupAction,
  type SetupOutcome,
  SetupPlan,
  type SetupRequest,
} from "@x/rtsp-uri";
import { AggregateControl } from "./aggregate-control.js";
import type { RtspClientErrorCode, RtspClientOptions, RtspEvent } from "./client-events.js";
import type { Step } from "./exchange.js";
import type { KeepAlive } from "./keep-alive.js";
import { type Link, NEVER } from "./link.js";
import { type MediaSetup, readDescription } from "./media-setup.js";
import { headerValue, headerValues, type RtspHeader, type RtspResponse } from "./message.js";
import type { SdpMedia } from "./sdp-controls.js";
import { parseRetryAfter, parseSession } from "./session-headers.js";
import type { NumberRange } from "./transport.js";

/** How a response, or the want of one, is told. */
export interface FailureDetails {
  readonly status?: number;
  readonly cause?: unknown;
}

/** What the way to PLAY needs of the client that goes it. */
export interface OpeningHost {
  emit(event: RtspEvent): void;
  fail(code: RtspClientErrorCode, message: string, details?: FailureDetails): void;
  unauthorized(method: string, response: RtspResponse): void;
  /** Leave the connection if there is one. */
  disconnect(): void;
  /** Ask for a connection. */
  connect(delayMs: number): void;
  /** All media are set up. */
  ready(): void;
}

/** The way from a connection to PLAY: OPTIONS, DESCRIBE, redirects, and SETUP as the plan wants it. */
export class Opening {
  readonly #options: RtspClientOptions;
  readonly #transports: number;
  readonly #link: Link;
  readonly #media: MediaSetup;
  readonly #keepAlive: KeepAlive;
  readonly #host: OpeningHost;
  #presentation: Presentation | undefined;
  #control: AggregateControl | undefined;
  #plan: SetupPlan | undefined;
  #redirects = 0;
  #losses = 0;
  #skipOptions = false;
  /** When the server that was too busy for SETUP is asked again. */
  #waitUntil = NEVER;
  /** Value of the Require header, until a server refuses it. */
  require: string | undefined;

  constructor(
    options: RtspClientOptions,
    transports: number,
    link: Link,
    media: MediaSetup,
    keepAlive: KeepAlive,
    host: OpeningHost,
  ) {
    this.#options = options;
    this.#transports = transports;
    this.#link = link;
    this.#media = media;
    this.#keepAlive = keepAlive;
    this.#host = host;
    this.require = options.require;
  }

  get attempts(): SetupPlan["attempts"] {
    return this.#plan?.attempts ?? [];
  }

  /** Base of the presentation's URIs. */
  get base(): string {
    return this.#presentation?.base ?? "";
  }

  /** Where PLAY and its like go, once there is a description. */
  get control(): AggregateControl | undefined {
    return this.#control;
  }

  /** Time to call {@link tick}. */
  get deadline(): number {
    return this.#waitUntil;
  }

  requireHeader(): RtspHeader[] {
    return this.require === undefined ? [] : [{ name: "Require", value: this.require }];
  }

  /** There is a new connection. */
  begin(): void {
    if (this.#skipOptions) this.#describe();
    else this.#sendOptions();
  }

  /** Wait for nothing any more. */
  stop(): void {
    this.#waitUntil = NEVER;
  }

  tick(): void {
    if (this.#link.now < this.#waitUntil) return;
    this.#waitUntil = NEVER;
    this.#report({ type: "waited" });
  }

  /** There was no answer to the request for `step`, and the connection is given up. */
  lost(outcome: "closed" | "timeout" | "malformed", step: Step | undefined): void {
    if (step === "setup") {
      this.#report({ type: outcome });
      return;
    }
    this.#skipOptions ||= step === "options";
    // A server that closes on PLAY may want another URI.
    if (step === "play") this.#control?.refused();
    const code = outcome === "timeout" ? "timeout" : "network";
    this.networkError(code, `the connection was lost (${outcome})`);
  }

  /** The network gets more chances: the plan's while that reconnects, else as many of our own. */
  networkError(code: RtspClientErrorCode, message: string): void {
    const { maxReconnects = 3, backoffMs = 500 } = this.#options;
    const planned = this.#plan?.action.type;
    if (planned === "reconnect" || planned === "redirect") this.#report({ type: "closed" });
    else if (++this.#losses > maxReconnects) this.#host.fail(code, message);
    else {
      this.#plan = undefined;
      this.#host.connect(backoffMs * 2 ** (this.#losses - 1));
    }
  }

  optionsResponse(response: RtspResponse): void {
    if (this.#fallBack(response)) this.#sendOptions();
    else if (!this.#redirected(response)) {
      if (response.status < 300) this.#keepAlive.announced(headerValues(response, "Public"));
      this.#describe();
    }
  }

  describeResponse(response: RtspResponse): void {
    const { status, reason } = response;
    if (this.#fallBack(response)) this.#describe();
    else if (!this.#redirected(response)) {
      if (status < 300) this.#described(response);
      else this.#host.fail("refused", `DESCRIBE: ${status} ${reason}`, response);
    }
  }

  setupResponse(response: RtspResponse): void {
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
      this.#host.unauthorized("SETUP", response);
      return;
    }
    const location = headerValue(response, "Location");
    const retryAfter = parseRetryAfter(headerValue(response, "Retry-After"));
    const freshChallenge = taken === "fresh";
    this.#report({ type: "response", status, location, retryAfter, freshChallenge });
  }

  /** UDP ports were bound for a medium, or there are none. */
  allocated(media: number, pair: NumberRange | undefined): void {
    const action = this.#plan?.action;
    const isWanted = action?.type === "setup" && action.media === media;
    if (!isWanted || !this.#media.waitsForPorts(media)) return;
    if (pair !== undefined) this.#sendSetup(action, this.#media.requestWith(action, pair));
    else {
      this.#media.withoutPorts(media);
      this.#report({ type: "response", status: 461 });
    }
  }

  #sendOptions(): void {
    this.#link.send("options", "OPTIONS", this.#link.requestUri);
  }

  /** RTSP 2.0 was refused: servers that know 1.0 only say 505, or 400. */
  #fallBack({ status }: RtspResponse): boolean {
    const refused = this.#link.version === "2.0" && (status === 505 || status === 400);
    if (refused) this.#link.version = "1.0";
    return refused;
  }

  #describe(): void {
    const accept = { name: "Accept", value: "application/sdp" };
    this.#link.send("describe", "DESCRIBE", this.#link.requestUri, [accept]);
  }

  #described(response: RtspResponse): void {
    const { prefer = "rfc" } = this.#options;
    const description = readDescription(response, this.#link.requestUri, prefer);
    if (description === undefined) {
      this.#host.fail("malformed", "DESCRIBE gave no description with media");
      return;
    }
    const { media, presentation } = description;
    // Which URI for PLAY was refused is worth knowing after a reconnect, too.
    if (this.#presentation?.aggregate !== presentation.aggregate) this.#control = undefined;
    this.#control ??= new AggregateControl(presentation);
    this.#presentation = presentation;
    this.#media.describe(media);
    this.#host.emit({ type: "described", sdp: response.body, media, presentation });
    for (const issue of presentation.issues) this.#host.emit({ type: "issue", issue });
    if (this.#plan === undefined) this.#newPlan(presentation, media);
    else this.#report({ type: "described", presentation });
  }

  #newPlan(presentation: Presentation, media: readonly SdpMedia[]): void {
    const { select = () => true } = this.#options;
    this.#plan = new SetupPlan(presentation, {
      ...this.#options,
      media: media.flatMap((medium, i) => (select(medium, i) ? [i] : [])),
      transports: this.#transports,
      credentials: this.#link.credentials,
      require: this.require !== undefined,
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
    const { uri, sameHost } = target;
    const allowed = redirects === "any" || (redirects === "same-host" && sameHost);
    if (!allowed) this.#host.fail("redirect", `not allowed to go to ${uri}`, response);
    else if (++this.#redirects > maxRedirects) this.#host.fail("redirect", "too many redirects");
    else this.#moveTo(uri, sameHost);
    return true;
  }

  /** The transports of the original scheme stay in force. */
  #moveTo(uri: string, sameHost: boolean): void {
    this.#host.disconnect();
    this.#link.moveTo(uri, sameHost);
    this.#host.connect(0);
  }

  /** Tell the plan, and do what it says. */
  #report(outcome: SetupOutcome): void {
    if (this.#plan !== undefined) this.#carryOut(this.#plan.report(outcome));
  }

  #carryOut(action: SetupAction): void {
    switch (action.type) {
      case "setup":
        this.#link.version = action.version;
        if (!action.require) this.require = undefined;
        this.#sendSetup(action, this.#media.request(action));
        break;
      case "reconnect":
        this.#host.disconnect();
        this.#host.connect(action.delayMs);
        break;
      case "redirect":
        this.#moveTo(action.uri, action.sameHost);
        break;
      case "wait":
        this.#waitUntil = this.#link.now + action.delayMs;
        break;
      case "play":
        this.#host.ready();
        break;
      case "failed":
        this.#host.fail("setup", action.error.message, { cause: action.error });
        break;
      default:
        action satisfies never;
    }
  }

  /** Without a transport the ports for it have to be bound first. */
  #sendSetup(action: SetupRequest, transport: RtspHeader | undefined): void {
    if (transport === undefined) return;
    this.#link.send("setup", "SETUP", action.uri, [transport, ...this.requireHeader()]);
  }

  #setupAccepted(action: SetupRequest, response: RtspResponse): void {
    const before = this.#link.session;
    this.#link.session ??= parseSession(headerValue(response, "Session") ?? "");
    const accepted = this.#media.accept(action, response);
    if (!accepted && before === undefined && this.#link.session !== undefined) {
      // What the server made has nothing in it that was asked for.
      this.#link.send("teardown", "TEARDOWN", action.uri);
      this.#link.session = undefined;
    }
    this.#report({ type: "response", status: accepted ? response.status : 461 });
  }
}
