import { uint16, uint32 } from "@x/bits";
import { codestreamError } from "./errors.js";

/** PIH, the picture header (ISO/IEC 21122-1 A.4.4), under the standard's names. */
export interface PictureHeader {
  /** Bytes from SOC to EOC inclusive, 32 bits; 0 = unknown (variable rate). */
  readonly lcod: number;
  /** Profile, 16 bits; 0 = unrestricted. See `profileName`. */
  readonly ppih: number;
  /** Level and sublevel, 16 bits; 0 = unrestricted. See `levelName`, `sublevelName`. */
  readonly plev: number;
  /** Width on the sampling grid, 1 to 65535. */
  readonly wf: number;
  /** Height on the sampling grid, 1 to 65535. */
  readonly hf: number;
  /** Width of a column of precincts in units of 8·max(sx)·2^NLx grid points; 0 = one precinct a line. */
  readonly cw: number;
  /** Height of a slice in precincts, 1 to 65535. */
  readonly hsl: number;
  /** Number of components, 1 to 8. */
  readonly nc: number;
  /** Coefficients a code group: 4. */
  readonly ng: number;
  /** Code groups a significance group: 8. */
  readonly ss: number;
  /** Nominal bit precision of the wavelet coefficients: 20, 18 or, lossless, the component's depth. */
  readonly bw: number;
  /** Fractional bits of the wavelet coefficients: 8, 6 or, lossless, 0. */
  readonly fq: number;
  /** Bits of a raw bit-plane count: 4 (5: lossless above 12 bits). */
  readonly br: number;
  /** Slice coding mode: 0. */
  readonly fslc: number;
  /** Progression order: 0. */
  readonly ppoc: number;
  /** Colour transform: 0 none, 1 reversible (RCT), 3 Star-Tetrix. */
  readonly cpih: number;
  /** Horizontal decomposition levels, 1 to 8. */
  readonly nlx: number;
  /** Vertical decomposition levels, 0 to min(nlx, 6). */
  readonly nly: number;
  /** 1: long packet headers everywhere. */
  readonly lh: number;
  /** 1: the raw mode is chosen packet by packet. */
  readonly rl: number;
  /** Quantiser: 0 deadzone, 1 uniform. */
  readonly qpih: number;
  /** Signs: 0 inside the data, 1 in a sub-packet of their own. */
  readonly fs: number;
  /** Runs of insignificant groups: 0 zero prediction residual, 1 zero coefficients. */
  readonly rm: number;
}

/** Bytes of the PIH payload; Lpih is two more. */
export const PICTURE_HEADER_SIZE = 24;

const CLAUSE = "A.4.4";

/**
 * Decode the payload of a PIH segment. `at` is the offset of the byte after Lpih in `bytes`; the caller has checked
 * Lpih and that the bytes are there.
 * @throws {FormatError} `malformed` for a value that the standard does not allow.
 */
export function decodePictureHeader(bytes: Uint8Array, at: number): PictureHeader {
  const u8 = (i: number): number => bytes[at + i] as number;
  const header: PictureHeader = {
    lcod: uint32(bytes, at),
    ppih: uint16(bytes, at + 4),
    plev: uint16(bytes, at + 6),
    wf: uint16(bytes, at + 8),
    hf: uint16(bytes, at + 10),
    cw: uint16(bytes, at + 12),
    hsl: uint16(bytes, at + 14),
    nc: u8(16),
    ng: u8(17),
    ss: u8(18),
    bw: u8(19),
    fq: u8(20) >> 4,
    br: u8(20) & 15,
    fslc: u8(21) >> 7,
    ppoc: (u8(21) >> 4) & 7,
    cpih: u8(21) & 15,
    nlx: u8(22) >> 4,
    nly: u8(22) & 15,
    lh: u8(23) >> 7,
    rl: (u8(23) >> 6) & 1,
    qpih: (u8(23) >> 4) & 3,
    fs: (u8(23) >> 2) & 3,
    rm: u8(23) & 3,
  };
  const trouble = pictureHeaderTrouble(header);
  if (trouble !== undefined) {
    const [field, byte, allowed] = trouble;
    const message = `${field} is ${header[field]}, not ${allowed}`;
    throw codestreamError("malformed", message, `pih.${field}`, at + byte, CLAUSE);
  }
  return header;
}

