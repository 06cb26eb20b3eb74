import { equalBytes } from "@x/bits";
import type { Cea708Code, WindowsCommand } from "./codes.js";
import { decodeCode } from "./codes.js";
import type { IssueList } from "./issue.js";
import { type CaptionWindow, type ChangeCount, DecoderWindow } from "./window.js";

/** Code bytes behind a DLY that a receiver must be able to hold (CTA-708-E 8.4.3.1). */
const INPUT_BUFFER_SIZE = 128;
const DELAY = 0x8d;
const DELAY_CANCEL = 0x8e;
const RESET = 0x8f;

/** Interprets one service's codes: eight windows, current window, delay (CTA-708-E 8). */
export class ServiceDecoder {
  readonly #issues: IssueList | undefined;
  readonly #p16: ((code: number) => string) | undefined;
  readonly #windows: (DecoderWindow | undefined)[] = new Array(8).fill(undefined);
  /** Argument bytes of each window's last DefineWindow: a repetition of them does nothing. */
  readonly #definitions: (Uint8Array | undefined)[] = new Array(8).fill(undefined);
  readonly #changes: ChangeCount = { count: 0 };
  #current = -1;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #delayEndMs: number | undefined;

  constructor(issues?: IssueList, p16?: (code: number) => string) {
    this.#issues = issues;
    this.#p16 = p16;
  }

  /** Number of the current window, 0 to 7, or `undefined`. */
  get currentWindow(): number | undefined {
    return this.#current < 0 ? undefined : this.#current;
  }

  /** The defined windows by number; live objects. */
  get windows(): readonly (CaptionWindow | undefined)[] {
    return this.#windows;
  }

  /** Goes up with every change of a window's content, look, visibility or existence, hidden windows included. */
  get version(): number {
    return this.#changes.count;
  }

  /** Milliseconds at which the delay under way ends, or `undefined`. */
  get delayEndMs(): number | undefined {
    return this.#delayEndMs;
  }

  /** Interpret codes that arrive at `timeMs`, or queue them while a delay is running. */
  push(codes: readonly Uint8Array[], timeMs: number): void {
    this.advance(timeMs);
    for (const code of codes) this.#arrive(code, timeMs);
  }

  /** Let time pass: a delay may end. */
  advance(timeMs: number): void {
    while (this.#delayEndMs !== undefined && timeMs >= this.#delayEndMs) {
      this.#interpretQueue(this.#delayEndMs);
    }
  }

  /** RST: all windows deleted, delay cancelled, queue emptied. */
  reset(): void {
    this.#changes.count++;
    this.#windows.fill(undefined);
    this.#definitions.fill(undefined);
    this.#current = -1;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#delayEndMs = undefined;
  }

  #arrive(code: Uint8Array, timeMs: number): void {
    const first = code[0];
    if (first === RESET) {
      this.reset();
    } else if (this.#delayEndMs === undefined) {
      this.#interpret(code, timeMs);
    } else if (first === DELAY_CANCEL) {
      this.#interpretQueue(timeMs);
    } else {
      this.#queue.push(code.slice());
      this.#queuedBytes += code.length;
      if (this.#queuedBytes >= INPUT_BUFFER_SIZE) this.#interpretQueue(timeMs);
    }
  }

  #interpretQueue(timeMs: number): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#delayEndMs = undefined;
    for (const code of queue) {
      if (this.#delayEndMs === undefined) {
        this.#interpret(code, timeMs);
      } else {
        this.#queue.push(code);
        this.#queuedBytes += code.length;
      }
    }
  }

  #interpret(bytes: Uint8Array, timeMs: number): void {
    const code = decodeCode(bytes, this.#p16);
    const window = this.#windows[this.#current];
    // A row of justified text ends with any command but pen changes and a location in the same row.
    switch (code.kind) {
      case "text":
        window?.write(code.text, code.transparent);
        return;
      case "setPenAttributes":
        if (window !== undefined) window.pen = { ...window.pen, attributes: code.attributes };
        return;
      case "setPenColor":
        if (window !== undefined) window.pen = { ...window.pen, color: code.color };
        return;
      case "setPenLocation":
        if (window !== undefined && !window.setPenLocation(code.row, code.column)) {
          const message = `pen location ${code.row}, ${code.column} is outside the window`;
          this.#issues?.add("range", "warning", 0, "setPenLocation", message);
        }
        return;
    }
    window?.layOut();
    this.#command(code, bytes, timeMs, window);
  }

  #command(
    code: Cea708Code,
    bytes: Uint8Array,
    timeMs: number,
    window: DecoderWindow | undefined,
  ): void {
    switch (code.kind) {
      case "backspace":
        window?.backspace();
        break;
      case "formFeed":
        window?.clear();
        break;
      case "carriageReturn":
        window?.carriageReturn();
        break;
      case "horizontalCarriageReturn":
        window?.horizontalCarriageReturn();
        break;
      case "setCurrentWindow":
        if (this.#windows[code.window] !== undefined) this.#current = code.window;
        break;
      case "clearWindows":
      case "displayWindows":
      case "hideWindows":
      case "toggleWindows":
      case "deleteWindows":
        this.#eachWindow(code.kind, code.windows);
        break;
      case "delay":
        if (bytes[0] === DELAY && code.tenths > 0) this.#delayEndMs = timeMs + code.tenths * 100;
        break;
      case "setWindowAttributes":
        window?.setAttributes(code.attributes);
        break;
      case "defineWindow": {
        const known = this.#definitions[code.window];
        this.#current = code.window;
        if (known !== undefined && equalBytes(known, bytes.subarray(1))) break;
        this.#definitions[code.window] = bytes.slice(1);
        const existing = this.#windows[code.window];
        if (existing !== undefined) {
          existing.redefine(code.definition);
        } else {
          this.#windows[code.window] = new DecoderWindow(
            code.window,
            code.definition,
            this.#changes,
          );
        }
        break;
      }
    }
  }

  #eachWindow(command: WindowsCommand, windows: number): void {
    for (let id = 0; id < 8; id++) {
      const window = this.#windows[id];
      if ((windows & (1 << id)) === 0 || window === undefined) continue;
      switch (command) {
        case "clearWindows":
          window.clear();
          break;
        case "displayWindows":
          window.setVisible(true);
          break;
        case "hideWindows":
          window.setVisible(false);
          break;
        case "toggleWindows":
          window.setVisible(!window.visible);
          break;
        case "deleteWindows":
          this.#changes.count++;
          this.#windows[id] = undefined;
          this.#definitions[id] = undefined;
          if (this.#current === id) this.#current = -1;
      }
    }
  }
}
