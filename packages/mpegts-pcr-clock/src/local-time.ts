/** The monotonic clock at hand, ns. Only differences mean anything. */
export type LocalTime = () => bigint;

/**
 * `process.hrtime.bigint` in Node, Deno and Bun, `performance.now` elsewhere: the domain of arrival times, when nothing
 * else is said.
 */
export function defaultLocalTime(): LocalTime {
  const host = (globalThis as { process?: { hrtime?: { bigint?: LocalTime } } }).process;
  const hrtime = host?.hrtime?.bigint;
  if (typeof hrtime === "function") return hrtime;
  return () => BigInt(Math.round(performance.now() * 1e6));
}
