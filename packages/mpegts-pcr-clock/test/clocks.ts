import type { ClockUnderTest, TraceRow } from "../src/conformance.js";
import { GstPcrClock, PcrClock, type PcrClockOptions } from "../src/index.js";
import { sampleOf } from "./simulated.js";

/** Our clock behind the interface of the conformance suite. */
export function ourClock(options: PcrClockOptions = {}): ClockUnderTest {
  const clock = new PcrClock(options);
  let discontinuities = 0;
  return {
    push(row: TraceRow) {
      const events = clock.addSample(sampleOf(row));
      for (const event of events) if (event.type === "discontinuity") discontinuities++;
    },
    read: (localNs) => clock.toSender(localNs),
    discontinuities: () => discontinuities,
  };
}

/** GStreamer's clock behind it. */
export function gstClock(): ClockUnderTest {
  const clock = new GstPcrClock();
  let resets = 0;
  return {
    push({ pcr, arrivalNs, discontinuity }) {
      if (clock.add(pcr, arrivalNs, discontinuity) === "reset") resets++;
    },
    read: (localNs) => clock.toSender(localNs),
    discontinuities: () => Math.max(0, resets - 1),
  };
}
