import { expectTypeOf, test } from "vitest";
import type { ClockImplementation, TraceScore } from "../src/conformance.js";
import {
  analyzePcr,
  analyzePcrStream,
  PcrClock,
  type PcrClockEvent,
  type PcrClockSnapshot,
  type PcrClockState,
  type PcrReport,
  type TimeSegment,
} from "../src/index.js";

test("types", () => {
  const clock = new PcrClock({ program: 1, delaySteps: "follow" });
  expectTypeOf(clock.feed(new Uint8Array(0), 0n)).toEqualTypeOf<readonly PcrClockEvent[]>();
  expectTypeOf(clock.state).toEqualTypeOf<PcrClockState>();
  expectTypeOf(clock.now()).toEqualTypeOf<bigint>();
  expectTypeOf(clock.ptsToSender(0)).toEqualTypeOf<bigint | undefined>();
  expectTypeOf(clock.mapping()).toEqualTypeOf<readonly TimeSegment[]>();
  expectTypeOf(clock.sleepUntil(0n)).toEqualTypeOf<Promise<bigint>>();
  expectTypeOf(clock.snapshot()).toEqualTypeOf<PcrClockSnapshot>();
  expectTypeOf(analyzePcr([])).toEqualTypeOf<PcrReport>();
  expectTypeOf(analyzePcrStream(new Uint8Array(0))).toEqualTypeOf<Map<number, PcrReport>>();
  expectTypeOf<PcrClockEvent["type"]>().toEqualTypeOf<
    "locked" | "unlocked" | "holdover" | "lost" | "discontinuity" | "delay-step" | "pcr-pid"
  >();
  expectTypeOf<ClockImplementation["createClock"]>().returns.toHaveProperty("read");
  expectTypeOf<TraceScore["rmsUs"]>().toEqualTypeOf<number>();
  // @ts-expect-error arrival times are bigint
  clock.feed(new Uint8Array(0), 5);
  // @ts-expect-error results are readonly
  clock.mapping().push();
});
