import { BitReader, BitWriter, plain } from "@x/bits";
import { formatError } from "./errors.js";

/** The uncompressed header of a VP9 key frame (VP9 6.2), up to the frame size. */
export interface Vp9KeyFrame {
  readonly profile: number;
  readonly bitDepth: number;
  /** color_space: 1 BT.601, 2 BT.709, 5 BT.2020, 7 sRGB... */
  readonly colorSpace: number;
  readonly fullRange: boolean;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly width: number;
  readonly height: number;
  /** Ten times the lowest level that allows this picture size; the rate can ask for a higher one. */
  readonly level: number;
}

const FRAME_SYNC_CODE = 0x498342;
const SRGB = 7;

/** Largest luma picture size of each level (VP9 annex A). */
const LEVELS: readonly (readonly [size: number, level: number])[] = [
  [36864, 10],
  [73728, 11],
  [122880, 20],
  [245760, 21],
  [552960, 30],
  [983040, 31],
  [2228224, 40],
  [8912896, 50],
  [35651584, 60],
];

/**
 * Decode the header of a frame that starts with a key frame.
 * @returns `undefined` for another frame, one that shows an existing frame included
 * @throws {FormatError} `truncated`, `sync`, `reserved`
 */
export function decodeVp9KeyFrame(frame: Uint8Array): Vp9KeyFrame | undefined {
  const reader = new BitReader(plain(frame));
  if (reader.read(2, "frameMarker") !== 2) {
    throw formatError("sync", "is not 2", "frameMarker", 0, "VP9 7.2");
  }
  const low = reader.read(1, "profileLowBit");
  const profile = low | (reader.read(1, "profileHighBit") << 1);
  if (profile === 3 && reader.flag("reservedZero")) {
    throw formatError("reserved", "profile above 3", "profile", 0);
  }
  if (reader.flag("showExistingFrame")) return undefined;
  if (reader.flag("frameType")) return undefined;
  reader.skip(2, "showFrame");
  if (reader.read(24, "frameSyncCode") !== FRAME_SYNC_CODE) {
    throw formatError("sync", "is not 0x498342", "frameSyncCode", 1);
  }
  const bitDepth = profile < 2 ? 8 : reader.flag("tenOrTwelveBit") ? 12 : 10;
  const colorSpace = reader.read(3, "colorSpace");
  const odd = profile % 2 === 1;
  let fullRange = true;
  let subsamplingX = 0;
  let subsamplingY = 0;
  if (colorSpace !== SRGB) {
    fullRange = reader.flag("colorRange");
    subsamplingX = odd ? reader.read(1, "subsamplingX") : 1;
    subsamplingY = odd ? reader.read(1, "subsamplingY") : 1;
    if (odd) reader.skip(1, "reservedZero");
  } else if (odd) {
    reader.skip(1, "reservedZero");
  } else {
    throw formatError("reserved", "sRGB needs profile 1 or 3", "colorSpace", reader.position >> 3);
  }
  const width = reader.read(16, "frameWidthMinus1") + 1;
  const height = reader.read(16, "frameHeightMinus1") + 1;
  const level = LEVELS.find(([size]) => width * height <= size)?.[1] ?? 62;
  return {
    profile,
    bitDepth,
    colorSpace,
    fullRange,
    subsamplingX,
    subsamplingY,
    width,
    height,
    level,
  };
}

/** VPCodecConfigurationRecord, VP codec ISO media file format binding. */
export interface VpConfiguration {
  readonly profile: number;
  /** Ten times the level; 0 unknown. */
  readonly level: number;
  readonly bitDepth: number;
  /** 0 4:2:0 vertical, 1 4:2:0 colocated, 2 4:2:2, 3 4:4:4, 4 4:4:0. */
  readonly chromaSubsampling: number;
  readonly videoFullRangeFlag: boolean;
  /** ITU-T H.273 code points; 2 unspecified. */
  readonly colourPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
  readonly codecInitializationData: Uint8Array;
}

/**
 * Decode a vpcC record, with or without the four bytes of version and flags in front.
 * @returns codecInitializationData is a view
 * @throws {FormatError} `truncated`
 */
export function decodeVpConfiguration(bytes: Uint8Array): VpConfiguration {
  const input = plain(bytes);
  const fullBox =
    input.length >= 12 &&
    (input[0] as number) <= 1 &&
    input[1] === 0 &&
    input[2] === 0 &&
    input[3] === 0;
  const reader = new BitReader(input, fullBox ? 4 : 0);
  const profile = reader.read(8, "profile");
  const level = reader.read(8, "level");
  const bitDepth = reader.read(4, "bitDepth");
  const chromaSubsampling = reader.read(3, "chromaSubsampling");
  const videoFullRangeFlag = reader.flag("videoFullRangeFlag");
  const colourPrimaries = reader.read(8, "colourPrimaries");
  const transferCharacteristics = reader.read(8, "transferCharacteristics");
  const matrixCoefficients = reader.read(8, "matrixCoefficients");
  const size = reader.read(16, "codecInitializationDataSize");
  const start = reader.position / 8;
  reader.skip(8 * size, "codecInitializationData");
  return {
    profile,
    level,
    bitDepth,
    chromaSubsampling,
    videoFullRangeFlag,
    colourPrimaries,
    transferCharacteristics,
    matrixCoefficients,
    codecInitializationData: input.subarray(start, start + size),
  };
}

/**
 * Encode a vpcC record in the full box form (version 1, flags 0), the one that FLV and MP4 carry.
 * @throws {RangeError} when a value does not fit its field
 */
export function encodeVpConfiguration(config: VpConfiguration): Uint8Array<ArrayBuffer> {
  const writer = new BitWriter(12 + config.codecInitializationData.length);
  writer.writeLong(32, 0x01000000, "versionAndFlags");
  writer.write(8, config.profile, "profile");
  writer.write(8, config.level, "level");
  writer.write(4, config.bitDepth, "bitDepth");
  writer.write(3, config.chromaSubsampling, "chromaSubsampling");
  writer.flag(config.videoFullRangeFlag, "videoFullRangeFlag");
  writer.write(8, config.colourPrimaries, "colourPrimaries");
  writer.write(8, config.transferCharacteristics, "transferCharacteristics");
  writer.write(8, config.matrixCoefficients, "matrixCoefficients");
  writer.write(16, config.codecInitializationData.length, "codecInitializationDataSize");
  writer.bytes(config.codecInitializationData);
  return writer.finish();
}

/** H.273 primaries, transfer and matrix of each color_space, where it says so unambiguously. */
const COLOUR_POINTS: readonly (readonly [number, number, number])[] = [
  [2, 2, 2],
  [6, 6, 6],
  [1, 1, 1],
  [6, 6, 6],
  [7, 7, 7],
  [9, 2, 9],
  [2, 2, 2],
  [1, 13, 0],
];

/** The record of a stream from a key frame of it. */
export function vpConfigurationFromKeyFrame(frame: Vp9KeyFrame): VpConfiguration {
  const [colourPrimaries, transferCharacteristics, matrixCoefficients] = COLOUR_POINTS[
    frame.colorSpace
  ] ?? [2, 2, 2];
  return {
    profile: frame.profile,
    level: frame.level,
    bitDepth: frame.bitDepth,
    chromaSubsampling: [
      [3, 4],
      [2, 1],
    ][frame.subsamplingX]?.[frame.subsamplingY] as number,
    videoFullRangeFlag: frame.fullRange,
    colourPrimaries,
    transferCharacteristics,
    matrixCoefficients,
    codecInitializationData: new Uint8Array(0),
  };
}
