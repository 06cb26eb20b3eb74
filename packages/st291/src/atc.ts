import { fits } from "./fits.js";
import { lengthError } from "./payload-error.js";

const CLAUSE = "ST 12-2";
const SIZE = 16;

/**
 * An ATC payload without interpretation: every bit that ST 12-2 (DID 60 SDID 60) and ST 12-3 (DID 60 SDID 61) assign.
 */
export interface AtcWord {
  /** Distributed binary bits, group 1, 8 bits: the payload type of ST 12-2. */
  readonly dbb1: number;
  /** Distributed binary bits, group 2, 8 bits. */
  readonly dbb2: number;
  /** b7…b4 of each user data word, 0 to 15: the 64-bit time-code word from its least significant nibble on. */
  readonly nibbles: Uint8Array;
}

/** Ancillary time code, DID 60 SDID 60 (ST 12-2). Numbers are as coded: frames count pairs above 30 Hz. */
export interface AncillaryTimeCode {
  /** Payload type: 0 ATC_LTC, 1 ATC_VITC1, 2 ATC_VITC2, others in {@link atcPayloadTypeName}. */
  readonly dbb1: number;
  /** See {@link decodeDbb2}. */
  readonly dbb2: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
  readonly dropFrameFlag: boolean;
  readonly colourFrameFlag: boolean;
  /** Field mark of 30- and 24-frame systems, binary group flag of others. */
  readonly bit35: 0 | 1;
  readonly bit55: 0 | 1;
  readonly bit74: 0 | 1;
  /** Field mark of 25-frame systems, binary group flag of others. */
  readonly bit75: 0 | 1;
  /** The user bits: binary groups 1 to 8, four bits each. */
  readonly binaryGroups: readonly number[];
}

/** The second group of distributed binary bits, in an ATC of VITC (ST 12-2). */
export interface Dbb2 {
  /** b4…b0: the line on which the VITC was or shall be. */
  readonly vitcLineSelect: number;
  /** b5: the VITC is also on the line two below. */
  readonly lineDuplicationFlag: boolean;
  /** b6: the time code is interpolated or read with errors. */
  readonly timeCodeValidityFlag: boolean;
  /** b7: the user bits were processed. */
  readonly processFlag: boolean;
}

/**
 * Take an ATC payload apart into its bits. b2…b0 of each word are ignored.
 * @throws {FormatError} `length` when it is not 16 bytes.
 */
export function decodeAtcWord(payload: Uint8Array): AtcWord {
  if (payload.length !== SIZE) throw lengthError("atc", 0, SIZE, payload.length, CLAUSE);
  const nibbles = new Uint8Array(SIZE);
  let dbb = 0;
  for (let i = 0; i < SIZE; i++) {
    const byte = payload[i] as number;
    nibbles[i] = byte >> 4;
    dbb |= ((byte >> 3) & 1) << i;
  }
  return { dbb1: dbb & 0xff, dbb2: dbb >> 8, nibbles };
}

/**
 * Put an ATC payload together from its bits: 16 bytes, b2…b0 zero.
 * @throws {RangeError} when a value does not fit its field.
 */
export function encodeAtcWord(word: AtcWord): Uint8Array<ArrayBuffer> {
  fits("dbb1", word.dbb1, 0xff);
  fits("dbb2", word.dbb2, 0xff);
  fits("nibbles.length", word.nibbles.length, SIZE, SIZE);
  const dbb = word.dbb1 | (word.dbb2 << 8);
  return Uint8Array.from(word.nibbles, (nibble, i) => {
    fits("nibbles", nibble, 0x0f);
    return (nibble << 4) | (((dbb >> i) & 1) << 3);
  });
}

/**
 * Decode the payload of an ATC packet. A digit above nine, which no time code has, counts with its value and its tens;
 * {@link decodeAtcWord} keeps such a word as it is.
 * @throws {FormatError} `length` when it is not 16 bytes.
 */
