// Sent and received captions side by side, a row as each one arrives.
import { cueText } from "@x/cea708";

const COLUMN = 36;

/** The table's head. */
export function tableHead() {
  return `${"start".padEnd(12)}  ${"sent".padEnd(COLUMN)}  ${"received".padEnd(COLUMN)}  start error  end error`;
}

/** @param {import("./compare.mjs").Pair} pair */
export function tableRow({ sent, received, startErrorMs, endErrorMs, ok }) {
  const got = received === undefined ? "(nothing)" : oneLine(cueText(received));
  return `${clock(sent.startMs)}  ${cut(oneLine(cueText(sent)))}  ${cut(got)}  ${error(startErrorMs)}  ${error(endErrorMs)}${ok ? "" : "  WRONG"}`;
}

/** `00:01:02.345` @param {number} ms */
export function clock(ms) {
  const whole = Math.round(ms);
  const part = (/** @type {number} */ value, /** @type {number} */ digits) =>
    String(value).padStart(digits, "0");
  return `${part(Math.floor(whole / 3_600_000), 2)}:${part(Math.floor(whole / 60_000) % 60, 2)}:${part(Math.floor(whole / 1000) % 60, 2)}.${part(whole % 1000, 3)}`;
}

/** @param {string} text */
function oneLine(text) {
  return text.replaceAll("\n", " / ");
}

/** @param {string} text */
function cut(text) {
  const signs = [...text];
  return signs.length > COLUMN
    ? `${signs.slice(0, COLUMN - 1).join("")}…`
    : text + " ".repeat(COLUMN - signs.length);
}

/** @param {number} ms */
function error(ms) {
  const text = Number.isNaN(ms) ? "-" : `${ms < 0 ? "−" : "+"}${Math.abs(ms).toFixed(1)} ms`;
  return text.padStart(11);
}
