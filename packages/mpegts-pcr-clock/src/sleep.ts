import type { LocalTime } from "./local-time.js";

const MS = 1_000_000n;
/** Timers fire up to this late. */
const TIMER_MARGIN_MS = 2n;
/** The longest timer: the clock's rate and phase may change meanwhile. */
const MAX_TIMER_MS = 100n;

/** What {@link sleepUntilLocal} waits with. */
export interface SleepHost {
  readonly localNow: LocalTime;
  /** The deadline in local time by what is known now; `undefined`: not known yet. */
  deadline(): bigint | undefined;
  /** Local time before the deadline that is spent in a busy loop, ns. */
  readonly spinNs: bigint;
}

/**
 * Wait for a deadline that may move: timers up to 2 ms before it, then turns of the event loop.
 * @returns how late it is, ns
 * @throws the signal's reason
 */
export async function sleepUntilLocal(
  host: SleepHost,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  while (true) {
    signal?.throwIfAborted();
    const deadline = host.deadline();
    if (deadline === undefined) {
      await timer(MAX_TIMER_MS, signal);
      continue;
    }
    const left = deadline - host.localNow();
    if (left <= host.spinNs) {
      let now = host.localNow();
      while (now < deadline) now = host.localNow();
      return now - deadline;
    }
    const ms = left / MS - TIMER_MARGIN_MS;
    if (ms > 0n) await timer(ms < MAX_TIMER_MS ? ms : MAX_TIMER_MS, signal);
    else await nextTurn();
  }
}

function timer(ms: bigint, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(handle);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted === true) reject(signal.reason);
      else resolve();
    };
    const handle = setTimeout(end, Number(ms));
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Behind what the event loop has to do; a zero timer where there is no `setImmediate`. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