/**
 * Write the payload of a PIH segment, `PICTURE_HEADER_SIZE` bytes, at `at`. Every field is masked to its width: check
 * the header first.
 */
export function encodePictureHeaderInto(h: PictureHeader, target: Uint8Array, at: number): void {
  const view = new DataView(target.buffer, target.byteOffset + at, PICTURE_HEADER_SIZE);
  view.setUint32(0, h.lcod);
  view.setUint16(4, h.ppih);
  view.setUint16(6, h.plev);
  view.setUint16(8, h.wf);
  view.setUint16(10, h.hf);
  view.setUint16(12, h.cw);
  view.setUint16(14, h.hsl);
  view.setUint8(16, h.nc);
  view.setUint8(17, h.ng);
  view.setUint8(18, h.ss);
  view.setUint8(19, h.bw);
  view.setUint8(20, (h.fq << 4) | h.br);
  view.setUint8(21, (h.fslc << 7) | (h.ppoc << 4) | h.cpih);
  view.setUint8(22, (h.nlx << 4) | h.nly);
  view.setUint8(23, (h.lh << 7) | (h.rl << 6) | (h.qpih << 4) | (h.fs << 2) | h.rm);
}

type Field = keyof PictureHeader;

/** The first field whose value no picture header may have: name, byte in the payload, what is allowed. */
export function pictureHeaderTrouble(
  h: PictureHeader,
): readonly [Field, number, string] | undefined {
  const within = (value: number, min: number, max: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max;
  if (!within(h.lcod, 0, 0xffffffff)) return ["lcod", 0, "0 to 4294967295"];
  if (!within(h.ppih, 0, 0xffff)) return ["ppih", 4, "0 to 65535"];
  if (!within(h.plev, 0, 0xffff)) return ["plev", 6, "0 to 65535"];
  if (!within(h.wf, 1, 0xffff)) return ["wf", 8, "1 to 65535"];
  if (!within(h.hf, 1, 0xffff)) return ["hf", 10, "1 to 65535"];
  if (!within(h.cw, 0, 0xffff)) return ["cw", 12, "0 to 65535"];
  if (!within(h.hsl, 1, 0xffff)) return ["hsl", 14, "1 to 65535"];
  if (!within(h.nc, 1, 8)) return ["nc", 16, "1 to 8"];
  if (h.ng !== 4) return ["ng", 17, "4"];
  if (h.ss !== 8) return ["ss", 18, "8"];
  if (![0, 6, 8].includes(h.fq)) return ["fq", 20, "0, 6 or 8"];
  if (!within(h.bw, 1, 255)) return ["bw", 19, "1 to 255"];
  if (h.fq === 8 && h.bw !== 20) return ["bw", 19, "20 where fq is 8"];
  if (h.fq === 6 && h.bw !== 18) return ["bw", 19, "18 where fq is 6"];
  if (h.fq === 0 && !within(h.bw, 8, 16)) return ["bw", 19, "the component depth where fq is 0"];
  if (h.br !== 4 && !(h.br === 5 && h.fq === 0)) return ["br", 20, "4, or 5 for lossless coding"];
  if (h.fslc !== 0) return ["fslc", 21, "0"];
  if (h.ppoc !== 0) return ["ppoc", 21, "0"];
  if (![0, 1, 3].includes(h.cpih)) return ["cpih", 21, "0, 1 or 3"];
  if (!within(h.nlx, 1, 8)) return ["nlx", 22, "1 to 8"];
  if (!within(h.nly, 0, Math.min(h.nlx, 6))) return ["nly", 22, "0 to min(nlx, 6)"];
  if (!within(h.lh, 0, 1)) return ["lh", 23, "0 or 1"];
  if (!within(h.rl, 0, 1)) return ["rl", 23, "0 or 1"];
  if (!within(h.qpih, 0, 1)) return ["qpih", 23, "0 or 1"];
  if (!within(h.fs, 0, 1)) return ["fs", 23, "0 or 1"];
  if (!within(h.rm, 0, 1)) return ["rm", 23, "0 or 1"];
  return undefined;
}
