import {
  type Cea608Cell,
  type Cea608Color,
  Cea608Decoder,
  type Cea608Service,
  cellAt,
} from "@x/cea608";
import { CcType, splitCcData } from "./cc-data.js";
import { encodeCharacter, toCaptionText } from "./characters.js";
import { encodeCode } from "./codes-encode.js";
import { FramePacker } from "./frame-packer.js";
import { ccCountOf, type FrameRate } from "./frame-rate.js";
import { PEN_STYLES, type Pen } from "./predefined-styles.js";

const ROWS = 15;
const COLUMNS = 32;
const ETX = [0x03];
const CR = [0x0d];
const HCR = [0x0e];
const TRANSPARENT_SPACE = [0x10, 0x20];
/** Frames between two definitions of the shown window, for receivers that tune in. */
const REFRESH_SECONDS = 2;

/** Which service each caption channel becomes: the primary language of each field first. */
const SERVICES: readonly (readonly [Cea608Service, number])[] = [
  ["CC1", 1],
  ["CC3", 2],
  ["CC2", 3],
  ["CC4", 4],
];

/** White is the pen style's own; the others are as bright as they can be. */
const COLORS: Readonly<Record<Cea608Color, number>> = {
  white: 0b101010,
  green: 0b001100,
  blue: 0b000011,
  cyan: 0b001111,
  red: 0b110000,
  yellow: 0b111100,
  magenta: 0b110011,
  black: 0,
};

const BACKGROUND_OPACITIES = { opaque: 0, semi: 2, transparent: 3 } as const;

/** How a {@link Cea608To708} works. */
export interface Cea608To708Options {
  readonly frameRate: FrameRate;
}

/**
 * Makes a 708 service of each line-21 caption channel: CC1 is service 1, CC3 2, CC2 3, CC4 4. Both memories of a channel
 * are mirrored in two windows of 15 rows and 32 columns, cell by cell as they change, so that everything a line-21
 * decoder shows is shown: pop-on captions are loaded while they are received, and flipped with one command.
 */
export class Cea608To708 {
  readonly #decoder = new Cea608Decoder();
  readonly #packer = new FramePacker();
  readonly #channels: readonly ChannelMirror[];
  readonly #ccCount: number;

