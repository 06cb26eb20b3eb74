// A self-contained page: the cues on a timeline, ancillary packets a frame, use of the caption byte budget.
import { cueText } from "@x/cea708";
import { clock } from "./table.mjs";

const WIDTH = 1200;
const FRAMES_A_BAR = 30;

/**
 * @param {object} data
 * @param {string} data.pipeline
 * @param {readonly import("./compare.mjs").Pair[]} data.pairs
 * @param {readonly { used: number, room: number }[]} data.budget DTVCC triplets of each frame
 * @param {readonly number[]} data.ancPackets ancillary packets of each frame received
 * @param {readonly [string, string][]} data.facts
 * @returns {string} HTML
 */
export function renderReportPage({ pipeline, pairs, budget, ancPackets, facts }) {
  const seconds = Math.max(1, budget.length / FRAMES_A_BAR);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@x demo: captions through ST 2038 and RFC 8331</title>
<style>
:root { color-scheme: light dark; --ink: #1a1c20; --paper: #fff; --dim: #767b85; --sent: #7a8ca8; --got: #2a7de1; --bad: #d0342c; --line: #d9dce2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --paper: #15171b; --dim: #969ba6; --sent: #66758c; --got: #5aa2ff; --bad: #ff6b61; --line: #33373f; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1240px; padding: 0 1rem; background: var(--paper); color: var(--ink); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
code { font-size: 0.85rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--dim); font-size: 11px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; } dt { color: var(--dim); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; } th, td { text-align: left; padding: 0.2rem 0.6rem 0.2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } tr.bad { color: var(--bad); }
.sent { fill: var(--sent); } .got { fill: var(--got); } .bad { fill: var(--bad); } .axis { stroke: var(--line); }
</style>
<h1>Captions through CEA-708, ST 2038 and RFC 8331, and back</h1>
<p><code>${escapeHtml(pipeline)}</code></p>
<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join("")}</dl>
<h2>Cues: sent above, received below</h2>
${timeline(pairs, seconds)}
<h2>Caption bytes: DTVCC triplets used of those that the frame rate allows, busiest frame of each second</h2>
${bars(bySecond(budget.map(({ used, room }) => (room === 0 ? 0 : used / room))), seconds, 1, "100 %")}
<h2>Ancillary packets received a frame, most of each second</h2>
${bars(bySecond(ancPackets), seconds, Math.max(1, ...ancPackets), String(Math.max(1, ...ancPackets)))}
<h2>Every cue</h2>
<table><thead><tr><th class="n">start<th class="n">end<th>text<th class="n">start error<th class="n">end error</tr></thead><tbody>
${pairs.map(row).join("\n")}
</tbody></table>
</html>
`;
}

/** @param {readonly import("./compare.mjs").Pair[]} pairs @param {number} seconds */
function timeline(pairs, seconds) {
  const x = (/** @type {number} */ ms) => ((ms / 1000 / seconds) * WIDTH).toFixed(2);
  const bar = (
    /** @type {import("@x/cea708").Cue} */ cue,
    /** @type {number} */ y,
    /** @type {string} */ name,
  ) =>
    `<rect class="${name}" x="${x(cue.startMs)}" y="${y}" width="${x(cue.endMs - cue.startMs)}" height="16" rx="2"><title>${escapeHtml(`${clock(cue.startMs)} ${cueText(cue)}`)}</title></rect>`;
  const marks = pairs.flatMap(({ sent, received, ok }, index) => {
    // Overlapping cues go on two rows.
    const y = 4 + (index % 2) * 18;
    return [
      bar(sent, y, "sent"),
      received === undefined ? "" : bar(received, y + 44, ok ? "got" : "bad"),
    ];
  });
  return `<svg viewBox="0 0 ${WIDTH} 106" role="img" aria-label="timeline of the cues">${marks.join("")}${axis(seconds, 90)}</svg>`;
}

/** @param {readonly number[]} values @param {number} seconds @param {number} top @param {string} label */
function bars(values, seconds, top, label) {
  const width = WIDTH / seconds;
  const all = values.map((value, second) => {
    const height = (value / top) * 60;
    return `<rect class="got" x="${(second * width).toFixed(2)}" y="${(66 - height).toFixed(2)}" width="${Math.max(0.5, width - 0.8).toFixed(2)}" height="${height.toFixed(2)}"><title>second ${second}: ${value.toFixed(2)}</title></rect>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} 84" role="img"><line class="axis" x1="0" x2="${WIDTH}" y1="6" y2="6"/><text x="2" y="17">${label}</text>${all.join("")}${axis(seconds, 68)}</svg>`;
}

/** @param {number} seconds @param {number} y */
function axis(seconds, y) {
  const marks = [];
  for (let second = 0; second < seconds; second += 20) {
    const x = (second / seconds) * WIDTH;
    marks.push(
      `<line class="axis" x1="${x}" x2="${x}" y1="${y}" y2="${y + 4}"/><text x="${x + 2}" y="${y + 14}">${second} s</text>`,
    );
  }
  return marks.join("");
}

/** The largest of each second. @param {readonly number[]} values one a frame */
function bySecond(values) {
  const largest = [];
  for (let at = 0; at < values.length; at += FRAMES_A_BAR) {
    largest.push(Math.max(...values.slice(at, at + FRAMES_A_BAR)));
  }
  return largest;
}

/** @param {import("./compare.mjs").Pair} pair */
function row({ sent, startErrorMs, endErrorMs, received, ok }) {
  const error = (/** @type {number} */ ms) => (Number.isNaN(ms) ? "–" : `${ms.toFixed(1)} ms`);
  const text = escapeHtml(cueText(received ?? sent)).replaceAll("\n", "<br>");
  return `<tr${ok ? "" : ' class="bad"'}><td class="n">${clock(sent.startMs)}<td class="n">${clock(sent.endMs)}<td>${text}<td class="n">${error(startErrorMs)}<td class="n">${error(endErrorMs)}</tr>`;
}

/** @param {string} text */
function escapeHtml(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
