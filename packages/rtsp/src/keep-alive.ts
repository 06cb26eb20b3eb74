import { NEVER } from "./link.js";
import { parseMethods, type SessionHeader } from "./session-headers.js";

/** When to tell the server that somebody is still there, and how (RFC 2326 12.37, RFC 7826 10.5). */
export class KeepAlive {
  #methods: ReadonlySet<string> = new Set();
  #refused = false;
  #at = NEVER;

  /** Time of the next one. */
  get at(): number {
    return this.#at;
  }

  /** GET_PARAMETER where it is announced and was not refused, else OPTIONS: any request keeps a session alive. */
  get method(): "GET_PARAMETER" | "OPTIONS" {
    return this.#methods.has("GET_PARAMETER") && !this.#refused ? "GET_PARAMETER" : "OPTIONS";
  }

  /** Take note of Public headers. */
  announced(values: readonly string[]): void {
    this.#methods = parseMethods(values);
  }

  /** Servers announce GET_PARAMETER and then refuse it. */
  refused(): void {
    this.#refused = true;
  }

  /** At half the server's timeout, so that one may be lost. */
  schedule(session: SessionHeader | undefined, now: number): void {
    this.#at = now + (session?.timeout ?? 60) * 500;
  }

  stop(): void {
    this.#at = NEVER;
  }
}
