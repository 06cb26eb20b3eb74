import type { Authenticator } from "./authorization.js";
import { encodeMessage, headerValue, type RtspHeader, type RtspResponse } from "./message.js";

/** What a request is for. */
export type Step = "options" | "describe" | "setup" | "play" | "pause" | "teardown" | "keep-alive";

/** A request without what every request has. */
export interface Outgoing {
  readonly step: Step;
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly RtspHeader[];
  readonly timeoutMs: number;
}

/** A request without its response. */
export interface Pending extends Outgoing {
  readonly deadline: number;
  /** How often it was sent again with other credentials. */
  readonly challenges: number;
}

/** Numbers requests, signs them, and finds the request of a response (RFC 2326 12.17, RFC 7826 18.20). */
export class Exchange {
  readonly #authenticator: Authenticator;
  readonly #userAgent: string;
  readonly #pending = new Map<number, Pending>();
  #cseq = 0;

  constructor(authenticator: Authenticator, userAgent = "@x/rtsp") {
    this.#authenticator = authenticator;
    this.#userAgent = userAgent;
  }

  /** Requests in flight, the oldest first. */
  get pending(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  /** Time of the next timeout. */
  get deadline(): number {
    return Math.min(...this.pending.map(({ deadline }) => deadline));
  }

  /** The bytes of a request, which is then in flight. */
  send(request: Outgoing, version: string, now: number, challenges = 0): Uint8Array {
    const { method, uri } = request;
    this.#cseq++;
    const authorization = this.#authenticator.header(method, uri);
    const headers = [
      { name: "CSeq", value: String(this.#cseq) },
      ...request.headers,
      ...(authorization === undefined ? [] : [authorization]),
      { name: "User-Agent", value: this.#userAgent },
    ];
    const deadline = now + request.timeoutMs;
    this.#pending.set(this.#cseq, { ...request, deadline, challenges });
    const body = new Uint8Array(0);
    return encodeMessage({ type: "request", method, uri, version, headers, body });
  }

  /**
   * The request that a response is for; it is no longer in flight, unless the response is interim. A response without
   * CSeq is taken for the oldest one's; one with a number that is not in flight is for none.
   */
  match(response: RtspResponse): Pending | undefined {
    const value = headerValue(response, "CSeq");
    const [oldest] = this.#pending.keys();
    const cseq = value === undefined ? oldest : Number.parseInt(value, 10);
    const pending = cseq === undefined ? undefined : this.#pending.get(cseq);
    if (cseq !== undefined && response.status >= 200) this.#pending.delete(cseq);
    return pending;
  }

  /** Forget requests: all, or one that came too late. */
  forget(pending?: Pending): void {
    for (const [cseq, other] of this.#pending) {
      if (pending === undefined || other === pending) this.#pending.delete(cseq);
    }
  }
}