  /** @throws {RangeError} for a rate that no CDP carries. */
  constructor(options: Cea608To708Options) {
    const { frameRate } = options;
    const refresh = Math.round((frameRate.numerator / frameRate.denominator) * REFRESH_SECONDS);
    this.#ccCount = ccCountOf(frameRate);
    this.#channels = SERVICES.map(
      ([channel, serviceNumber]) => new ChannelMirror(channel, serviceNumber, refresh),
    );
  }

  /**
   * Convert one frame. The line-21 triplets are passed on, DTVCC data that came along is replaced.
   * @returns as many triplets as the frame rate has; own memory.
   */
  push(ccData: Uint8Array, timeMs: number): Uint8Array<ArrayBuffer> {
    const line21 = line21Triplets(ccData).slice(0, 3 * (this.#ccCount - 1));
    for (const [index, pairs] of fieldsOf(line21).entries()) {
      for (let at = 0; at < pairs.length; at += 2) {
        const word = ((pairs[at] as number) << 8) | (pairs[at + 1] as number);
        this.#decoder.push(index === 0 ? 1 : 2, word, timeMs);
        // After every pair: two flips in one frame are two flips.
        for (const channel of this.#channels) channel.compare(this.#decoder);
      }
    }
    this.#packer.begin(this.#ccCount - line21.length / 3);
    for (const channel of this.#channels) channel.send(this.#packer);
    const frame = new Uint8Array(3 * this.#ccCount);
    frame.set(line21);
    const packet = this.#packer.finish();
    frame.set(packet, line21.length);
    for (let at = line21.length + packet.length; at < frame.length; at += 3) frame[at] = 0xfa;
    return frame;
  }
}

function fieldsOf(line21: Uint8Array): readonly Uint8Array[] {
  const { field1, field2 } = splitCcData(line21);
  return [field1, field2];
}

function line21Triplets(ccData: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    if (((ccData[at] as number) & 3) < CcType.dtvccData) kept.push(...ccData.subarray(at, at + 3));
  }
  return Uint8Array.from(kept);
}

/** One channel's two memories and the two windows that follow them. */
class ChannelMirror {
  readonly #channel: Cea608Service;
  readonly #serviceNumber: number;
  readonly #refresh: number;
  readonly #cells: [Uint32Array, Uint32Array] = [
    new Uint32Array(ROWS * COLUMNS),
    new Uint32Array(ROWS * COLUMNS),
  ];
  readonly #pens: [Pen, Pen] = [PEN_STYLES[1] as Pen, PEN_STYLES[1] as Pen];
  readonly #codes: (readonly number[])[] = [];
  #shown: 0 | 1 = 0;
  #current = -1;
  #displayed: Uint32Array | undefined;
  #defined = false;
  #sinceRefresh = 0;

  constructor(channel: Cea608Service, serviceNumber: number, refresh: number) {
    this.#channel = channel;
    this.#serviceNumber = serviceNumber;
    this.#refresh = refresh;
  }

  /** Queue what makes the windows show what the memories hold. */
  compare(decoder: Cea608Decoder): void {
    const displayed = decoder.screen(this.#channel).cells;
    const hidden = decoder.nonDisplayed(this.#channel).cells;
    // The decoder swaps its memories, it does not copy them.
    const flipped = this.#displayed !== undefined && this.#displayed !== displayed;
    this.#displayed = displayed;
    if (flipped && this.#defined) {
      this.#codes.push([0x8b, 3]);
      this.#shown = this.#shown === 0 ? 1 : 0;
    }
    this.#mirror(this.#shown, displayed, decoder.mode(this.#channel) === "rollUp");
    this.#mirror(this.#shown === 0 ? 1 : 0, hidden, false);
  }

  /** As much of the queue as has room. */
  send(packer: FramePacker): void {
    if (this.#defined && ++this.#sinceRefresh >= this.#refresh && this.#codes.length === 0) {
      this.#sinceRefresh = 0;
      this.#codes.push(define(this.#shown, this.#visibleAtFirst(this.#shown)));
      this.#current = this.#shown;
    }
    if (this.#codes.length === 0) return;
    const reserved = new Map([[this.#serviceNumber, ETX.length]]);
    let sent = 0;
    for (const code of this.#codes) {
      if (!packer.add(this.#serviceNumber, code, reserved)) break;
      sent++;
    }
    this.#codes.splice(0, sent);
    if (sent > 0) packer.add(this.#serviceNumber, ETX);
  }

  #mirror(window: 0 | 1, cells: Uint32Array, rollUp: boolean): void {
    const mirrored = this.#cells[window];
    if (same(cells, mirrored)) return;
    if (!this.#defined) this.#define();
    if (rollUp && scrolledUp(cells, mirrored)) this.#scroll(window, cells);
    if (cells.every((cell) => cell === 0)) {
      this.#codes.push([0x88, 1 << window]);
    } else {
      this.#writeChanges(window, cells, mirrored);
    }
    mirrored.set(cells);
  }

  #define(): void {
    this.#defined = true;
    this.#codes.push([0x8f], define(0, true), define(1, false));
    this.#current = 1;
    if (this.#shown === 1) this.#codes.push([0x8b, 3]);
  }

  /** DFn repeats its first visible flag: the same definition again leaves a window as it is. */
  #visibleAtFirst(window: 0 | 1): boolean {
    return window === 0;
  }

  /** The whole window up one row; what leaves the roll-up area at its top is erased there. */
  #scroll(window: 0 | 1, cells: Uint32Array): void {
    const mirrored = this.#cells[window];
    this.#select(window);
    this.#codes.push([0x92, ROWS - 1, 0], CR);
    mirrored.copyWithin(0, COLUMNS);
    mirrored.fill(0, (ROWS - 1) * COLUMNS);
    for (let row = 0; row < ROWS; row++) {
      const from = row * COLUMNS;
      const gone = cells.subarray(from, from + COLUMNS).every((cell) => cell === 0);
      if (!gone || mirrored.subarray(from, from + COLUMNS).every((cell) => cell === 0)) continue;
      this.#codes.push([0x92, row, 0], HCR);
      mirrored.fill(0, from, from + COLUMNS);
    }
  }

  #writeChanges(window: 0 | 1, cells: Uint32Array, mirrored: Uint32Array): void {
    this.#select(window);
    let next = -1;
    for (let at = 0; at < cells.length; at++) {
      if (cells[at] === mirrored[at]) continue;
      const row = Math.floor(at / COLUMNS);
      const column = at % COLUMNS;
      if (at !== next || column === 0) this.#codes.push([0x92, row, column]);
      next = at + 1;
      const cell = cellAt({ cells }, row, column);
      if (cell === undefined || cell.transparent) {
        this.#codes.push(TRANSPARENT_SPACE);
      } else {
        this.#usePen(window, penOf(cell));
        this.#codes.push(characterCode(cell.char));
      }
    }
  }

  #select(window: 0 | 1): void {
    if (this.#current !== window) this.#codes.push([0x80 | window]);
    this.#current = window;
  }

  #usePen(window: 0 | 1, pen: Pen): void {
    const { attributes, color } = this.#pens[window];
    const { italics, underline } = pen.attributes;
    if (italics !== attributes.italics || underline !== attributes.underline) {
      this.#codes.push([...encodeCode({ kind: "setPenAttributes", attributes: pen.attributes })]);
    }
    const { fgOpacity, fgColor, bgOpacity, bgColor } = pen.color;
    if (
      fgOpacity !== color.fgOpacity ||
      fgColor !== color.fgColor ||
      bgOpacity !== color.bgOpacity ||
      bgColor !== color.bgColor
    ) {
      this.#codes.push([...encodeCode({ kind: "setPenColor", color: pen.color })]);
    }
    this.#pens[window] = pen;
  }
}

/** DFn of the whole screen: 15 rows, 32 columns, centred, no fill, so that only characters have a background. */
function define(window: number, visible: boolean): number[] {
  return [0x98 | window, visible ? 0x38 : 0x18, 0, 105, 0x10 | (ROWS - 1), COLUMNS - 1, 0x11];
}

function penOf(cell: Cea608Cell): Pen {
  const { attributes, color } = PEN_STYLES[1] as Pen;
  return {
    attributes: { ...attributes, italics: cell.italics, underline: cell.underline },
    color: {
      ...color,
      fgOpacity: cell.flash ? 1 : 0,
      fgColor: COLORS[cell.color],
      bgOpacity: BACKGROUND_OPACITIES[cell.backgroundOpacity],
      bgColor: COLORS[cell.background],
    },
  };
}

function characterCode(character: string): readonly number[] {
  const known = encodeCharacter(character);
  if (known !== undefined) return known;
  const [first = " "] = toCaptionText(character).text;
  return encodeCharacter(first) ?? [0x20];
}

/** True when every row holds what was in the row below it, or nothing, and the last one is new. */
function scrolledUp(cells: Uint32Array, before: Uint32Array): boolean {
  let moved = false;
  for (let row = 0; row < ROWS - 1; row++) {
    const now = cells.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    if (now.every((cell) => cell === 0)) continue;
    if (!same(now, before.subarray((row + 1) * COLUMNS, (row + 2) * COLUMNS))) return false;
    moved = true;
  }
  return moved;
}

function same(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
