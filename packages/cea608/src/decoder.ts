import { CaptionChannel, type Cea608Mode } from "./caption-channel.js";
import { characterOfCode, TRANSPARENT_SPACE } from "./characters.js";
import {
  type Cea608Field,
  CHARACTER_SETS,
  type CharacterSet,
  Kind,
  pacRow,
  pairKind,
} from "./codes.js";
import type { Cea608Change, Cea608DecoderOptions, Cea608Event } from "./events.js";
import type { Cea608ErrorCode } from "./issues.js";
import { hasParity } from "./parity.js";
import { backgroundPen, blackPen, midRowPen, pacColumn, pacPen } from "./pen.js";
import { RowWriter } from "./row-writer.js";
import type { Cea608Screen } from "./screen.js";
import { CAPTION_SERVICES, type Cea608Service, TEXT_SERVICES } from "./services.js";
import { TextChannel } from "./text-channel.js";
import { XdsParser } from "./xds.js";

const NO_EVENTS: readonly Cea608Event[] = /* @__PURE__ */ Object.freeze([]);

/** One data channel: a caption service, its text service, and which of the two characters go to. */
interface DataChannelState {
  readonly caption: CaptionChannel;
  readonly text: TextChannel;
  textMode: boolean;
  /** Time of the last data of the caption service. */
  heard: number;
}

interface FieldState {
  /** The last control pair, seven bits each; 0 when a repetition would be executed. */
  last: number;
  /** Index of the data channel that characters belong to, -1 for none. */
  latched: number;
  pairs: number;
}

/**
 * Decodes line 21 of both fields into what eight services show, and XDS (CTA-608-E annex C, 47 CFR 79.101).
 * It never throws on input, and allocates only for events.
 */
export class Cea608Decoder {
  readonly #options: Cea608DecoderOptions;
  readonly #channels: readonly DataChannelState[];
  readonly #fields: readonly FieldState[] = [newField(), newField()];
  readonly #xds: XdsParser = new XdsParser();
  #events: Cea608Event[] | undefined;
  #time = 0;
  #parityErrors = 0;

