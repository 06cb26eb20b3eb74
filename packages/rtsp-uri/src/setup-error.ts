import type { SetupAttempt } from "./setup-plan.js";

/**
 * `exhausted`: the server refused every candidate; `no-candidates`: no medium can be set up; `unauthorized`: no
 * credentials, or refused ones; `bandwidth`: 453; `unsupported`: 406, 415; `network`: reconnected too often; `budget`:
 * too many SETUPs; `redirect-refused`: to another host or out of TLS, without the option; `too-many-redirects`.
 */
export type SetupErrorCode =
  | "exhausted"
  | "no-candidates"
  | "unauthorized"
  | "bandwidth"
  | "unsupported"
  | "network"
  | "budget"
  | "redirect-refused"
  | "too-many-redirects";

/** Why a presentation could not be set up, with everything that was tried. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly code: SetupErrorCode;
  readonly attempts: readonly SetupAttempt[];

  constructor(code: SetupErrorCode, attempts: readonly SetupAttempt[]) {
    const tried = attempts.map(({ uri, rule, outcome }) => `${uri} (${rule}): ${outcome}`);
    super(`SETUP failed (${code}): ${tried.join("; ") || "nothing"}`);
    this.code = code;
    this.attempts = [...attempts];
  }
}
