import { sha256 } from "@x/bits";
import { type Challenge, parseChallenges } from "./challenge.js";
import { md5 } from "./md5.js";
import { headerValues, isFieldValue, type RtspHeader, type RtspResponse } from "./message.js";
import { octets, utf8 } from "./octets.js";
import { sha512t256 } from "./sha512-256.js";

/** User and password, as text: they go out as UTF-8. */
export interface RtspCredentials {
  readonly username: string;
  readonly password: string;
}

/** What an answer to a Digest challenge covers. */
export interface DigestRequest {
  readonly method: string;
  /** Exactly as on the request line. */
  readonly uri: string;
  /** For `qop=auth-int`. */
  readonly body?: Uint8Array | undefined;
  /** How many requests used this nonce, this one included: 1 and up. */
  readonly nonceCount: number;
  /** The client's nonce: unpredictable, one for each answer. */
  readonly cnonce: string;
}

type Hash = (text: string) => string;

const hex =
  (hash: (bytes: Uint8Array) => Uint8Array): Hash =>
  (text) =>
    Array.from(hash(octets(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Strongest first; `-sess` after its plain form is added where it is looked up. */
const HASHES: ReadonlyMap<string, Hash> = new Map([
  ["sha-512-256", hex(sha512t256)],
  ["sha-256", hex(sha256)],
  ["md5", hex(md5)],
]);

/**
 * The strongest challenge that can be answered: Digest with SHA-512/256, SHA-256, MD5, then Basic.
 * @returns `undefined` when there is none; Basic only with `allowBasic`.
 */
export function chooseChallenge(
  challenges: readonly Challenge[],
  allowBasic = true,
): Challenge | undefined {
  const rank = (challenge: Challenge): number => {
    if (challenge.scheme === "basic") return allowBasic ? 1 : 0;
    if (challenge.scheme !== "digest" || !challenge.parameters.has("nonce")) return 0;
    if (qopOf(challenge) === "unknown") return 0;
    // The answer repeats them, and a control character would end its line.
    if (![...challenge.parameters.values()].every(isFieldValue)) return 0;
    const index = [...HASHES.keys()].indexOf(algorithmOf(challenge).name);
    return index === -1 ? 0 : 1 + HASHES.size - index;
  };
  const usable = challenges.filter((challenge) => rank(challenge) > 0);
  return usable.sort((a, b) => rank(b) - rank(a))[0];
}

/**
 * The value of Authorization (or Proxy-Authorization) that answers `challenge`: RFC 7617 for Basic, RFC 7616 and, for
 * servers without qop, RFC 2069 for Digest.
 *
 * @throws {RangeError} for a challenge that {@link chooseChallenge} would not choose.
 */
export function authorize(
  challenge: Challenge,
  credentials: RtspCredentials,
  request: DigestRequest,
): string {
  const username = utf8(credentials.username);
  const password = utf8(credentials.password);
  if (challenge.scheme === "basic") return `Basic ${base64(`${username}:${password}`)}`;
  const { name, session, given } = algorithmOf(challenge);
  const hash = HASHES.get(name);
  const qop = qopOf(challenge);
  if (challenge.scheme !== "digest" || hash === undefined || qop === "unknown") {
    throw new RangeError(`cannot answer ${challenge.scheme} ${given ?? ""}`);
  }
  const parameter = (key: string): string => challenge.parameters.get(key) ?? "";
  const realm = parameter("realm");
  const nonce = parameter("nonce");
  const { cnonce, method, uri, nonceCount, body } = request;
  const nc = nonceCount.toString(16).padStart(8, "0");

  let secret = hash(`${username}:${realm}:${password}`);
  if (session) secret = hash(`${secret}:${nonce}:${cnonce}`);
  let action = `${method}:${uri}`;
  if (qop === "auth-int") action += `:${hash(textOf(body))}`;
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  const response = hash(`${secret}:${middle}:${hash(action)}`);

  const userhash = parameter("userhash").toLowerCase() === "true";
  const parts = [`username=${quote(userhash ? hash(`${username}:${realm}`) : username)}`];
  parts.push(`realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `uri=${quote(uri)}`);
  parts.push(`response="${response}"`);
  if (given !== undefined) parts.push(`algorithm=${given}`);
  if (challenge.parameters.has("opaque")) parts.push(`opaque=${quote(parameter("opaque"))}`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nc}`);
  if (qop !== undefined || session) parts.push(`cnonce=${quote(cnonce)}`);
  if (userhash) parts.push("userhash=true");
  return `Digest ${parts.join(", ")}`;
}

/** `SHA-256-sess` is SHA-256 with a session key; without the parameter it is MD5 (RFC 7616 3.3). */
function algorithmOf(challenge: Challenge): {
  readonly name: string;
  readonly session: boolean;
  readonly given: string | undefined;
} {
  const given = challenge.parameters.get("algorithm");
  const [, name = "", session] = /^(.*?)(-sess)?$/is.exec(given?.toLowerCase() ?? "md5") ?? [];
  return { name, session: session !== undefined, given };
}

/** `auth` before `auth-int`, because many servers hash no body; no qop at all is RFC 2069. */
function qopOf(challenge: Challenge): "auth" | "auth-int" | "unknown" | undefined {
  const offered = challenge.parameters.get("qop");
  if (offered === undefined || offered.trim() === "") return undefined;
  const values = offered
    .toLowerCase()
    .split(",")
    .map((value) => value.trim());
  if (values.includes("auth")) return "auth";
  return values.includes("auth-int") ? "auth-int" : "unknown";
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function textOf(body: Uint8Array | undefined): string {
  return Array.from(body ?? [], (byte) => String.fromCharCode(byte)).join("");
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(text: string): string {
  const bytes = octets(text);
  let result = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const bits = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) result += BASE64[(bits >> shift) & 63];
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return missing === 0 ? result : result.slice(0, -missing) + "=".repeat(missing);
}

/** Answers challenges one after the other: keeps the challenge and counts the uses of its nonce. */
export class Authenticator {
  readonly #credentials: RtspCredentials | undefined;
  readonly #allowBasic: boolean;
  readonly #cnonce: () => string;
  #challenge: Challenge | undefined;
  #nonceCount = 0;
  #proxy = false;

  constructor(options: {
    readonly credentials: RtspCredentials | undefined;
    readonly allowBasic: boolean;
    readonly cnonce: () => string;
  }) {
    this.#credentials = options.credentials;
    this.#allowBasic = options.allowBasic;
    this.#cnonce = options.cnonce;
  }

  /** Whether there are credentials, and whether a challenge was received that they answer. */
  get state(): "none" | "available" | "in-use" {
    if (this.#credentials === undefined) return "none";
    return this.#challenge === undefined ? "available" : "in-use";
  }

  /**
   * Take in the challenges of a 401 or 407.
   * @returns `none`: cannot be answered; `fresh`: the next answer differs from the refused one; `same`: it would not.
   */
  take(response: RtspResponse): "none" | "fresh" | "same" {
    const proxy = response.status === 407;
    const values = headerValues(response, proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
    const chosen = chooseChallenge(parseChallenges(values), this.#allowBasic);
    if (chosen === undefined || this.#credentials === undefined) return "none";
    const before = this.#challenge;
    this.#challenge = chosen;
    this.#proxy = proxy;
    const stale = chosen.parameters.get("stale")?.toLowerCase() === "true";
    const sameNonce =
      before?.scheme === chosen.scheme &&
      before.parameters.get("nonce") === chosen.parameters.get("nonce");
    if (sameNonce && !stale) return "same";
    this.#nonceCount = 0;
    return "fresh";
  }

  /** Name and value of the header for a request, once there was a challenge. */
  header(method: string, uri: string): RtspHeader | undefined {
    if (this.#challenge === undefined || this.#credentials === undefined) return undefined;
    this.#nonceCount++;
    const request = { method, uri, nonceCount: this.#nonceCount, cnonce: this.#cnonce() };
    const value = authorize(this.#challenge, this.#credentials, request);
    return { name: this.#proxy ? "Proxy-Authorization" : "Authorization", value };
  }
}
