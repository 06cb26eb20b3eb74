import { setTimeout as sleep } from "node:timers/promises";

/** Where a pipeline gets its time from: the system, a sender's PCR, a device. */
export interface Clock {
  /** Nanoseconds, never going backwards; the origin is the clock's own. */
  now(): bigint;
  /** Resolves when `now()` has reached `time`; rejects when `signal` is aborted. */
  sleepUntil(time: bigint, signal: AbortSignal): Promise<void>;
}

/** setTimeout counts in 31 bits of milliseconds; longer waits are made of several. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The operating system's monotonic clock. */
export function systemClock(): Clock {
  return {
    now: () => process.hrtime.bigint(),
    async sleepUntil(time, signal) {
      for (;;) {
        const left = Number(time - process.hrtime.bigint()) / 1e6;
        if (left <= 0) return;
        await sleep(Math.min(Math.ceil(left), LONGEST_TIMEOUT), undefined, { signal });
      }
    },
  };
}
