import { parseRtspUrl, type RtspUrl } from "@x/rtsp-uri";
import { Authenticator } from "./authorization.js";
import type { RtspClientOptions, RtspEvent } from "./client-events.js";
import { Exchange, type Outgoing, type Pending, type Step } from "./exchange.js";
import type { RtspHeader, RtspResponse } from "./message.js";
import { type RtspItem, RtspParser } from "./parser.js";
import type { SessionHeader } from "./session-headers.js";

export const NEVER: number = Number.POSITIVE_INFINITY;

/** The connection under a client: one socket at a time, and the requests that are in flight on it. */
export class Link {
  readonly #options: RtspClientOptions;
  readonly #emit: (event: RtspEvent) => void;
  readonly #parser: RtspParser;
  #url: RtspUrl;
  #authenticator: Authenticator;
  #exchange: Exchange;
  #socket: "none" | "opening" | "open" = "none";
  #connectDeadline = NEVER;
  #portIndex = 0;
  /** RTSP version of the requests. */
  version: "1.0" | "2.0";
  /** Its identifier goes into every request once there is one. */
  session: SessionHeader | undefined;
  /** The time of what happens now. */
  now = 0;

  constructor(url: RtspUrl, options: RtspClientOptions, emit: (event: RtspEvent) => void) {
    this.#url = url;
    this.#options = options;
    this.#emit = emit;
    this.#parser = new RtspParser(options);
    this.version = options.version ?? "1.0";
    this.#authenticator = this.#newAuthenticator(options.credentials ?? url.credentials);
    this.#exchange = new Exchange(this.#authenticator, options.userAgent);
  }

  get requestUri(): string {
    return this.#url.requestUri;
  }

  get socket(): "none" | "opening" | "open" {
    return this.#socket;
  }

  /** Time of the next timeout, of the connection or of a request. */
  get deadline(): number {
    return Math.min(this.#connectDeadline, this.#exchange.deadline);
  }

  /** What the oldest request in flight is for. */
  get inFlight(): Step | undefined {
    return this.#exchange.pending[0]?.step;
  }

  get credentials(): "none" | "available" | "in-use" {
    return this.#authenticator.state;
  }

  /** Ask for a connection. */
  connect(delayMs: number): void {
    const { address, ports, tls } = this.#url;
    const port = ports[this.#portIndex % ports.length] as number;
    this.#socket = "opening";
    this.#connectDeadline = this.now + delayMs + (this.#options.connectTimeoutMs ?? 10_000);
    this.#emit({ type: "connect", address, port, tls, delayMs });
  }

  /** The connection is open. */
  opened(): void {
    this.#socket = "open";
    this.#connectDeadline = NEVER;
    this.#parser.reset();
  }

  /** The connection ended on its own. */
  ended(): void {
    this.#socket = "none";
    this.#connectDeadline = NEVER;
  }

  /** End the connection, and forget what was in flight on it. */
  disconnect(): void {
    if (this.#socket !== "none") this.#emit({ type: "disconnect" });
    this.ended();
    this.#exchange.forget();
    this.session = undefined;
  }

  get connectIsLate(): boolean {
    return this.now >= this.#connectDeadline;
  }

  /** Go to the scheme's next default port. @returns false when that is the first one again. */
  nextPort(): boolean {
    this.#portIndex++;
    return this.#portIndex % this.#url.ports.length !== 0;
  }

  /** Go to another URL; credentials stay behind when the host is another. */
  moveTo(uri: string, sameHost: boolean): void {
    this.#url = parseRtspUrl(uri, this.#options);
    this.#portIndex = 0;
    if (sameHost) return;
    this.#authenticator = this.#newAuthenticator(undefined);
    this.#exchange = new Exchange(this.#authenticator, this.#options.userAgent);
  }

  receive(bytes: Uint8Array): RtspItem[] {
    return this.#parser.push(bytes);
  }

  send(step: Step, method: string, uri: string, headers: readonly RtspHeader[] = []): void {
    const session = this.session === undefined ? [] : [{ name: "Session", value: this.session.id }];
    const timeoutMs = this.#timeoutOf(step);
    this.#send({ step, method, uri, headers: [...headers, ...session], timeoutMs }, 0);
  }

  /** Send a request again, with an answer to the challenge that came for it. */
  answer(pending: Pending): void {
    this.#send(pending, pending.challenges + 1);
  }

  /** See {@link Exchange.match}. */
  match(response: RtspResponse): Pending | undefined {
    return this.#exchange.match(response);
  }

  /** See {@link Authenticator.take}. */
  takeChallenge(response: RtspResponse): "none" | "fresh" | "same" {
    return this.#authenticator.take(response);
  }

  /** A request whose answer should be here; it is no longer in flight. */
  takeLate(): Pending | undefined {
    const late = this.#exchange.pending.find(({ deadline }) => this.now >= deadline);
    if (late !== undefined) this.#exchange.forget(late);
    return late;
  }

  /** Wait for no answer any more. */
  forget(): void {
    this.#exchange.forget();
  }

  #send(request: Outgoing, challenges: number): void {
    const data = this.#exchange.send(request, this.version, this.now, challenges);
    this.#emit({ type: "send", data });
  }

  #timeoutOf(step: Step): number {
    const { setupTimeoutMs, teardownTimeoutMs, responseTimeoutMs } = this.#options;
    if (step === "setup") return setupTimeoutMs ?? 5000;
    if (step === "teardown") return teardownTimeoutMs ?? 1000;
    return responseTimeoutMs ?? 20_000;
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
