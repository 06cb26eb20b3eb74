import { describe, expect, test } from "vitest";
import { PcrClock } from "../src/index.js";

/** A clock that has seen one PCR, now. */
function anchored(): PcrClock {
  const clock = new PcrClock();
  clock.addSample({ pcr: 0, arrivalNs: process.hrtime.bigint() });
  return clock;
}

describe("sleepUntil", () => {
  test("resolves when the sender's clock shows the time, with the lateness", async () => {
    const clock = anchored();
    const until = clock.now() + 20_000_000n;
    const late = await clock.sleepUntil(until);
    expect(clock.now()).toBeGreaterThanOrEqual(until);
    expect(late).toBeGreaterThanOrEqual(0n);
  });

  test("resolves at once for the past", async () => {
    const clock = anchored();
    expect(await clock.sleepUntil(clock.now() - 5_000_000n)).toBeGreaterThanOrEqual(5_000_000n);
  });

  test("with a busy loop at its end is late by microseconds only", async () => {
    const clock = anchored();
    const late = await clock.sleepUntil(clock.now() + 8_000_000n, { spinNs: 8_000_000n });
    expect(late).toBeGreaterThanOrEqual(0n);
  });

  test("waits for the first PCR", async () => {
    const clock = new PcrClock();
    let done = false;
    const waiting = clock.sleepUntil(0n).then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(done).toBe(false);
    clock.addSample({ pcr: 0, arrivalNs: process.hrtime.bigint() });
    await waiting;
    expect(done).toBe(true);
  });

  test("ends with the signal's reason, before and while it waits", async () => {
    const clock = anchored();
    const reason = new Error("enough");
    const far = clock.now() + 10n ** 18n;
    await expect(clock.sleepUntil(far, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = clock.sleepUntil(far, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 10);
    await expect(waiting).rejects.toBe(reason);
  });

  test("a deadline beyond what timers can take is waited for", async () => {
    const clock = anchored();
    const controller = new AbortController();
    let ended = false;
    const waiting = clock
      .sleepUntil(clock.now() + 2n ** 62n, { signal: controller.signal })
      .finally(() => {
        ended = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(false);
    controller.abort();
    await expect(waiting).rejects.toHaveProperty("name", "AbortError");
  });

  test("follows a deadline that moves: the local clock is an argument", async () => {
    let local = 0n;
    const clock = new PcrClock({ localNow: () => local });
    clock.addSample({ pcr: 0, arrivalNs: 0n });
    const waiting = clock.sleepUntil(3_600_000_000_000n);
    local = 3_600_000_000_005n;
    expect(await waiting).toBe(5n);
  });
});
