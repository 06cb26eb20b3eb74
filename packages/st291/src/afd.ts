import { FormatError, uint16 } from "@x/bits";
import { fits } from "./fits.js";
import { lengthError, type St291ErrorCode } from "./payload-error.js";

const CLAUSE = "ST 2016-3";
const SIZE = 8;

/** Where the bars end that the active image does not fill (ST 2016-1). Both values have 16 bits. */
export type Bars =
  | {
      readonly kind: "letterbox";
      /** Last line of the top bar. */
      readonly top: number;
      /** First line of the bottom bar. */
      readonly bottom: number;
    }
  | {
      readonly kind: "pillarbox";
      /** Last pixel of the left bar. */
      readonly left: number;
      /** First pixel of the right bar. */
      readonly right: number;
    };

/** AFD and bar data, DID 41 SDID 05 (ST 2016-3). */
export interface AfdBarData {
  /** Active format description a3…a0, 0 to 15: see {@link afdName}. */
  readonly afd: number;
  /** AR: `true` when the coded frame is 16:9, `false` when it is 4:3. */
  readonly wide: boolean;
  /** `undefined` when no bar is signalled. */
  readonly bars: Bars | undefined;
}

/**
 * Decode the payload of an AFD and bar data packet. Reserved bits are ignored.
 * @throws {FormatError} `length` when it is not 8 bytes, `barFlags` when the flags are neither none nor one pair.
 */
export function decodeAfd(payload: Uint8Array): AfdBarData {
  if (payload.length !== SIZE) throw lengthError("afd", 0, SIZE, payload.length, CLAUSE);
  const first = payload[0] as number;
  return { afd: (first >> 3) & 0x0f, wide: (first & 0x04) !== 0, bars: decodeBars(payload) };
}

/**
 * Encode the payload of an AFD and bar data packet: 8 bytes, reserved bits zero.
 * @throws {RangeError} when a value does not fit its field.
 */
export function encodeAfd(data: AfdBarData): Uint8Array<ArrayBuffer> {
  fits("afd", data.afd, 0x0f);
  const { bars } = data;
  let flags = 0;
  let [value1, value2] = [0, 0];
  if (bars?.kind === "letterbox") {
    flags = 0b1100;
    [value1, value2] = [bars.top, bars.bottom];
  } else if (bars?.kind === "pillarbox") {
    flags = 0b0011;
    [value1, value2] = [bars.left, bars.right];
  }
  fits("barDataValue1", value1, 0xffff);
  fits("barDataValue2", value2, 0xffff);
  const first = (data.afd << 3) | (data.wide ? 0x04 : 0);
  const values = [value1 >> 8, value1 & 0xff, value2 >> 8, value2 & 0xff];
  return Uint8Array.of(first, 0, 0, flags << 4, ...values);
}

/** What an AFD code says about the active image (ST 2016-1 table 1); `undefined` for a reserved code. */
export function afdName(afd: number): string | undefined {
  return AFD_NAMES[afd];
}

const AFD_NAMES: readonly (string | undefined)[] = [
  "Undefined",
  undefined,
  "Box 16:9, top",
  "Box 14:9, top",
  "Box > 16:9, centre",
  undefined,
  undefined,
  undefined,
  "Full frame",
  "4:3, centre",
  "16:9, centre",
  "14:9, centre",
  undefined,
  "4:3 with alternative 14:9 centre",
  "16:9 with alternative 14:9 centre",
  "16:9 with alternative 4:3 centre",
];

function decodeBars(payload: Uint8Array): Bars | undefined {
  const flags = (payload[3] as number) >> 4;
  switch (flags) {
    case 0b0000:
      return undefined;
    case 0b1100:
      return { kind: "letterbox", top: uint16(payload, 4), bottom: uint16(payload, 6) };
    case 0b0011:
      return { kind: "pillarbox", left: uint16(payload, 4), right: uint16(payload, 6) };
    default:
      throw new FormatError<St291ErrorCode>("barFlags", "neither none nor one pair of bars", {
        field: "barFlags",
        offset: 3,
        expected: "0000, 0011 or 1100",
        actual: flags.toString(2).padStart(4, "0"),
        clause: CLAUSE,
      });
  }
}
