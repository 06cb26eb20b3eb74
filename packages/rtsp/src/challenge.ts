/** One challenge of a WWW-Authenticate or Proxy-Authenticate header (RFC 7235 2.1). */
export interface Challenge {
  /** Lower case: `digest`, `basic`. */
  readonly scheme: string;
  /** Names in lower case, values without quotes; the first of equal names counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]";

/**
 * A parameter, or a scheme: a token before a parameter or alone at the end. So `auth-int` in an unquoted
 * `qop=auth,auth-int` is neither. The lookarounds keep a long token from being tried in parts.
 */
const PART = new RegExp(
  `(?<!${TOKEN})(${TOKEN}+)(?!${TOKEN})` +
    '(?:[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"?|([^\\s,"]*))' +
    `|(?=[ \\t]+${TOKEN}+[ \\t]*=|[ \\t]*$))`,
  "gs",
);

/**
 * Parse the values of all such headers of a response: each may hold several challenges, and commas separate challenges
 * as well as parameters. Never throws; what is no challenge is left out.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const value of values) {
    for (const [, name = "", quoted, plain] of value.matchAll(PART)) {
      const text = quoted?.replace(/\\(.)/gs, "$1") ?? plain;
      const key = name.toLowerCase();
      if (text === undefined) {
        challenges.push({ scheme: key, parameters: new Map() });
        continue;
      }
      const parameters = challenges.at(-1)?.parameters;
      if (parameters !== undefined && !parameters.has(key)) parameters.set(key, text);
    }
  }
  return challenges;
}
