import type { CdpTimeCode } from "./cdp.js";
import { decodeCdp } from "./cdp-decode.js";
import { encodeCdp } from "./cdp-encode.js";
import { padCcData } from "./cdp-writer.js";
import { ccCountOf, cdpFrameRateOf, type FrameRate } from "./frame-rate.js";

/** Buffer formats of GStreamer's caption caps: CDP, bare triplets, ST 334-1 annex B, one field's pairs. */
export type GstCaptionFormat = "cdp" | "cc_data" | "s334-1a" | "raw-field0" | "raw-field1";

/** What {@link GstCcConverter} converts. */
export interface GstCcConverterOptions {
  readonly from: GstCaptionFormat;
  readonly to: GstCaptionFormat;
  readonly inputRate: FrameRate;
  /** Only used when either side is CDP. Default: the input's. */
  readonly outputRate?: FrameRate;
}

/** Most bytes that wait in a queue, 100 ms' worth: older ones are all dropped when more comes. */
const MAX_PAIR_BYTES = 12;
const MAX_DTVCC_BYTES = 120;

/**
 * Converts as GStreamer 1.28's `ccconverter` does, byte for byte, with its losses and liberties: for interoperability
 * tests. `CcRepacker` is what to use otherwise.
 */
export class GstCcConverter {
  readonly #from: GstCaptionFormat;
  readonly #to: GstCaptionFormat;
  readonly #inputRate: FrameRate;
  readonly #outputRate: FrameRate;
  readonly #ccCount: number;
  #field1: number[] = [];
  #field2: number[] = [];
  #dtvcc: number[] = [];
  #lastWasField1 = false;
  #inputFrames = 0;
  #outputFrames = 1;
  #counter = 0;
  #timeCode: CdpTimeCode | undefined;

  /** @throws {RangeError} for a rate that no CDP can carry. */
  constructor(options: GstCcConverterOptions) {
    const { from, to, inputRate, outputRate = inputRate } = options;
    ccCountOf(inputRate);
    this.#from = from;
    this.#to = to;
    this.#inputRate = inputRate;
    this.#outputRate = from === "cdp" || to === "cdp" ? outputRate : inputRate;
    this.#ccCount = ccCountOf(this.#outputRate);
  }