  /** @throws {RangeError} when `textRows` is not 7 to 15. */
  constructor(options: Cea608DecoderOptions = {}) {
    this.#options = options;
    const { textRows = 15, backspaceAtEdgeClearsLast = true } = options;
    if (!Number.isInteger(textRows) || textRows < 7 || textRows > 15) {
      throw new RangeError(`textRows: ${textRows} is not an integer from 7 to 15`);
    }
    this.#channels = CAPTION_SERVICES.map(() => ({
      caption: new CaptionChannel(new RowWriter(backspaceAtEdgeClearsLast)),
      text: new TextChannel(new RowWriter(backspaceAtEdgeClearsLast), textRows),
      textMode: false,
      heard: Number.NEGATIVE_INFINITY,
    }));
    this.reset();
  }

  /** Bytes without odd parity so far. */
  get parityErrors(): number {
    return this.#parityErrors;
  }

  /**
   * One pair of one field.
   *
   * @param word first byte in bits 15 to 8, second in bits 7 to 0, parity as received.
   * @param time when the pair was received, in milliseconds; it comes back in the events.
   * @returns what happened, often nothing: the same empty list each time.
   */
  push(field: Cea608Field, word: number, time: number): readonly Cea608Event[] {
    this.#events = undefined;
    this.#time = time;
    const state = this.#fields[field - 1] as FieldState;
    state.pairs++;
    const checked = word === 0 ? 0 : this.#checkParity(field, state, word);
    if (checked > 0) this.#pair(field, state, checked >>> 8, checked & 0x7f);
    if (this.#options.autoEraseMs !== undefined) this.#autoErase();
    return this.#events ?? NO_EVENTS;
  }

  /** Let time pass without data: only auto-erase notices. */
  tick(time: number): readonly Cea608Event[] {
    this.#events = undefined;
    this.#time = time;
    this.#autoErase();
    return this.#events ?? NO_EVENTS;
  }

  /** What a service shows: a live view, valid until the next `push`. `createScreen(view)` keeps it. */
  screen(service: Cea608Service): Cea608Screen {
    const { caption, text } = this.#channelOf(service);
    return { cells: service.startsWith("T") ? text.cells : caption.displayed };
  }

  /** What a caption service has loaded and not shown yet: a live view, as `screen`. */
  nonDisplayed(service: Cea608Service): Cea608Screen {
    return { cells: this.#channelOf(service).caption.nonDisplayed };
  }

  /** The mode of a caption service. */
  mode(service: Cea608Service): Cea608Mode {
    return this.#channelOf(service).caption.mode;
  }

  /** Forget everything, as after a channel change. */
  reset(): void {
    for (const channel of this.#channels) {
      channel.caption.reset();
      channel.caption.mode = this.#options.initialMode ?? "none";
      channel.text.restart();
      channel.textMode = false;
      channel.heard = Number.NEGATIVE_INFINITY;
    }
    for (const field of this.#fields) Object.assign(field, newField());
    this.#xds.reset();
    this.#parityErrors = 0;
  }

  #channelOf(service: Cea608Service): DataChannelState {
    const channel = this.#channels[Number(service.at(-1)) - 1];
    if (channel === undefined) throw new RangeError(`no service ${service}`);
    return channel;
  }

  /** The pair in seven-bit bytes, 0 when there is nothing left of it. */
  #checkParity(field: Cea608Field, state: FieldState, word: number): number {
    const first = word >>> 8;
    const second = word & 0xff;
    const goodFirst = hasParity(first);
    const goodSecond = hasParity(second);
    if (goodFirst && goodSecond) return word & 0x7f7f;
    this.#parityErrors += Number(!goodFirst) + Number(!goodSecond);
    const control = (first & 0x7f) > 0 && (first & 0x7f) < 0x20;
    const lost = control || !goodSecond;
    this.#issue(
      "parity",
      lost ? "error" : "warning",
      state,
      lost ? "A pair was dropped." : "A character is shown as a block.",
      `field${field}`,
    );
    return lost ? 0 : 0x7f00 | (second & 0x7f);
  }

  #pair(field: Cea608Field, state: FieldState, first: number, second: number): void {
    const kind = pairKind(first, second);
    if (kind === Kind.padding) return;
    if (kind <= Kind.xds) {
      state.last = 0;
      if (kind === Kind.xds) this.#xdsControl(field, state, first, second);
      else this.#characters(field, state, first, second);
      return;
    }
    if (field === 2) this.#xds.push((first << 8) | second);
    const pair = (first << 8) | second;
    if (pair === state.last) {
      state.last = 0;
      return;
    }
    state.last = pair;
    if (kind === Kind.reserved) {
      this.#issue("reserved", "warning", state, "A control pair without a meaning.", "control");
      return;
    }
    state.latched = (field - 1) * 2 + ((first >> 3) & 1);
    this.#control(field, state, kind, first, second);
  }

  #characters(field: Cea608Field, state: FieldState, first: number, second: number): void {
    if (field === 2 && this.#xds.active) {
      this.#xdsPair(state, first, second);
      return;
    }
    if (second > 0 && second < 0x20) {
      this.#issue("invalidPair", "error", state, "A control byte behind a character.", "text");
      if (first === 0) return;
    }
    if (state.latched < 0) return;
    const channel = this.#latched(state);
    const { writer } = channel.textMode ? channel.text : channel.caption;
    const cells = channel.textMode ? channel.text.cells : channel.caption.target();
    if (cells === undefined) return;
    if (first !== 0) writer.write(cells, BASIC_UNITS[first] as number);
    if (second >= 0x20) writer.write(cells, BASIC_UNITS[second] as number);
    this.#wrote(state.latched, cells);
  }

  #xdsControl(field: Cea608Field, state: FieldState, first: number, second: number): void {
    if (field === 1) {
      this.#issue("xdsField", "warning", state, "XDS on field 1 is ignored.", "xds");
      return;
    }
    state.latched = -1;
    for (const channel of this.#channels) {
      if (channel !== this.#channels[0] && channel !== this.#channels[1]) channel.textMode = false;
    }
    this.#xdsPair(state, first, second);
  }

  #control(
    field: Cea608Field,
    state: FieldState,
    kind: number,
    first: number,
    second: number,
  ): void {
    const channel = this.#latched(state);
    if (kind === Kind.misc) {
      if (((first & 1) === 0) !== (field === 1)) {
        this.#issue(
          "fieldMismatch",
          "warning",
          state,
          "A control code of the other field.",
          "misc",
        );
      }
      this.#misc(state, channel, second);
      return;
    }
    if (kind === Kind.charset) {
      const set = CHARACTER_SETS[second - 0x24] as CharacterSet;
      this.#emit({ type: "charset", time: this.#time, service: this.#service(state.latched), set });
      return;
    }
    if (kind === Kind.pac) this.#preamble(state, channel, first, second);
    else this.#write(state, channel, kind, first, second);
  }

  #preamble(state: FieldState, channel: DataChannelState, first: number, second: number): void {
    if (channel.textMode) {
      channel.text.preamble(pacColumn(second), pacPen(second));
    } else {
      channel.heard = this.#time;
      const { caption } = channel;
      const moved = caption.preamble(pacRow(first, second), pacColumn(second), pacPen(second));
      if (moved) this.#display(state.latched, "scroll");
    }
  }

  #write(
    state: FieldState,
    channel: DataChannelState,
    kind: number,
    first: number,
    second: number,
  ): void {
    const { writer } = channel.textMode ? channel.text : channel.caption;
    const cells = channel.textMode ? channel.text.cells : channel.caption.target();
    if (cells === undefined) return;
    switch (kind) {
      case Kind.special:
        if (second === (TRANSPARENT_SPACE & 0xff)) writer.writeTransparentSpace(cells);
        else writer.write(cells, unitOf(0x1100 | second));
        break;
      case Kind.extended:
        writer.writeExtended(cells, unitOf(((first & 0x17) << 8) | second));
        break;
      case Kind.midRow:
        writer.writeMidRow(cells, midRowPen, second);
        break;
      case Kind.background:
        writer.replaceSpace(cells, (pen) => backgroundPen(pen, second, (first & 7) === 7));
        break;
      case Kind.blackForeground:
        writer.replaceSpace(cells, (pen) => blackPen(pen, second));
        break;
      default:
        writer.tab(second & 3);
        return;
    }
    this.#wrote(state.latched, cells);
  }

  #misc(state: FieldState, channel: DataChannelState, second: number): void {
    const { caption, text } = channel;
    const writer = channel.textMode ? text.writer : caption.writer;
    const cells = channel.textMode ? text.cells : caption.target();
    channel.heard = this.#time;
    switch (second) {
      case 0x20:
        caption.mode = "popOn";
        this.#captionMode(state, channel);
        break;
      case 0x21:
        if (cells !== undefined && writer.backspace(cells)) this.#wrote(state.latched, cells);
        break;
      case 0x24:
        if (cells !== undefined) {
          writer.deleteToEnd(cells);
          this.#wrote(state.latched, cells);
        }
        break;
      case 0x25:
      case 0x26:
      case 0x27:
        if (caption.rollUp(second - 0x23)) this.#display(state.latched, "erase");
        this.#captionMode(state, channel);
        break;
      case 0x28:
        if (cells !== undefined) {
          writer.writeFlashOn(cells);
          this.#wrote(state.latched, cells);
        }
        break;
      case 0x29:
        caption.mode = "paintOn";
        this.#captionMode(state, channel);
        break;
      case 0x2a:
      case 0x2b:
        this.#textMode(state, channel, second === 0x2a);
        break;
      case 0x2c:
        if (caption.eraseDisplayed()) this.#display(state.latched, "erase");
        break;
      case 0x2d:
        this.#carriageReturn(state, channel);
        break;
      case 0x2e:
        caption.nonDisplayed.fill(0);
        break;
      case 0x2f:
        if (caption.endOfCaption()) this.#display(state.latched, "flip");
        this.#captionMode(state, channel);
        break;
      // 22 and 23 are reserved (formerly alarm off and on).
    }
  }

  #captionMode(state: FieldState, channel: DataChannelState): void {
    channel.textMode = false;
    const { mode } = channel.caption;
    this.#emit({ type: "mode", time: this.#time, service: this.#service(state.latched), mode });
  }

  #textMode(state: FieldState, channel: DataChannelState, restart: boolean): void {
    channel.textMode = true;
    const service = TEXT_SERVICES[state.latched] as Cea608Service;
    if (restart && channel.text.restart()) {
      this.#emit({ type: "display", time: this.#time, service, change: "erase" });
    }
    this.#emit({ type: "mode", time: this.#time, service, mode: "text" });
  }

  #carriageReturn(state: FieldState, channel: DataChannelState): void {
    if (channel.textMode) {
      const service = TEXT_SERVICES[state.latched] as Cea608Service;
      const scrolled = channel.text.carriageReturn();
      if (scrolled) this.#emit({ type: "display", time: this.#time, service, change: "scroll" });
    } else if (channel.caption.carriageReturn()) {
      this.#display(state.latched, "scroll");
    }
  }

  /** After cells of some memory were written: an event if that memory is shown. */
  #wrote(latched: number, cells: Uint32Array): void {
    const channel = this.#channels[latched] as DataChannelState;
    if (channel.textMode) {
      const service = TEXT_SERVICES[latched] as Cea608Service;
      this.#emit({ type: "display", time: this.#time, service, change: "write" });
      return;
    }
    channel.heard = this.#time;
    if (cells === channel.caption.displayed) this.#display(latched, "write");
  }

  #autoErase(): void {
    const limit = this.#options.autoEraseMs ?? Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#channels.length; i++) {
      const channel = this.#channels[i] as DataChannelState;
      if (this.#time - channel.heard < limit) continue;
      channel.heard = Number.POSITIVE_INFINITY;
      if (channel.caption.eraseDisplayed()) this.#display(i, "erase");
    }
  }

  #xdsPair(state: FieldState, first: number, second: number): void {
    const result = this.#xds.push((first << 8) | second);
    if (result?.packet !== undefined) {
      this.#emit({ type: "xds", time: this.#time, packet: result.packet });
    }
    if (result?.issue !== undefined) {
      const { code, severity, message, field } = result.issue;
      this.#issue(code, severity, state, message, field);
    }
  }

  #display(latched: number, change: Cea608Change): void {
    const service = CAPTION_SERVICES[latched] as Cea608Service;
    this.#emit({ type: "display", time: this.#time, service, change });
  }

  #issue(
    code: Cea608ErrorCode,
    severity: "error" | "warning",
    state: FieldState,
    message: string,
    field: string,
  ): void {
    const offset = 2 * (state.pairs - 1);
    const issue = { code, severity, offset, field, message };
    this.#emit({ type: "issue", time: this.#time, issue });
  }

  #emit(event: Cea608Event): void {
    if (this.#events === undefined) this.#events = [event];
    else this.#events.push(event);
  }

  #latched(state: FieldState): DataChannelState {
    return this.#channels[state.latched] as DataChannelState;
  }

  #service(latched: number): Cea608Service {
    const textMode = (this.#channels[latched] as DataChannelState).textMode;
    return (textMode ? TEXT_SERVICES : CAPTION_SERVICES)[latched] as Cea608Service;
  }
}

function newField(): FieldState {
  return { last: 0, latched: -1, pairs: 0 };
}

function unitOf(code: number): number {
  return (characterOfCode(code) as string).charCodeAt(0);
}

/** The UTF-16 unit of each byte of the basic set. */
const BASIC_UNITS: Uint16Array = /* @__PURE__ */ Uint16Array.from({ length: 128 }, (_, code) =>
  code < 0x20 ? 0 : (characterOfCode(code) as string).charCodeAt(0),
);
