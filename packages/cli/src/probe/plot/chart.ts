import type { Series } from "../pcr-trace.js";
import { downsample, type Point } from "./downsample.js";
import { escapeHtml } from "./html.js";

/** A horizontal line that a standard draws. */
export interface Limit {
  readonly value: number;
  readonly label: string;
  /** `error`: beyond it something is wrong. */
  readonly level: "warning" | "error";
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  /** One sentence about what is drawn. */
  readonly note: string;
  readonly unit: string;
  readonly series: Series;
  readonly limits?: readonly Limit[];
  /** Values that the axis shows in any case. */
  readonly include?: readonly number[];
  readonly breaks?: readonly { readonly time: number; readonly announced: boolean }[];
}

const WIDTH = 1040;
const HEIGHT = 240;
const LEFT = 72;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 34;
const BUCKETS = 900;
const MAX_BREAKS = 200;
/** Few enough points to show each. */
const MAX_DOTS = 250;
/** A limit that is farther away than this many times the range of the values is not drawn, but named. */
const FAR = 8;

/** A chart as an SVG figure, whose colours are CSS variables of the page. */
export function renderChart(chart: Chart): string {
  const points = downsample(chart.series, BUCKETS);
  const { title, note } = chart;
  const body = points.length < 2 ? empty(note) : drawing(chart, points);
  return `<figure>
<figcaption><h3>${escapeHtml(title)}</h3><output></output><p>${escapeHtml(note)}</p></figcaption>
${body}
</figure>`;
}

function empty(note: string): string {
  return `<p class="empty">${escapeHtml(note === "" ? "Nothing to draw." : "Not enough PCRs to draw.")}</p>`;
}

function drawing(chart: Chart, points: readonly Point[]): string {
  const { unit, limits = [], breaks = [], title } = chart;
  const first = points[0] as Point;
  const last = points[points.length - 1] as Point;
  const times = ticks(first.time, last.time, 10);
  const [low, high] = range(points, limits, chart.include ?? []);
  const levels = ticks(low, high, 5);
  const bottom = Math.min(low, levels[0] ?? low);
  const top = Math.max(high, levels[levels.length - 1] ?? high);
  const x = (time: number): number =>
    LEFT + ((time - first.time) / (last.time - first.time || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];
  for (const value of levels) {
    parts.push(
      line("grid", LEFT, y(value), WIDTH - RIGHT, y(value)),
      text("end", LEFT - 8, y(value) + 4, number(value, levels)),
    );
  }
  for (const time of times) {
    parts.push(
      line("tick", x(time), HEIGHT - BOTTOM, x(time), HEIGHT - BOTTOM + 4),
      text("middle", x(time), HEIGHT - BOTTOM + 18, `${number(time, times)} s`),
    );
  }
  for (const { time, announced } of breaks.slice(0, MAX_BREAKS)) {
    const words = announced ? "new time base, announced" : "jump without notice";
    parts.push(
      `<g class="break ${announced ? "announced" : "error"}"><title>${words} at ${time.toFixed(3)} s</title>${line("", x(time), TOP, x(time), HEIGHT - BOTTOM)}</g>`,
    );
  }
  parts.push(curve(points, x, y, breaks));
  for (const { value, label, level } of limits) {
    if (value < bottom || value > top) continue;
    parts.push(
      line(`limit ${level}`, LEFT, y(value), WIDTH - RIGHT, y(value)),
      text(`end limit ${level}`, WIDTH - RIGHT - 4, y(value) + (value < 0 ? 13 : -5), label),
    );
  }
  parts.push(text("start unit", 4, TOP + 2, unit), cursor());
  const frame = [LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM, bottom, top].join(" ");
  const data = `data-unit="${escapeHtml(unit)}" data-frame="${frame}" ${pointData(points, top - bottom || 1)}`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" tabindex="0" aria-label="${escapeHtml(title)}" ${data}>${parts.join("")}</svg>`;
}

/** What the script moves to the point that it shows. */
function cursor(): string {
  return `<g class="cursor">${line("", 0, TOP, 0, HEIGHT - BOTTOM)}<circle r="4"/></g>`;
}

/** The points for the script: times to the microsecond, values to a hundred thousandth of the axis, `size` long. */
function pointData(points: readonly Point[], size: number): string {
  const digits = Math.min(9, Math.max(0, 5 - Math.floor(Math.log10(size))));
  const times = points.map(({ time }) => Number(time.toFixed(6)));
  const values = points.map(({ value }) => Number(value.toFixed(digits)));
  return `data-times="${times.join(" ")}" data-values="${values.join(" ")}"`;
}

/** A line through the points, interrupted where a time base ends; dots when there are few. */
function curve(
  points: readonly Point[],
  x: (time: number) => number,
  y: (value: number) => number,
  breaks: Chart["breaks"],
): string {
  let path = "";
  let next = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { time, value } of points) {
    let jumped = previous === Number.NEGATIVE_INFINITY;
    for (; breaks !== undefined && next < breaks.length; next++) {
      const at = (breaks[next] as { time: number }).time;
      if (at > time) break;
      if (at >= previous) jumped = true;
    }
    path += `${jumped ? "M" : "L"}${round(x(time))} ${round(y(value))}`;
    previous = time;
  }
  const dots =
    points.length > MAX_DOTS
      ? ""
      : points.map(({ time, value }) => `M${round(x(time))} ${round(y(value))}h0`).join("");
  return `<path class="curve" d="${path}"/>${dots === "" ? "" : `<path class="dots" d="${dots}"/>`}`;
}

function range(
  points: readonly Point[],
  limits: readonly Limit[],
  include: readonly number[],
): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { value } of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  for (const value of include) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const size = Math.max(high - low, Math.abs(high), Math.abs(low));
  for (const { value } of limits) {
    if (value > high + FAR * size || value < low - FAR * size) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low < 0 || low - margin > 0 ? low - margin : low, high + margin];
}

/** Round values from `low` to `high`, about `wanted` of them. */
export function ticks(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const found: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

/** As many digits as neighbours need to differ. */
function number(value: number, all: readonly number[]): string {
  const step = all.length > 1 ? (all[1] as number) - (all[0] as number) : Math.abs(value) || 1;
  const digits = Math.min(9, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return (Math.abs(value) < step / 1e6 ? 0 : value).toFixed(digits);
}

function line(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(kind: string, x: number, y: number, content: string): string {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escapeHtml(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
