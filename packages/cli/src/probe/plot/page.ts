import { createHash } from "node:crypto";
import { TR_101_290_NAMES, type Tr101290Indicator } from "@x/mpegts";
import {
  DRIFT_SECONDS,
  formatPid,
  type PlottedTrace,
  type ProbeReport,
  type TransportStreamReport,
} from "../report.js";
import { formatText } from "../stream-format.js";
import { type Chart, renderChart } from "./chart.js";
import { escapeHtml, table, tiles } from "./html.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";

/** Nothing is loaded, and nothing runs but what is written here, whatever the page quotes. */
const POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;
/** Violations and breaks that a table lists. */
const MAX_ROWS = 50;

/** A page that needs nothing else: the PCRs of every PID as charts and tables. */
export function renderPage(report: ProbeReport, traces: readonly PlottedTrace[]): string {
  const streams = report.transportStreams.map(streamSection).join("\n");
  const charts = traces.map(traceSection).join("\n");
  const title = `${report.input}: PCR`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(report.input)}</h1><p>${report.bytes} bytes, programme clock references by x probe</p></header>
<main>
${charts === "" ? `<p class="empty">There are no PCRs in it.</p>` : charts}
${streams}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function traceSection({ label, trace, analysis }: PlottedTrace): string {
  const { interval, accuracy, timing, bitrate } = analysis;
  const series = trace.series(analysis);
  const { breaks } = series;
  const figures: [string, string][] = [
    ["PCRs", String(analysis.count)],
    ["duration", `${analysis.durationS.toFixed(3)} s`],
    ["longest interval", `${interval.maxMs.toFixed(2)} ms`],
    ["bit rate", bitrate.mean === 0 ? "unknown" : `${(bitrate.mean / 1e6).toFixed(3)} Mbit/s`],
    ["accuracy", accuracy === undefined ? "rate varies" : `± ${accuracy.maxErrorNs.toFixed(0)} ns`],
  ];
  if (timing !== undefined && timing.overallJitterNs > 0) {
    figures.push(
      ["arrival jitter", `${(timing.overallJitterNs / 1e6).toFixed(3)} ms`],
      [
        "sender's clock",
        `${signed(timing.frequencyOffsetPpm, 3)} ± ${trace.rateErrorPpm().toFixed(3)} ppm`,
      ],
    );
    if (analysis.durationS >= DRIFT_SECONDS) {
      figures.push(["drift", `${signed(timing.driftRateHzPerS, 4)} Hz/s`]);
    }
  }
  const charts: Chart[] = [
    {
      title: "PCR interval",
      note: "Distance of each PCR from the one before. 2.3a allows 100 ms, DVB practice 40 ms.",
      unit: "ms",
      series: series.intervals,
      include: [0, 40],
      limits: [
        { value: 40, label: "40 ms", level: "warning" },
        { value: 100, label: "100 ms", level: "error" },
      ],
      breaks,
    },
  ];
  if (accuracy !== undefined) {
    charts.push({
      title: "PCR accuracy",
      note: `Distance of each PCR from a constant bit rate of ${(accuracy.bitrate / 1e6).toFixed(6)} Mbit/s. 2.4 allows ± 500 ns.`,
      unit: "ns",
      series: series.errors,
      include: [-500, 500],
      limits: [
        { value: 500, label: "+ 500 ns", level: "error" },
        { value: -500, label: "− 500 ns", level: "error" },
      ],
      breaks,
    });
  }
  charts.push({
    title: "Bit rate",
    note:
      accuracy === undefined
        ? "Of all packets between neighbouring PCRs. It varies, so there is no line to measure the accuracy of PCRs against."
        : "Of all packets between neighbouring PCRs.",
    unit: "Mbit/s",
    series: series.bitrates,
    include: [0],
    breaks,
  });
  if (series.lateness.times.length > 1) {
    charts.push(
      {
        title: "Arrival jitter",
        note: "How much later than by the recovered clock each PCR arrived, from 10 s on.",
        unit: "ms",
        series: series.lateness,
        include: [0],
        breaks,
      },
      {
        title: "Sender's clock",
        note: "Frequency of the sender's 27 MHz against the receiver's clock. The standard allows ± 30 ppm.",
        unit: "ppm",
        series: series.rates,
        include: [0],
        limits: [
          { value: 30, label: "+ 30 ppm", level: "error" },
          { value: -30, label: "− 30 ppm", level: "error" },
        ],
        breaks,
      },
    );
  } else if (timing === undefined) {
    figures.push(["arrival times", "none"]);
  }
  return `<section>
<h2>${escapeHtml(label)}</h2>
${tiles(figures)}
${charts.map(renderChart).join("\n")}
${breakTable(breaks)}
</section>`;
}

function breakTable(breaks: readonly { time: number; announced: boolean }[]): string {
  if (breaks.length === 0) return "";
  const rows = breaks
    .slice(0, MAX_ROWS)
    .map(({ time, announced }) => [`${time.toFixed(3)} s`, announced ? "set" : { bad: "not set" }]);
  return `<h3>Discontinuities: ${breaks.length}</h3>\n${table(["stream time", "discontinuity_indicator"], rows, [0])}`;
}

function streamSection({ label, tr101290, programs }: TransportStreamReport): string {
  const { counts, first } = tr101290;
  const verdicts = Object.entries(counts).map(([key, count]) => [
    key,
    TR_101_290_NAMES[key as Tr101290Indicator],
    count === 0 ? "0" : { bad: String(count) },
  ]);
  const streams = programs.flatMap(({ programNumber, streams: all }) =>
    all.map((one) => [
      String(programNumber),
      formatPid(one.pid),
      one.kind,
      one.format === undefined ? "" : formatText(one.format),
      one.bitrate === undefined ? "unknown" : `${(one.bitrate / 1e6).toFixed(3)}`,
      String(one.packets),
    ]),
  );
  const violations = first
    .slice(0, MAX_ROWS)
    .map(({ indicator, packet, pid, message }) => [
      indicator,
      String(packet),
      pid === undefined ? "" : formatPid(pid),
      message,
    ]);
  return `<section>
<h2>Transport stream${label === undefined ? "" : ` ${escapeHtml(label)}`}</h2>
<div class="columns">
<div><h3>TR 101 290</h3>${table(["indicator", "name", "errors"], verdicts, [2])}</div>
<div><h3>Streams</h3>${table(["programme", "PID", "kind", "format", "Mbit/s", "packets"], streams, [4, 5])}</div>
</div>
${violations.length === 0 ? "" : `<h3>First errors</h3>${table(["indicator", "packet", "PID", ""], violations, [1])}`}
</section>`;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}

/** The text of an element, as a content security policy names it. */
function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