  /**
   * Convert one buffer. `timeCode` is the frame's, counted at the full rate. Empty results are what the element sends
   * as gaps; they are returned as empty arrays.
   */
  push(buffer: Uint8Array, timeCode?: CdpTimeCode): Uint8Array<ArrayBuffer>[] {
    if (this.#from !== "cdp" && this.#to !== "cdp") return [this.#convertDirectly(buffer)];
    const found = this.#queueInput(buffer) ?? timeCode;
    const outputs: Uint8Array<ArrayBuffer>[] = [];
    this.#inputFrames++;
    if (found !== undefined && this.#outputIsDue()) this.#timeCode = this.#outputTimeCode(found);
    while (this.#outputIsDue()) {
      outputs.push(this.#make());
      this.#outputFrames++;
    }
    return outputs;
  }

  /** The frames that empty the queues at the end of the stream. */
  flush(): Uint8Array<ArrayBuffer>[] {
    const outputs: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      if (this.#outputIsDue()) {
        outputs.push(this.#make());
        this.#outputFrames++;
      } else if (this.#field1.length + this.#field2.length + this.#dtvcc.length > 0) {
        // As if another frame had come in.
        this.#inputFrames++;
      } else {
        break;
      }
    }
    this.#inputFrames = 0;
    this.#outputFrames = 1;
    return outputs;
  }

  #outputIsDue(): boolean {
    const input = this.#inputFrames * this.#inputRate.denominator * this.#outputRate.numerator;
    const output = this.#outputFrames * this.#outputRate.denominator * this.#inputRate.numerator;
    if (input === output) {
      this.#inputFrames = 0;
      this.#outputFrames = 0;
    }
    return input >= output;
  }

  /** Conversions without a CDP on either side keep no state. */
  #convertDirectly(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
    const out: number[] = [];
    const pair = (field: 0 | 1, first: number, second: number): void => {
      switch (this.#to) {
        case "cc_data":
          out.push(0xfc | field, first, second);
          break;
        case "s334-1a":
          out.push(field === 0 ? 0x80 : 0, first, second);
          break;
        case "raw-field0":
        case "raw-field1":
          if (field === (this.#to === "raw-field0" ? 0 : 1)) out.push(first, second);
      }
    };
    switch (this.#from) {
      case "raw-field0":
      case "raw-field1": {
        const field = this.#from === "raw-field0" ? 0 : 1;
        const swap = this.#to === "raw-field0" || this.#to === "raw-field1";
        for (let at = 0; at + 1 < Math.min(buffer.length, 6); at += 2) {
          const second = buffer[at + 1] as number;
          const first = buffer[at] as number;
          if (!swap) pair(field, first, second);
          else out.push(forField(this.#to === "raw-field0" ? 1 : 2, first, second), second);
        }
        break;
      }
      case "s334-1a":
        for (let at = 0; at + 2 < Math.min(buffer.length, 9); at += 3) {
          const field = ((buffer[at] as number) & 0x80) === 0 ? 1 : 0;
          pair(field, buffer[at + 1] as number, buffer[at + 2] as number);
        }
        break;
      case "cc_data":
        for (let at = 0; at + 2 < Math.min(buffer.length, 75); at += 3) {
          const first = buffer[at] as number;
          if (this.#to === "cc_data") out.push(...buffer.subarray(at, at + 3));
          else if (first === 0xfc || first === 0xfd) {
            pair((first & 1) as 0 | 1, buffer[at + 1] as number, buffer[at + 2] as number);
          }
        }
    }
    return Uint8Array.from(out);
  }

  /** Returns the time code of a CDP. */
  #queueInput(buffer: Uint8Array): CdpTimeCode | undefined {
    let timeCode: CdpTimeCode | undefined;
    const field1: number[] = [];
    const field2: number[] = [];
    const dtvcc: number[] = [];
    switch (this.#from) {
      case "cdp": {
        const { cdp } = decodeCdp(buffer);
        timeCode = cdp.timeCode;
        sortTriplets(cdp.ccData ?? new Uint8Array(0), field1, field2, dtvcc);
        break;
      }
      case "cc_data":
        sortTriplets(buffer, field1, field2, dtvcc);
        break;
      case "s334-1a":
        for (
          let at = 0;
          at + 2 < Math.min(buffer.length, 3 * pairsOfFrame(this.#inputRate));
          at += 3
        ) {
          const [line = 0, first = 0, second = 0] = buffer.subarray(at, at + 3);
          // Padding is not queued, other than from the formats of one field.
          if (first !== 0x80 || second !== 0x80) {
            ((line & 0x80) === 0 ? field2 : field1).push(first, second);
          }
        }
        break;
      default:
        (this.#from === "raw-field0" ? field1 : field2).push(
          ...buffer.subarray(0, 2 * pairsOfFrame(this.#inputRate)),
        );
    }
    this.#field1 = queued(this.#field1, field1, MAX_PAIR_BYTES);
    this.#field2 = queued(this.#field2, field2, MAX_PAIR_BYTES);
    this.#dtvcc = queued(this.#dtvcc, dtvcc, MAX_DTVCC_BYTES);
    return timeCode;
  }

  #make(): Uint8Array<ArrayBuffer> {
    const carriesDtvcc = this.#to === "cdp" || this.#to === "cc_data";
    const pairs = pairsOfFrame(this.#outputRate);
    const dtvcc = carriesDtvcc ? this.#dtvcc.splice(0, 3 * maxDtvccTriplets(this.#outputRate)) : [];
    if (!carriesDtvcc) this.#dtvcc = [];
    const out: number[] = [];
    let field2Slots = 0;
    for (let i = 0; i < pairs; i++) {
      const field = this.#lastWasField1 ? 1 : 0;
      this.#lastWasField1 = field === 0;
      field2Slots += field;
      const [first, second] = (field === 0 ? this.#field1 : this.#field2).splice(0, 2);
      this.#writePair(out, field, first, second);
    }
    if ((this.#to === "raw-field0" || this.#to === "raw-field1") && field2Slots > 0) {
      this.#lastWasField1 = false;
    }
    const ccData = Uint8Array.from([...out, ...dtvcc]);
    return this.#to === "cdp" ? this.#writeCdp(ccData) : ccData;
  }

  #writePair(
    out: number[],
    field: 0 | 1,
    first: number | undefined,
    second: number | undefined,
  ): void {
    const padding = first === undefined || second === undefined;
    switch (this.#to) {
      case "s334-1a":
        out.push(field === 0 ? 0x80 : 0, first ?? 0x80, second ?? 0x80);
        break;
      case "raw-field0":
      case "raw-field1":
        if (field === (this.#to === "raw-field0" ? 0 : 1)) out.push(first ?? 0x80, second ?? 0x80);
        break;
      default:
        if (!padding) out.push(0xfc | field, first, second);
        else if (field === 0 && this.#field2.length > 0) out.push(0xfc, 0x80, 0x80);
        else out.push(0xf8 | field, 0, 0);
    }
  }

  #writeCdp(ccData: Uint8Array): Uint8Array<ArrayBuffer> {
    const counter = this.#counter;
    this.#counter = (counter + 1) & 0xffff;
    const timeCode = this.#timeCode;
    if (timeCode !== undefined) this.#timeCode = nextTimeCode(timeCode, this.#nominalRate);
    return encodeCdp({
      cdpFrameRate: cdpFrameRateOf(this.#outputRate),
      captionServiceActive: true,
      cdpHdrSequenceCntr: counter,
      timeCode,
      ccData: padCcData(ccData, this.#ccCount),
      svcInfo: undefined,
      futureSections: [],
      verbatim: timeCode === undefined ? undefined : { timeCode: timeCodeBytes(timeCode) },
    });
  }

  get #nominalRate(): number {
    return Math.round(this.#outputRate.numerator / this.#outputRate.denominator);
  }

  /** Frames are scaled by the rates; 29.97 and 59.94 Hz drop labels, wanted or not. */
  #outputTimeCode(timeCode: CdpTimeCode): CdpTimeCode {
    const { numerator, denominator } = this.#outputRate;
    const up = numerator * this.#inputRate.denominator;
    const down = denominator * this.#inputRate.numerator;
    const frames = Math.floor((timeCode.frames * up) / down);
    const dropFrameFlag =
      denominator === 1001 && (timeCode.dropFrameFlag || this.#nominalRate !== 24);
    return valid({ ...timeCode, frames, dropFrameFlag }, this.#nominalRate);
  }
}

/** The first label from this one on that drop-frame does not leave out. */
function valid(timeCode: CdpTimeCode, nominalRate: number): CdpTimeCode {
  const { minutes, seconds, frames, dropFrameFlag } = timeCode;
  if (!dropFrameFlag || minutes % 10 === 0 || seconds !== 0 || nominalRate % 30 !== 0)
    return timeCode;
  return { ...timeCode, frames: Math.max(frames, nominalRate / 15) };
}

function nextTimeCode(timeCode: CdpTimeCode, nominalRate: number): CdpTimeCode {
  let { hours, minutes, seconds, frames } = timeCode;
  if (++frames >= nominalRate) {
    frames = 0;
    seconds++;
  }
  if (seconds > 59) {
    seconds = 0;
    minutes++;
  }
  if (minutes > 59) {
    minutes = 0;
    hours = (hours + 1) % 24;
  }
  return valid({ ...timeCode, hours, minutes, seconds, frames }, nominalRate);
}

/** The tens of frames are masked to two bits, even at 50 and 60 Hz. */
function timeCodeBytes(timeCode: CdpTimeCode): Uint8Array {
  const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);
  return Uint8Array.of(
    0xc0 | (bcd(timeCode.hours) & 0x3f),
    0x80 | (bcd(timeCode.minutes) & 0x7f),
    (timeCode.fieldFlag ? 0x80 : 0) | (bcd(timeCode.seconds) & 0x7f),
    (timeCode.dropFrameFlag ? 0x80 : 0) | (bcd(timeCode.frames) & 0x3f),
  );
}

/** Line-21 pairs of a frame; more than these are not read from a buffer either. */
function pairsOfFrame({ numerator, denominator }: FrameRate): number {
  const nominal = Math.round(numerator / denominator);
  if (nominal >= 50) return 1;
  return nominal === 24 && denominator !== 1 ? 3 : 2;
}

function maxDtvccTriplets(rate: FrameRate): number {
  const nominal = Math.round(rate.numerator / rate.denominator);
  if (nominal >= 60) return 9;
  if (nominal === 50) return 11;
  return nominal === 30 ? 18 : 22;
}

function sortTriplets(
  ccData: Uint8Array,
  field1: number[],
  field2: number[],
  dtvcc: number[],
): void {
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    const first = ccData[at] as number;
    if ((first & 4) === 0) continue;
    const ccData1 = ccData[at + 1] as number;
    const ccData2 = ccData[at + 2] as number;
    if ((first & 2) !== 0) dtvcc.push(first, ccData1, ccData2);
    else ((first & 1) === 0 ? field1 : field2).push(ccData1, ccData2);
  }
}

function queued(before: number[], added: number[], most: number): number[] {
  if (before.length + added.length > most) return added;
  return before.concat(added);
}

/** Miscellaneous control codes name their field: `14`/`1C` is field 1, `15`/`1D` field 2, with odd parity. */
const MISC_OF_FIELD: Readonly<Record<1 | 2, readonly number[]>> = {
  1: [0x94, 0x1c],
  2: [0x15, 0x9d],
};

function forField(field: 1 | 2, first: number, second: number): number {
  const code = second & 0x7f;
  if (code < 0x20 || code > 0x2f) return first;
  const other = MISC_OF_FIELD[field === 1 ? 2 : 1].indexOf(first);
  return MISC_OF_FIELD[field][other] ?? first;
}
