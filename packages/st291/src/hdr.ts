import { uint16, uint32 } from "@x/bits";
import { fits, fitsLength, twoBytes } from "./fits.js";
import { lengthError } from "./payload-error.js";

const CLAUSE = "ST 2108-1";
const STATIC_1 = { type: 0, seiPayloadType: 137, size: 24 } as const;
const STATIC_2 = { type: 1, seiPayloadType: 144, size: 4 } as const;

/** A chromaticity: x and y in units of 0.00002. */
export type Chromaticity = readonly [x: number, y: number];

/** One frame of HDR metadata. All numbers are as coded. */
export type HdrFrame =
  | {
      /** Static metadata type 1: mastering display colour volume (ST 2086). */
      readonly kind: "static1";
      /** Green, blue, red. */
      readonly primaries: readonly [Chromaticity, Chromaticity, Chromaticity];
      readonly whitePoint: Chromaticity;
      /** Units of 0.0001 cd/m², 32 bits. */
      readonly maxLuminance: number;
      /** Units of 0.0001 cd/m², 32 bits. */
      readonly minLuminance: number;
    }
  | {
      /** Static metadata type 2: content light level. */
      readonly kind: "static2";
      /** cd/m², 16 bits. */
      readonly maxCll: number;
      /** cd/m², 16 bits. */
      readonly maxFall: number;
    }
  | {
      /** Any other frame, such as 02 (dynamic 1, ST 2094-10) and 06 (dynamic 5, SL-HDR). */
      readonly kind: "raw";
      readonly type: number;
      /** The SEI message with its header; at most 255 bytes; a view when decoded. */
      readonly data: Uint8Array;
    };

/**
 * Decode the frames of an HDR metadata packet, DID 41 SDID 0C (ST 2108-1). A static frame with an SEI message of
 * another type than its own is raw.
 * @throws {FormatError} `length` when a frame does not fit the payload, or a static one has not its size.
 */
export function decodeHdr(payload: Uint8Array): HdrFrame[] {
  const frames: HdrFrame[] = [];
  for (let at = 0; at < payload.length; ) {
    const left = payload.length - at;
    if (left < 2) throw lengthError("frame", at, 2, left, CLAUSE);
    const length = payload[at + 1] as number;
    if (length > left - 2) throw lengthError("length", at + 1, length, left - 2, CLAUSE);
    frames.push(decodeFrame(payload, at, length));
    at += 2 + length;
  }
  return frames;
}

/**
 * Encode frames of HDR metadata into a payload of at most 255 bytes.
 * @throws {RangeError} when a value does not fit its field, the frames do not fit, or a raw frame is one that the
 *   decoder would not take as raw.
 */
export function encodeHdr(frames: readonly HdrFrame[]): Uint8Array<ArrayBuffer> {
  const bytes = frames.flatMap(encodeFrame);
  fitsLength("frames", bytes, 0xff);
  return Uint8Array.from(bytes);
}

function decodeFrame(payload: Uint8Array, at: number, length: number): HdrFrame {
  const type = payload[at] as number;
  const sei = at + 2;
  if (isStatic(payload, at, length, STATIC_1)) {
    const pair = (i: number): Chromaticity => [
      uint16(payload, sei + 2 + 4 * i),
      uint16(payload, sei + 4 + 4 * i),
    ];
    return {
      kind: "static1",
      primaries: [pair(0), pair(1), pair(2)],
      whitePoint: pair(3),
      maxLuminance: uint32(payload, sei + 18),
      minLuminance: uint32(payload, sei + 22),
    };
  }
  if (isStatic(payload, at, length, STATIC_2)) {
    const [maxCll, maxFall] = [uint16(payload, sei + 2), uint16(payload, sei + 4)];
    return { kind: "static2", maxCll, maxFall };
  }
  return { kind: "raw", type, data: payload.subarray(sei, sei + length) };
}

type StaticFrame = typeof STATIC_1 | typeof STATIC_2;

function isStatic(payload: Uint8Array, at: number, length: number, frame: StaticFrame): boolean {
  if (payload[at] !== frame.type) return false;
  if (length !== frame.size + 2) {
    throw lengthError("length", at + 1, frame.size + 2, length, CLAUSE);
  }
  if (payload[at + 2] !== frame.seiPayloadType) return false;
  const size = payload[at + 3] as number;
  if (size !== frame.size) throw lengthError("payloadSize", at + 3, frame.size, size, CLAUSE);
  return true;
}

function encodeFrame(frame: HdrFrame): number[] {
  switch (frame.kind) {
    case "static1": {
      const pairs = [...frame.primaries, frame.whitePoint].flat();
      const luminances = [frame.maxLuminance, frame.minLuminance];
      for (const value of pairs) fits("chromaticity", value, 0xffff);
      for (const value of luminances) fits("luminance", value, 0xffffffff);
      const words = [...pairs, ...luminances.flatMap((v) => [v >>> 16, v & 0xffff])];
      return [...staticHeader(STATIC_1), ...words.flatMap(twoBytes)];
    }
    case "static2": {
      const levels = [frame.maxCll, frame.maxFall];
      for (const value of levels) fits("lightLevel", value, 0xffff);
      return [...staticHeader(STATIC_2), ...levels.flatMap(twoBytes)];
    }
    case "raw": {
      fits("type", frame.type, 0xff);
      fitsLength("data", frame.data, 0xff);
      const bytes = Uint8Array.of(frame.type, frame.data.length, ...frame.data);
      if (!isRaw(bytes)) throw new RangeError(`type: a frame of type ${frame.type} is not raw`);
      return [...bytes];
    }
    default:
      return unknownKind(frame);
  }
}

function staticHeader({ type, seiPayloadType, size }: StaticFrame): number[] {
  return [type, size + 2, seiPayloadType, size];
}

/** True when the decoder takes the frame's bytes for a raw one. */
function isRaw(bytes: Uint8Array): boolean {
  for (const frame of [STATIC_1, STATIC_2]) {
    if (bytes[0] !== frame.type) continue;
    return bytes[1] === frame.size + 2 && bytes[2] !== frame.seiPayloadType;
  }
  return true;
}

function unknownKind(frame: never): never {
  throw new TypeError(`kind: ${(frame as { kind: unknown }).kind} is no kind of HDR frame`);
}
