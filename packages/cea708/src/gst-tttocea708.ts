import { GstTextTo608 } from "@x/cea608";
import { encodeCharacter } from "./characters.js";
import { encodeDtvccPacket, MAX_BLOCK_SIZE, MAX_PACKET_DATA } from "./dtvcc.js";
import type { FrameRate } from "./frame-rate.js";

/** The properties of GStreamer's tttocea708. */
export interface GstTextTo708Options {
  readonly frameRate: FrameRate;
  /** Default: `roll-up`. */
  readonly mode?: "pop-on" | "paint-on" | "roll-up";
  /** 1 to 63. Default: 1. */
  readonly serviceNumber?: number;
  /** Line-21 channel to write besides, 1 to 4; 0 for none. Default: 0. */
  readonly cea608Channel?: 0 | 1 | 2 | 3 | 4;
  /** First row, 0 to 14. Default: as low as the text allows. */
  readonly originRow?: number;
  /** First column, 0 to 31. Default: 0. */
  readonly originColumn?: number;
  /** Default: 2. */
  readonly rollUpRows?: number;
  /** When roll-up and paint-on text is erased. Default: never. */
  readonly rollUpTimeoutMs?: number;
}

/** A plain text for a time. Line feeds separate rows. */
export interface GstTextCue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** The cc_data of one frame. */
export interface GstFrame {
  readonly frame: number;
  readonly ccData: Uint8Array<ArrayBuffer>;
}

const LAST_COLUMN = 31;
const LAST_ROW = 14;
const ETX = [0x03];
const CR = [0x0d];

/**
 * Text to CEA-708 as the element tttocea708 of gst-plugins-rs does it, byte for byte, its lateness and losses included,
 * for pipelines that have to compare. `CaptionScheduler` is the one that shows captions on time.
 */
export class GstTextTo708 {
  readonly #frameRate: FrameRate;
  readonly #mode: "pop-on" | "paint-on" | "roll-up";
  readonly #serviceNumber: number;
  readonly #channel: number;
  readonly #originRow: number | undefined;
  readonly #originColumn: number;
  readonly #rollUpRows: number;
  readonly #timeout: number | undefined;
  readonly #line21: GstTextTo608 | undefined;
  readonly #pairs: number[] = [];
  readonly #fields: [number[], number[]] = [[], []];
  #dtvcc: number[] = [];
  #codes: (readonly number[])[] = [];
  #frames: GstFrame[] = [];
  #last = 0;
  #eraseFrame: number | undefined;
  #active = 0;
  #penRow = 0;
  #baseRow = LAST_ROW;
  #column: number;
  #preamblePending = true;
  #sequenceNumber = 0;
  #nextField: 0 | 1 = 0;

