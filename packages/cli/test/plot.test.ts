import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PcrTrace, type Series } from "../src/probe/pcr-trace.js";
import { ticks } from "../src/probe/plot/chart.js";
import { downsample } from "../src/probe/plot/downsample.js";
import { renderPage } from "../src/probe/plot/page.js";
import { noFindings, type PlottedTrace, resultOf } from "../src/probe/report.js";
import { propertyTest } from "./property-test.js";

const MODULUS = 2 ** 33 * 300;
const MAX_PAGE = 700_000;

interface Step {
  readonly ticks: number;
  readonly packets: number;
}

function trace(
  steps: readonly Step[],
  pcr0 = 0,
  flagged: ReadonlySet<number> = new Set(),
): PcrTrace {
  const made = new PcrTrace(0x100);
  let pcr = pcr0;
  let packet = 0;
  made.add(pcr, packet, false, undefined);
  steps.forEach((step, i) => {
    pcr = (((pcr + step.ticks) % MODULUS) + MODULUS) % MODULUS;
    packet += step.packets;
    made.add(pcr, packet, flagged.has(i), undefined);
  });
  return made;
}

function series(values: readonly number[]): Series {
  return { times: Float64Array.from(values, (_, i) => i), values: Float64Array.from(values) };
}

function plotted(made: PcrTrace, label = "PID 0x0100"): PlottedTrace {
  return { label, trace: made, analysis: made.analyze() };
}

function page(traces: readonly PlottedTrace[], input = "in.ts"): string {
  const { report } = resultOf({ input, bytes: 188, kind: "mpegts" }, noFindings());
  return renderPage(report, traces);
}

const steps = fc.array(
  fc.record({
    ticks: fc.integer({ min: 27_000, max: 2_700_000 }),
    packets: fc.integer({ min: 1, max: 1000 }),
  }),
  { minLength: 3, maxLength: 100 },
);

describe("the PCRs of a trace over time", () => {
  propertyTest(
    [steps, fc.integer({ min: 0, max: MODULUS - 1 })],
    "do not depend on where the clock began, wraps included",
    (all, pcr0) => {
      const [a, b] = [plotted(trace(all)), plotted(trace(all, pcr0))];
      expect(b.trace.series(b.analysis)).toEqual(a.trace.series(a.analysis));
      expect(a.trace.series(a.analysis).intervals.values).toEqual(
        Float64Array.from(all, (step) => step.ticks / 27_000),
      );
    },
  );

  test("of a constant bit rate are where it wants them, one that is late is not", () => {
    const even = Array.from({ length: 300 }, () => ({ ticks: 540_000, packets: 50 }));
    const exact = plotted(trace(even)).trace;
    const flat = exact.series(exact.analyze()).errors.values;
    expect(flat).toHaveLength(301);
    expect(Math.max(...flat.map(Math.abs))).toBeLessThan(0.01);
    const late = even.map((step, i) =>
      i === 150
        ? { ...step, ticks: step.ticks + 54 }
        : i === 151
          ? { ...step, ticks: step.ticks - 54 }
          : step,
    );
    const shifted = plotted(trace(late));
    const { errors } = shifted.trace.series(shifted.analysis);
    expect(errors.values[151]).toBeGreaterThan(1900);
    expect(errors.values[151]).toBeLessThan(2100);
    expect(shifted.analysis.accuracyErrors).toBe(1);
    expect(errors.times[151]).toBeCloseTo(151 * 0.02, 5);
  });

  test("of a varying bit rate have no accuracy", () => {
    const uneven = Array.from({ length: 100 }, (_, i) => ({
      ticks: 540_000,
      packets: 10 + (i % 7) * 9,
    }));
    const { trace: made, analysis } = plotted(trace(uneven));
    const found = made.series(analysis);
    expect(found.errors.times).toHaveLength(0);
    expect(found.bitrates.values[0]).toBeCloseTo((10 * 1504) / 0.02 / 1e6, 9);
  });

  test("break where a time base does, announced or not, and go on from there", () => {
    const even = Array.from({ length: 30 }, () => ({ ticks: 540_000, packets: 50 }));
    const jumps = even.map((step, i) => (i === 9 || i === 19 ? { ...step, ticks: 1e10 } : step));
    const { trace: made, analysis } = plotted(trace(jumps, 0, new Set([9])));
    const { breaks, intervals, errors } = made.series(analysis);
    expect(breaks).toEqual([
      { time: 9 * 0.02, announced: true },
      { time: 18 * 0.02, announced: false },
    ]);
    expect(intervals.values).toHaveLength(28);
    expect(intervals.times[27]).toBeCloseTo(28 * 0.02, 9);
    expect(Math.max(...errors.values.map(Math.abs))).toBeLessThan(0.01);
  });
});

