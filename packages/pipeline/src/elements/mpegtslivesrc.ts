import { PcrClock } from "@x/mpegts-pcr-clock";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import type { Clock } from "../clock.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { appSink } from "./appsink.js";
import { MPEGTS_CAPS } from "./formats.js";

export const mpegtslivesrc: ElementFactory = elementFactory({
  name: "mpegtslivesrc",
  classification: "Source/Network",
  description: "Receives a live transport stream and gives the pipeline its sender's clock.",
  properties: {
    source: {
      type: "string",
      default: undefined,
      description: "The source inside, as in source='udpsrc port=5000'",
    },
    "program-number": {
      type: "integer",
      default: 0,
      min: 0,
      max: 65_535,
      description: "Programme whose PCR counts; 0: the first",
    },
    "delay-steps": {
      type: "enum",
      default: "hold",
      values: ["hold", "follow"],
      description: "When the network's delay changes for good: keep the clock, or follow it slowly",
    },
  },
  pads: [always("src", MPEGTS_CAPS)],
  create(properties) {
    const { source } = properties;
    if (source === undefined) throw new TypeError("property source is not set");
    const program = properties["program-number"];
    const clock = new PcrClock({
      ...(program === 0 ? {} : { program }),
      delaySteps: properties["delay-steps"],
    });
    return {
      clock: pipelineClock(clock),
      async run(context) {
        const src = context.src();
        await src.caps(caps("video/mpegts", { systemstream: true }));
        const inner = context.launch(`${source} ! received`, [
          appSink("received", async (item) => {
            if (item.type !== "buffer") return;
            const { data, meta } = item.buffer;
            const arrival = meta.arrival ?? process.hrtime.bigint();
            for (const { localNs: _, ...event } of clock.feed(data, arrival)) {
              const lost = event.type === "unlocked" || event.type === "lost";
              const type = lost ? "warning" : "info";
              context.post({ type, text: `sender's clock: ${event.type}`, details: event });
            }
            const pts = clock.toSender(arrival) - context.baseTime;
            await src.buffer(mediaBuffer(data, { pts, meta: { arrival } }));
          }),
        ]);
        const stop = (): void => inner.stop();
        const abort = (): void => inner.abort();
        context.stopSignal.addEventListener("abort", stop);
        context.signal.addEventListener("abort", abort);
        try {
          if (context.stopSignal.aborted) inner.stop();
          await inner.run();
        } finally {
          context.stopSignal.removeEventListener("abort", stop);
          context.signal.removeEventListener("abort", abort);
        }
        const { rate, state } = clock;
        context.post({
          type: "statistics",
          text: `the sender's clock runs ${((rate - 1) * 1e6).toFixed(3)} ppm fast (${state})`,
          details: { rate, state },
        });
      },
    };
  },
});

/** A sender's clock as the clock of a pipeline. Before the first PCR it is the local one. */
function pipelineClock(clock: PcrClock): Clock {
  return {
    now: () => clock.now(),
    async sleepUntil(time, signal) {
      await clock.sleepUntil(time, { signal });
    },
  };
}