  constructor(options: GstTextTo708Options) {
    const { frameRate, mode = "roll-up", rollUpRows = 2, rollUpTimeoutMs } = options;
    this.#frameRate = frameRate;
    this.#mode = mode;
    this.#serviceNumber = options.serviceNumber ?? 1;
    this.#channel = options.cea608Channel ?? 0;
    this.#originRow = options.originRow;
    this.#originColumn = options.originColumn ?? 0;
    this.#column = this.#originColumn;
    this.#rollUpRows = rollUpRows;
    this.#timeout = rollUpTimeoutMs === undefined ? undefined : this.#frameOf(rollUpTimeoutMs);
    if (this.#channel !== 0) {
      this.#line21 = new GstTextTo608({
        frameRate,
        mode,
        rows: Math.min(4, Math.max(2, rollUpRows)) as 2 | 3 | 4,
        ...(rollUpTimeoutMs === undefined ? {} : { rollUpTimeoutMs }),
        ...(options.originRow === undefined ? {} : { originRow: options.originRow }),
        originColumn: this.#originColumn,
      });
    }
  }

  /** A cue; they come in order. Returns the frames up to its end. */
  push(cue: GstTextCue): GstFrame[] {
    return this.#cue(this.#frameOf(cue.startMs), this.#frameOf(cue.endMs), cue.text);
  }

  /** A time without text, as a GAP event. Returns the frames up to its end. */
  gap(startMs: number, endMs: number): GstFrame[] {
    return this.#cue(this.#frameOf(startMs), this.#frameOf(endMs));
  }

  /** End of stream: the erasure that is still due. */
  flush(): GstFrame[] {
    if (this.#eraseFrame === undefined) return [];
    return this.#cue(this.#last, this.#eraseFrame);
  }

  #cue(startFrame: number, endFrame: number, text?: string): GstFrame[] {
    if (this.#last === 0) this.#last = startFrame;
    const start = Math.max(startFrame, this.#last);
    const end = Math.max(endFrame, start);
    this.#writeLine21(start, end, text);
    this.#padTo(start);
    if (text !== undefined) this.#text(text);
    this.#frame();
    if (this.#mode === "pop-on") this.#eraseFrame = this.#last + (end - start);
    else if (this.#timeout !== undefined) this.#eraseFrame = this.#last + this.#timeout;
    this.#padTo(end);
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** The line-21 translator has no times of its own: those of the frames here, at the end too. */
  #writeLine21(startFrame: number, endFrame: number, text?: string): void {
    if (this.#line21 === undefined) return;
    const [start, end] = [this.#msWithin(startFrame), this.#msWithin(endFrame)];
    const pairs =
      text === undefined ? this.#line21.gap(start, end) : this.#line21.push({ start, end, text });
    for (const { word } of pairs) this.#pairs.push(inChannel(word, this.#channel));
  }

  #text(text: string): void {
    const rows = text.split("\n");
    const rollUp = this.#mode === "roll-up";
    let row = this.#originRow ?? (rollUp ? LAST_ROW : Math.max(LAST_ROW + 1 - rows.length, 0));
    const hidden = 1 - this.#active;
    if (this.#mode === "pop-on") {
      this.#eraseFrame = undefined;
      this.#codes.push([0x88, 1 << this.#active], [0x8c, ~(1 << this.#active) & 0xff]);
      this.#codes.push([0x98 | hidden, 0x18, 0xe4, 0x32, 0x7e, 0x1f, 0x11]);
    } else if (this.#mode === "paint-on") {
      this.#codes.push([0x98 | this.#active, 0x38, 0xe4, 0x32, 0x7e, 0x1f, 0x11]);
    }
    for (const [index, each] of rows.entries()) {
      if (row > LAST_ROW) break;
      // Only the row behind pop-on's clearing of the window is spared the space that all others begin with.
      this.#row(each, row, this.#mode === "pop-on" && index === 0);
      if (!rollUp) row++;
    }
    if (this.#mode === "pop-on") {
      this.#codes.push([0x8b, (1 << this.#active) | (1 << hidden)]);
      this.#active = hidden;
    }
    this.#codes.push(ETX);
  }

  #row(text: string, row: number, first: boolean): void {
    const rollUp = this.#mode === "roll-up";
    if (!rollUp) this.#column = this.#originColumn;
    if (!rollUp || row !== this.#penRow) {
      this.#codes.push([0x92, row, this.#column]);
      this.#penRow = row;
      if (rollUp) {
        this.#baseRow = row;
        this.#preamblePending = true;
      }
    }
    if (rollUp && this.#preamblePending) this.#rollUpPreamble();
    const prefixed = !first && !/^[.,?!;:]$/.test(text);
    const characters = [...(prefixed ? " " : ""), ...text];
    for (let i = 0; i < characters.length; i++) {
      const character = characters[i] as string;
      if (character === "\r") continue;
      if (rollUp) {
        const word = isSpace(character) ? wordLength(characters, i + 1) : 0;
        const wraps = word <= 32 - this.#originColumn && this.#column + word > LAST_COLUMN;
        if (wraps || this.#column > LAST_COLUMN) {
          this.#codes.push(CR);
          this.#rollUpPreamble();
          this.#column = this.#originColumn;
          if (isSpace(character)) continue;
        }
      } else if (this.#column > LAST_COLUMN) {
        return;
      }
      this.#codes.push(gstCode(character));
      this.#column++;
    }
  }

  #rollUpPreamble(): void {
    const rows = this.#rollUpRows;
    const vertical = Math.floor((Math.max(rows, this.#baseRow) * 100) / LAST_ROW);
    this.#codes.push([0x8c, ~(1 << this.#active) & 0xff]);
    this.#codes.push([0x98, 0x38, 0x80 | vertical, 0x32, 0x70 | (rows - 1), 0x1f, 0x11]);
    this.#codes.push([0x92, rows - 1, 0]);
    this.#preamblePending = false;
  }

  #padTo(frame: number): void {
    while (this.#last < frame) this.#frame();
  }

  /** Write the next frame with what is queued. */
  #frame(): void {
    if (this.#eraseFrame !== undefined && this.#last === this.#eraseFrame - 1) {
      this.#eraseFrame = undefined;
      this.#preamblePending = true;
      this.#codes.push([0x88, 1 << this.#active]);
    }
    this.#dtvcc.push(...this.#packet());
    const pair = this.#pairs.shift();
    if (pair !== undefined && pair !== 0x8080) this.#fields[this.#channel > 2 ? 1 : 0].push(pair);
    const { numerator, denominator } = this.#frameRate;
    const ccCount = Math.round((600 * denominator) / numerator);
    const slots = Math.round((60 * denominator) / numerator);
    const ccData = new Uint8Array(3 * ccCount);
    let at = 0;
    for (let i = 0; i < slots; i++) {
      const field = this.#nextField;
      this.#nextField = field === 0 ? 1 : 0;
      const word = this.#fields[field].shift();
      const valid = word !== undefined || (field === 0 && this.#fields[1].length > 0);
      ccData[at++] = (valid ? 0xfc : 0xf8) | field;
      ccData[at++] = (word ?? 0x8080) >> 8;
      ccData[at++] = (word ?? 0x8080) & 0xff;
    }
    const dtvcc = this.#dtvcc.splice(0, ccData.length - at);
    ccData.set(dtvcc, at);
    for (at += dtvcc.length; at < ccData.length; at += 3) ccData[at] = 0xfa;
    this.#frames.push({ frame: this.#last++, ccData });
  }

  /** The queued codes as one packet's triplets; what does not fit stays queued. */
  #packet(): Uint8Array {
    const service = this.#serviceNumber;
    const header = service < 7 ? 1 : 2;
    const packetData: number[] = [];
    let block: number[] = [];
    const close = (): void => {
      if (block.length === 0) return;
      if (service < 7) packetData.push((service << 5) | block.length);
      else packetData.push(0xe0 | block.length, service);
      packetData.push(...block);
      block = [];
    };
    for (let code = this.#codes[0]; code !== undefined; code = this.#codes[0]) {
      if (block.length + code.length > MAX_BLOCK_SIZE) close();
      if (packetData.length + header + block.length + code.length > MAX_PACKET_DATA) break;
      block.push(...code);
      this.#codes.shift();
    }
    close();
    if (packetData.length === 0) return new Uint8Array(0);
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 3;
    return encodeDtvccPacket({ sequenceNumber, packetData: Uint8Array.from(packetData) });
  }

  #msWithin(frame: number): number {
    return ((frame + 0.5) * 1000 * this.#frameRate.denominator) / this.#frameRate.numerator;
  }

  /** The element's own rounding: to the nanosecond, then down to the frame. */
  #frameOf(ms: number): number {
    const numerator = BigInt(this.#frameRate.numerator);
    const denominator = BigInt(this.#frameRate.denominator);
    const nanoseconds = BigInt(Math.round(ms * 1e6)) * numerator;
    return Number((nanoseconds + denominator / 2n) / denominator / 1_000_000_000n);
  }
}

/** Special and extended characters keep their channel-1 form in every channel, as the element has it. */
function inChannel(word: number, channel: number): number {
  const second = word & 0x7f;
  let first = (word >> 8) & 0x7f;
  if (channel < 2 || first < 0x10 || first > 0x1f) return word;
  if (channel > 2 && first === 0x14 && second >= 0x20 && second < 0x30) first = 0x15;
  const character =
    (first === 0x11 && second >= 0x30 && second < 0x40) ||
    ((first === 0x12 || first === 0x13) && second < 0x40);
  if ((channel === 2 || channel === 4) && !character) first |= 8;
  return (oddParity(first) << 8) | (word & 0xff);
}

function oddParity(value: number): number {
  let ones = value ^ (value >> 4);
  ones ^= ones >> 2;
  ones ^= ones >> 1;
  return (ones & 1) === 0 ? value | 0x80 : value;
}

/** The character table of the crate that the element uses has two letters wrong and lacks some of G2. */
function gstCode(character: string): readonly number[] {
  switch (character) {
    case "\u24c7":
      return [0xae];
    case "\u0110":
      return [0xd0];
    case "\u00a0":
      return [0xa0];
  }
  if (GST_UNKNOWN.includes(character)) return [0x20];
  return encodeCharacter(character) ?? [0x20];
}

const GST_UNKNOWN = "®Ð℠•│┐└─┘┌";

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /^[\t\n\f\r ]$/.test(character);
}

function wordLength(characters: readonly string[], from: number): number {
  let length = 0;
  while (from + length < characters.length && !isSpace(characters[from + length])) length++;
  return length;
}