describe("a downsampled series", () => {
  propertyTest(
    [
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 2000 }),
      fc.integer({ min: 1, max: 50 }),
    ],
    "has few points, in order, all of them real, and no peak is lost",
    (values, buckets) => {
      const points = downsample(series(values), buckets);
      expect(points.length).toBeLessThanOrEqual(2 * buckets);
      expect(points.every(({ time, value }) => Object.is(values[time], value))).toBe(true);
      expect(points.every(({ time }, i) => i === 0 || time > (points[i - 1]?.time as number))).toBe(
        true,
      );
      if (values.length === 0) return;
      const found = points.map(({ value }) => value);
      expect(Math.max(...found)).toBe(Math.max(...values));
      expect(Math.min(...found)).toBe(Math.min(...values));
    },
  );

  test("whose points all have one time is bounded too", () => {
    const all = {
      times: new Float64Array(1000),
      values: Float64Array.from({ length: 1000 }, (_, i) => i),
    };
    expect(downsample(all, 10)).toEqual([
      { time: 0, value: 0 },
      { time: 0, value: 999 },
    ]);
  });
});

propertyTest(
  [
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
  ],
  "the marks of an axis lie on it, evenly",
  (low, size) => {
    const high = low + size;
    fc.pre(size > Math.abs(low) * 1e-9);
    const marks = ticks(low, high, 5);
    expect(marks.length).toBeGreaterThanOrEqual(1);
    expect(marks.length).toBeLessThanOrEqual(8);
    const slack = size * 1e-6;
    expect(marks.every((mark) => mark >= low - slack && mark <= high + slack)).toBe(true);
  },
);

interface FakeChart {
  readonly listeners: Map<string, (event: object) => void>;
  readonly output: { textContent: string };
  readonly cursor: { x1: number };
}

