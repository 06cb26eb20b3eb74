// The scheduler against every possible use of the pairs of small cases.
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type Cea608ScheduledCue,
  Cea608Scheduler,
  type Cea608SchedulerOptions,
  encodePopOn,
} from "../src/index.js";
import { leastLateness } from "./slot-oracle.js";

const SERVICES = ["CC1", "CC2", "CC3", "CC4"] as const;
type Service = (typeof SERVICES)[number];

interface SmallCue {
  readonly service: Service;
  /** Frames; at 30 Hz each frame has a pair of each field. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const smallCues = (services: readonly Service[], maxLength: number): fc.Arbitrary<SmallCue[]> =>
  fc
    .array(
      fc.record({
        service: fc.constantFrom(...services),
        gap: fc.integer({ min: 0, max: 28 }),
        duration: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(Number.POSITIVE_INFINITY)),
        // Extended characters come with a letter for those who do not know them.
        text: fc.string({
          unit: fc.constantFrom("x", "y", "é", "♪", "Ö"),
          minLength: 1,
          maxLength: 16,
        }),
      }),
      { minLength: 1, maxLength },
    )
    .map((list) => {
      const at = new Map<Service, number>();
      const cues = list.map(({ service, gap, duration, text }) => {
        const start = (at.get(service) ?? 0) + gap;
        at.set(service, start);
        return { service, start, end: start + duration, text };
      });
      return cues.sort(
        (a, b) => a.start - b.start || SERVICES.indexOf(a.service) - SERVICES.indexOf(b.service),
      );
    });

/** Frames that each cue comes late, as the scheduler reports them. */
function reported(
  list: readonly SmallCue[],
  redundantControls: Cea608SchedulerOptions["redundantControls"] & string,
): number[] {
  const scheduler = new Cea608Scheduler({
    frameRate: { numerator: 30, denominator: 1 },
    redundantControls,
  });
  const cues: Cea608ScheduledCue[] = list.map(({ service, start, end, text }) => ({
    service,
    start: (start * 1000) / 30,
    end: (end * 1000) / 30,
    lines: [text],
  }));
  for (const cue of cues) scheduler.push(cue);
  const late = cues.map(() => 0);
  while (!scheduler.done) {
    for (const report of scheduler.pull().reports) {
      if (report.type === "late") late[cues.indexOf(report.cue)] = (report.lateMs * 30) / 1000;
    }
  }
  return late.map(Math.round);
}

/** The fields know nothing of each other: each has an oracle of its own. */
function least(list: readonly SmallCue[], known: readonly number[]): number[] {
  const best = [...known];
  for (const services of [SERVICES.slice(0, 2), SERVICES.slice(2)]) {
    const places = list.flatMap(({ service }, i) => (services.includes(service) ? [i] : []));
    const captions = places.map((place) => {
      const { service, start, end, text } = list[place] as SmallCue;
      const dataChannel = services.indexOf(service) === 0 ? 1 : 2;
      const field = service === "CC1" || service === "CC2" ? 1 : 2;
      const options = { field, dataChannel, redundantControls: "never" } as const;
      const words = encodePopOn({ lines: [text] }, options).slice(0, -1);
      return { service: services.indexOf(service) as 0 | 1, target: start, end, words };
    });
    // The oracle has to get there itself: what is known to it is a frame worse.
    const worse = places.map(
      (place, i) => (known[place] as number) + (i === places.length - 1 ? 1 : 0),
    );
    leastLateness(captions, worse).forEach((late, i) => {
      best[places[i] as number] = late;
    });
  }
  return best;
}

describe("lateness is the least that the line forces (oracle: every use of every pair)", () => {
  for (const [services, most] of [
    [SERVICES.slice(0, 1), 6],
    [SERVICES.slice(0, 2), 4],
    [SERVICES, 7],
  ] as const) {
    prop.prop([smallCues(services, most), fc.constantFrom("field1", "always", "never")])(
      `${services.join(", ")}`,
      (list, redundantControls) => {
        const late = reported(list, redundantControls);
        expect(late).toEqual(least(list, late));
      },
    );
  }

  test("a service waits with a code that would be interrupted, if that helps", () => {
    const list: SmallCue[] = [
      { service: "CC1", start: 13, end: Number.POSITIVE_INFINITY, text: "x".repeat(10) },
      { service: "CC2", start: 13, end: Number.POSITIVE_INFINITY, text: "x".repeat(8) },
      { service: "CC2", start: 31, end: Number.POSITIVE_INFINITY, text: "x".repeat(15) },
    ];
    expect(reported(list, "never")).toEqual([0, 5, 0]);
  });
});
