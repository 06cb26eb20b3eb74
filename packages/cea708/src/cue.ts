/** A stretch of text in one style. */
export interface CueRun {
  readonly text: string;
  readonly bold: boolean;
  readonly italics: boolean;
  readonly underline: boolean;
  /** `0xrrggbb`, or `undefined` for the default colour. */
  readonly color: number | undefined;
}

/** One row of a cue. */
export type CueLine = readonly CueRun[];

/** Where a cue stands in the picture. */
export interface CuePlacement {
  readonly vertical: "top" | "middle" | "bottom";
  readonly align: "left" | "center" | "right";
  /** Percent from the picture's top to the cue's edge that `vertical` names, when it was given. */
  readonly line: number | undefined;
  /** Percent from the picture's left to the cue's edge that `align` names, when it was given. */
  readonly position: number | undefined;
}

/** A caption: when, where, what. */
export interface Cue {
  /** Milliseconds; cues out of a decoder have fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly lines: readonly CueLine[];
  readonly placement: CuePlacement;
  /** WebVTT identifier or SubRip counter. */
  readonly id: string | undefined;
}

/** Bottom, centred: where captions stand when nobody says otherwise. */
export const DEFAULT_PLACEMENT: CuePlacement = {
  vertical: "bottom",
  align: "center",
  line: undefined,
  position: undefined,
};

/** What {@link createCue} needs. */
export interface CueInit {
  readonly startMs: number;
  readonly endMs: number;
  /** Plain text, rows separated by `\n`. */
  readonly text: string;
  readonly placement?: Partial<CuePlacement>;
  readonly id?: string;
}

/** A cue of plain text. */
export function createCue(init: CueInit): Cue {
  return {
    startMs: init.startMs,
    endMs: init.endMs,
    lines: init.text.split("\n").map((text) => [plainRun(text)]),
    placement: { ...DEFAULT_PLACEMENT, ...init.placement },
    id: init.id,
  };
}

/** A run without any style. */
export function plainRun(text: string): CueRun {
  return { text, bold: false, italics: false, underline: false, color: undefined };
}

/** The text of a cue, rows joined by `\n`. */
export function cueText(cue: Cue): string {
  return cue.lines.map(lineText).join("\n");
}

/** The text of a row. */
export function lineText(line: CueLine): string {
  let text = "";
  for (const run of line) text += run.text;
  return text;
}

/** True when two runs look the same, so that they can be one. */
export function sameStyle(a: CueRun, b: CueRun): boolean {
  return (
    a.bold === b.bold &&
    a.italics === b.italics &&
    a.underline === b.underline &&
    a.color === b.color
  );
}
