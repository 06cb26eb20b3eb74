import type { Cea608Mode } from "./caption-channel.js";
import type { Cea608Field } from "./codes.js";
import { Cea608Decoder } from "./decoder.js";
import type { Cea608Change, Cea608DecoderOptions } from "./events.js";
import { type Cea608Row, createScreen, isEmptyScreen, screenRows } from "./screen.js";
import type { Cea608Service } from "./services.js";

/** What one caption service showed for a while. */
export interface Cea608Cue {
  readonly service: Cea608Service;
  /** The mode it was shown in. */
  readonly mode: Cea608Mode | "text";
  /** Milliseconds, as the times of the pairs. */
  readonly start: number;
  /** Milliseconds. */
  readonly end: number;
  /** From the top, at least one. */
  readonly rows: readonly Cea608Row[];
}

/** Options of {@link Cea608CueExporter}, and of the decoder inside it. */
export interface Cea608CueOptions extends Cea608DecoderOptions {
  /** Milliseconds without a change after which what paint-on has written becomes a cue. Default 200. */
  readonly paintOnHoldMs?: number;
  /** Which services make cues. Default: CC1 to CC4. */
  readonly services?: readonly Cea608Service[];
}

/** What is on one service's screen since the last cue. */
interface Shown {
  mode: Cea608Mode | "text";
  /** `undefined` while the screen is empty. */
  start: number | undefined;
  changed: number;
  /** The mode has changed since: the next change ends the cue. */
  complete: boolean;
  /** The mode was sent again since. */
  resumed: boolean;
  readonly cells: Uint32Array;
}

/**
 * Turns pairs into cues. A pop-on cue lasts from its EOC to the next change. Roll-up gives one cue for each line: it
 * ends with the next carriage return, erasure or mode code. Paint-on gives one cue for each pause.
 */
export class Cea608CueExporter {
  readonly #decoder: Cea608Decoder;
  readonly #hold: number;
  readonly #shown: ReadonlyMap<Cea608Service, Shown>;

  constructor(options: Cea608CueOptions = {}) {
    this.#decoder = new Cea608Decoder(options);
    this.#hold = options.paintOnHoldMs ?? 200;
    const services = options.services ?? ["CC1", "CC2", "CC3", "CC4"];
    this.#shown = new Map(
      services.map((service) => [service, { ...EMPTY, cells: createScreen().cells }]),
    );
  }

  /** One pair, as `Cea608Decoder.push` takes it. Returns the cues that it ended. */
  push(field: Cea608Field, word: number, time: number): Cea608Cue[] {
    const cues: Cea608Cue[] = [];
    for (const event of this.#decoder.push(field, word, time)) {
      if (event.type !== "display" && event.type !== "mode") continue;
      const shown = this.#shown.get(event.service);
      if (shown === undefined) continue;
      if (event.type === "mode") {
        if (event.mode === shown.mode) shown.resumed = true;
        else shown.complete = true;
        shown.mode = event.mode;
      } else {
        this.#changed(event.service, shown, event.change, time, cues);
      }
    }
    return cues;
  }

  /** End of the captions at `time`: the cues that are still shown end here. */
  flush(time: number): Cea608Cue[] {
    const cues: Cea608Cue[] = [];
    for (const [service, shown] of this.#shown) end(service, shown, time, cues);
    this.reset();
    return cues;
  }

  /** Forget everything; nothing more is heard of cues that are still shown. */
  reset(): void {
    this.#decoder.reset();
    for (const shown of this.#shown.values()) {
      Object.assign(shown, { ...EMPTY, cells: shown.cells.fill(0) });
    }
  }

  #changed(
    service: Cea608Service,
    shown: Shown,
    change: Cea608Change,
    time: number,
    cues: Cea608Cue[],
  ): void {
    const { cells } = this.#decoder.screen(service);
    const boundary =
      change !== "write" ||
      shown.complete ||
      (shown.mode === "paintOn" && time - shown.changed >= this.#hold) ||
      (shown.mode === "paintOn" && shown.resumed && overwrites(shown.cells, cells));
    if (boundary) {
      end(service, shown, time, cues);
      shown.complete = false;
      shown.resumed = false;
    }
    shown.cells.set(cells);
    shown.changed = time;
    if (isEmptyScreen({ cells })) shown.start = undefined;
    else shown.start ??= time;
    // An EOC tells of the flip first and of its mode after: that mode is no end of what the flip showed.
    if (change === "flip") shown.mode = "popOn";
    // So does the first RUx, which erases. An initial mode is told by nothing.
    const untold = change === "erase" || shown.mode === "none";
    if (untold && service.startsWith("C")) shown.mode = this.#decoder.mode(service);
  }
}

/** The rows of a cue joined by line feeds, with `'` for the curled apostrophe of the basic set if wanted. */
export function cueText(cue: Cea608Cue, options: { asciiApostrophe?: boolean } = {}): string {
  const text = cue.rows.map((row) => row.text.replaceAll("\u00a0", " ").trim()).join("\n");
  return (options.asciiApostrophe ?? true) ? text.replaceAll("’", "'") : text;
}

const EMPTY = {
  mode: "none",
  start: undefined,
  changed: 0,
  complete: false,
  resumed: false,
} as const;

function end(service: Cea608Service, shown: Shown, time: number, cues: Cea608Cue[]): void {
  const { start, mode } = shown;
  shown.start = undefined;
  if (start === undefined || time <= start) return;
  cues.push({ service, mode, start, end: time, rows: screenRows(shown) });
}

/** True when something that stood there is gone or has become something else. */
function overwrites(before: Uint32Array, after: Uint32Array): boolean {
  for (let i = 0; i < before.length; i++) {
    if (before[i] !== 0 && before[i] !== after[i]) return true;
  }
  return false;
}