/** The script of a page, run on as much of a document as it looks at. */
function opened(html: string): {
  readonly charts: readonly FakeChart[];
  /** `share`: where between the left and the right edge of the drawing. */
  readonly move: (chart: FakeChart, share: number) => void;
  readonly press: (chart: FakeChart, key: string) => void;
  readonly leave: (chart: FakeChart) => void;
} {
  const [, script = ""] = /<script>([\s\S]*)<\/script>/.exec(html) ?? [];
  const made = [...html.matchAll(/<svg viewBox="0 0 (\d+) \d+"([^>]*)>/g)].map(
    ([, width, attributes = ""]) => {
      const dataset = Object.fromEntries(
        [...attributes.matchAll(/data-(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
      );
      const listeners = new Map<string, (event: object) => void>();
      const output = { textContent: "" };
      const cursor = { x1: Number.NaN };
      const line = {
        setAttribute: (name: string, value: number) => Object.assign(cursor, { [name]: value }),
      };
      const group = {
        children: [line, { setAttribute: () => {} }],
        classList: { add: () => {}, remove: () => {} },
      };
      const svg = {
        dataset,
        parentNode: { querySelector: () => output },
        querySelector: () => group,
        viewBox: { baseVal: { width: Number(width) } },
        // Half as large as it was drawn, and not at the edge of the window.
        getBoundingClientRect: () => ({ left: 100, width: Number(width) / 2 }),
        addEventListener: (name: string, listener: (event: object) => void) =>
          listeners.set(name, listener),
      };
      const [left = 0, , right = 0] = (dataset.frame ?? "").split(" ").map(Number);
      return { svg, chart: { listeners, output, cursor }, left, right };
    },
  );
  const section = { querySelectorAll: () => made.map(({ svg }) => svg) };
  runInNewContext(script, { document: { querySelectorAll: () => [section] } });
  const tell = (chart: FakeChart, name: string, event: object): void =>
    chart.listeners.get(name)?.(event);
  return {
    charts: made.map(({ chart }) => chart),
    move(chart, share) {
      const { left = 0, right = 0 } = made.find((one) => one.chart === chart) ?? {};
      tell(chart, "pointermove", { clientX: 100 + (left + share * (right - left)) / 2 });
    },
    press: (chart, key) => tell(chart, "keydown", { key, preventDefault: () => {} }),
    leave: (chart) => tell(chart, "pointerleave", {}),
  };
}

describe("the page", () => {
  const even = Array.from({ length: 300 }, () => ({ ticks: 540_000, packets: 50 }));

  test("draws the limits of the standards and marks breaks", () => {
    const jumps = even.map((step, i) => (i === 99 ? { ...step, ticks: 1e10 } : step));
    const html = page([plotted(trace(jumps))]);
    for (const label of ["40 ms", "100 ms", "+ 500 ns", "− 500 ns"]) {
      expect(html).toContain(`>${label}</text>`);
    }
    expect(html.match(/<figure>/g)).toHaveLength(3);
    expect(html).toContain("jump without notice at 1.980 s");
    expect(html).toContain("<h3>Discontinuities: 1</h3>");
    // The curve begins anew behind the break.
    const curve = /class="curve" d="([^"]*)"/.exec(html)?.[1] ?? "";
    expect(curve.match(/M/g)).toHaveLength(2);
  });

  test("needs nothing else, and what it quotes is no markup", () => {
    const html = page([plotted(trace(even), "PID <b>")], `a"<script>alert(1)</script>.ts`);
    expect(html).not.toMatch(/<link|<img|@import|url\(|https?:|\son\w+=|\sstyle=/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain("PID <b>");
    const opened = [
      ...html.matchAll(/<(\/?)(section|figure|svg|table|tr|td|g|dl|div|p|h\d)\b[^>]*?(\/?)>/g),
    ];
    const depth = new Map<string, number>();
    for (const [, close, name = "", self] of opened) {
      if (self === "/") continue;
      const now = (depth.get(name) ?? 0) + (close === "/" ? -1 : 1);
      expect(now).toBeGreaterThanOrEqual(0);
      depth.set(name, now);
    }
    expect([...depth.values()].every((left) => left === 0)).toBe(true);
  });

  test("runs only what it was made with: its policy names script and style", () => {
    const html = page([plotted(trace(even))], "<script>alert(1)</script>");
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toMatch(/^default-src 'none'; /);
    for (const [name, pattern] of [
      ["script", /<script>([\s\S]*)<\/script>/],
      ["style", /<style>([\s\S]*)<\/style>/],
    ] as const) {
      const [, text = ""] = pattern.exec(html) ?? [];
      const hash = createHash("sha256").update(text).digest("base64");
      expect(text.length).toBeGreaterThan(1000);
      expect(policy).toContain(`${name}-src 'sha256-${hash}'`);
    }
  });

  test("reads out the point that is nearest to the pointer, in all charts, and goes on by keys", () => {
    const html = page([plotted(trace(even))]);
    const { charts, move, press, leave } = opened(html);
    expect(charts).toHaveLength(3);
    const read = (): string[] => charts.map(({ output }) => output.textContent);
    move(charts[0] as FakeChart, 0.499);
    expect(read()).toEqual(["3 s: 20 ms", "3 s: 0 ns", "3 s: 3.76 Mbit/s"]);
    press(charts[0] as FakeChart, "ArrowRight");
    press(charts[0] as FakeChart, "ArrowRight");
    press(charts[0] as FakeChart, "ArrowLeft");
    expect(read()[0]).toBe("3.02 s: 20 ms");
    // The first interval ends with the second PCR; the errors begin with the first.
    move(charts[1] as FakeChart, -1);
    expect(read()[0]).toBe("0.02 s: 20 ms");
    expect(read()[1]).toBe("0 s: 0 ns");
    move(charts[1] as FakeChart, 2);
    expect(read()[2]).toBe("6 s: 3.76 Mbit/s");
    expect(charts[0]?.cursor.x1).toBeCloseTo(1024, 6);
    leave(charts[0] as FakeChart);
    expect(read()).toEqual(["", "", ""]);
  });

  test("is of bounded size", () => {
    const long = Array.from({ length: 200_000 }, (_, i) => ({
      ticks: i % 50 === 0 ? 1e10 : 540_000 + (i % 13) * 1000,
      packets: 40 + (i % 5),
    }));
    expect(page([plotted(trace(long))]).length).toBeLessThan(MAX_PAGE);
  });

  test("of hardly any PCRs, or none, is a page too", () => {
    expect(page([])).toContain("There are no PCRs in it.");
    expect(page([plotted(trace([]))])).toContain("Not enough PCRs to draw.");
    expect(page([plotted(trace(even.slice(0, 2)))])).toContain("<svg");
  });
});