export function decodeAtc(payload: Uint8Array): AncillaryTimeCode {
  const { dbb1, dbb2, nibbles } = decodeAtcWord(payload);
  const nibble = (i: number): number => nibbles[i] as number;
  return {
    dbb1,
    dbb2,
    hours: nibble(12) + 10 * (nibble(14) & 3),
    minutes: nibble(8) + 10 * (nibble(10) & 7),
    seconds: nibble(4) + 10 * (nibble(6) & 7),
    frames: nibble(0) + 10 * (nibble(2) & 3),
    // libklvanc writes bits 14 and 15, and 74 and 75, exchanged.
    dropFrameFlag: (nibble(2) & 4) !== 0,
    colourFrameFlag: (nibble(2) & 8) !== 0,
    bit35: bit(nibble(6), 3),
    bit55: bit(nibble(10), 3),
    bit74: bit(nibble(14), 2),
    bit75: bit(nibble(14), 3),
    binaryGroups: [1, 3, 5, 7, 9, 11, 13, 15].map(nibble),
  };
}

/**
 * Encode the payload of an ATC packet: 16 bytes.
 * @throws {RangeError} when a value does not fit its digits or bits.
 */
export function encodeAtc(timeCode: AncillaryTimeCode): Uint8Array<ArrayBuffer> {
  const { dbb1, dbb2, binaryGroups } = timeCode;
  fits("binaryGroups.length", binaryGroups.length, 8, 8);
  const [hours, hourTens] = digits("hours", timeCode.hours, 3);
  const [minutes, minuteTens] = digits("minutes", timeCode.minutes, 7);
  const [seconds, secondTens] = digits("seconds", timeCode.seconds, 7);
  const [frames, frameTens] = digits("frames", timeCode.frames, 3);
  const dropFrame = timeCode.dropFrameFlag ? 4 : 0;
  const colourFrame = timeCode.colourFrameFlag ? 8 : 0;
  const time = [
    frames,
    colourFrame | dropFrame | frameTens,
    seconds,
    (timeCode.bit35 << 3) | secondTens,
    minutes,
    (timeCode.bit55 << 3) | minuteTens,
    hours,
    (timeCode.bit75 << 3) | (timeCode.bit74 << 2) | hourTens,
  ];
  const nibbles = new Uint8Array(SIZE);
  for (let i = 0; i < 8; i++) {
    const group = binaryGroups[i] as number;
    fits("binaryGroups", group, 0x0f);
    nibbles[2 * i] = time[i] as number;
    nibbles[2 * i + 1] = group;
  }
  return encodeAtcWord({ dbb1, dbb2, nibbles });
}

/** Take DBB2 apart (ST 12-2). */
export function decodeDbb2(dbb2: number): Dbb2 {
  return {
    vitcLineSelect: dbb2 & 0x1f,
    lineDuplicationFlag: (dbb2 & 0x20) !== 0,
    timeCodeValidityFlag: (dbb2 & 0x40) !== 0,
    processFlag: (dbb2 & 0x80) !== 0,
  };
}

/**
 * Put DBB2 together (ST 12-2).
 * @throws {RangeError} when the line does not fit five bits.
 */
export function encodeDbb2(fields: Dbb2): number {
  fits("vitcLineSelect", fields.vitcLineSelect, 0x1f);
  const duplication = fields.lineDuplicationFlag ? 0x20 : 0;
  const validity = fields.timeCodeValidityFlag ? 0x40 : 0;
  return fields.vitcLineSelect | duplication | validity | (fields.processFlag ? 0x80 : 0);
}

/** Name of an ATC payload type, DBB1 (ST 12-2 table 2); `undefined` for a reserved one. */
export function atcPayloadTypeName(dbb1: number): string | undefined {
  if (dbb1 >= 0x08 && dbb1 <= 0x7c) return "Local time address and user data";
  if (dbb1 >= 0x03 && dbb1 <= 0x05) return "User defined";
  return ATC_PAYLOAD_TYPES[dbb1];
}

const ATC_PAYLOAD_TYPES: Readonly<Record<number, string>> = {
  0: "ATC_LTC",
  1: "ATC_VITC1",
  2: "ATC_VITC2",
  6: "Film data block",
  7: "Production data block",
  125: "Video tape data block, local",
  126: "Film data block, local",
  127: "Production data block, local",
};

function bit(nibble: number, index: number): 0 | 1 {
  return ((nibble >> index) & 1) as 0 | 1;
}

/** Units and tens of a number; what the tens cannot hold stays in the units, which have four bits. */
function digits(field: string, value: number, maxTens: number): [units: number, tens: number] {
  fits(field, value, maxTens * 10 + 15);
  const tens = Math.min(Math.floor(value / 10), maxTens);
  return [value - tens * 10, tens];
}
