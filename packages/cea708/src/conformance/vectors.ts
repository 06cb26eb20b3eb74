import type { PlainStep } from "./implementation.js";

/** Codes of a service, when they arrive, and what the windows hold then. */
export interface WindowVector {
  readonly name: string;
  readonly steps: readonly PlainStep[];
  /** Text of the visible windows, lowest number first, rows joined by `|`, blank rows left out. */
  readonly visible: readonly string[];
}

function step(timeMs: number, ...parts: readonly (number | string)[]): PlainStep {
  const codes = parts.flatMap((part) =>
    typeof part === "number" ? [part] : [...part].map((character) => character.charCodeAt(0)),
  );
  return { timeMs, codes: Uint8Array.from(codes) };
}

/** DFn, shown or hidden, of two rows and 32 columns at the bottom. */
function define(window: number, visible: boolean, rows = 2, columns = 32): number[] {
  return [0x98 | window, visible ? 0x38 : 0x18, 0x46, 0x69, 0x70 | (rows - 1), columns - 1, 0x09];
}

/** Small vectors of the window model, written from CTA-708-E 8. */
export const windowVectors: readonly WindowVector[] = [
  {
    name: "pop-on: hidden until it is displayed (8.10.5.1, 8.10.5.4)",
    steps: [step(0, ...define(0, false), "Hi"), step(100, 0x89, 0x01)],
    visible: ["Hi"],
  },
  {
    name: "TGW swaps two windows (8.10.5.6)",
    steps: [step(0, ...define(0, true), "old", ...define(1, false), "new", 0x8b, 0x03)],
    visible: ["new"],
  },
  {
    name: "roll-up: CR on the last row scrolls (7.1.4.1)",
    steps: [step(0, ...define(0, true), 0x92, 1, 0, "one", 0x0d, "two", 0x0d, "three")],
    visible: ["two|three"],
  },
  {
    name: "CR within the window does not erase the row it goes to (7.1.4.1)",
    steps: [step(0, ...define(0, true), 0x92, 1, 0, "below", 0x92, 0, 0, "top", 0x0d, "B")],
    visible: ["top|Below"],
  },
  {
    name: "an identical DefineWindow keeps text and pen (8.10.5.1)",
    steps: [step(0, ...define(2, true), "ab", ...define(2, true), "c")],
    visible: ["abc"],
  },
  {
    name: "DeleteWindows of the current window: text is dropped (8.10.5.7)",
    steps: [step(0, ...define(0, true), "a", 0x8c, 0x01, "lost", ...define(1, true), "b")],
    visible: ["b"],
  },
  {
    name: "SetCurrentWindow of an undefined window is ignored (8.10.5.2)",
    steps: [step(0, ...define(0, true), "a", 0x85, "b")],
    visible: ["ab"],
  },
  {
    name: "BS erases and stops at the start of the row (7.1.4.1)",
    steps: [step(0, ...define(0, true), "ab", 0x08, 0x08, 0x08, "X")],
    visible: ["X"],
  },
  {
    name: "FF clears and homes, HCR clears the row (7.1.4.1)",
    steps: [step(0, ...define(0, true), "gone", 0x0d, "gone", 0x0c, "A", 0x0d, "gone", 0x0e, "B")],
    visible: ["A|B"],
  },
  {
    name: "a delay holds what follows until it ends (8.10.5.11)",
    steps: [step(0, ...define(0, true), "A", 0x8d, 10, "B"), step(900), step(1000)],
    visible: ["AB"],
  },
  {
    name: "a delay that still runs (8.10.5.11)",
    steps: [step(0, ...define(0, true), "A", 0x8d, 10, "B"), step(999)],
    visible: ["A"],
  },
  {
    name: "DelayCancel ends it, whatever is queued (8.10.5.12)",
    steps: [step(0, ...define(0, true), "A", 0x8d, 100, "B"), step(10, 0x8e, "C")],
    visible: ["ABC"],
  },
  {
    name: "8E as an argument while delayed is no DelayCancel (8.10.5.12)",
    steps: [
      step(0, ...define(0, true), "A", 0x8d, 100, 0x92, 0x8e & 0x0f, 0x8e & 0x3f, "B"),
      step(5, 0x88, 0x8e),
    ],
    visible: ["A"],
  },
  {
    name: "Reset deletes all windows and the delay (8.10.5.13)",
    steps: [
      step(0, ...define(0, true), "A", 0x8d, 100, "B"),
      step(10, 0x8f),
      step(20, ...define(1, true), "C"),
    ],
    visible: ["C"],
  },
  {
    name: "128 queued bytes end a delay (8.4.3.1)",
    steps: [
      step(0, ...define(0, true, 4, 42), 0x8d, 255, "x".repeat(40)),
      step(1, 0x0d, "y".repeat(40)),
      step(2, 0x0d, "z".repeat(40)),
      step(3, 0x0d, "12345"),
    ],
    visible: [`${"x".repeat(40)}|${"y".repeat(40)}|${"z".repeat(40)}|12345`],
  },
  {
    name: "characters of G0 to G3 and P16 (7.1)",
    steps: [step(0, ...define(0, true), 0x7f, 0xa9, 0x10, 0x39, 0x18, 0xac, 0x00, 0x10, 0xa0)],
    visible: ["♪©™가[CC]"],
  },
];
