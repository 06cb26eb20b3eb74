import { BitReader, BitWriter, plain } from "@x/bits";
import { formatError } from "./errors.js";
import { OBU_TYPE, type Obu } from "./obu.js";
import { type FrameRate, frameRate } from "./vui.js";

/** color_config() of AV1 5.5.2, as av1C repeats it. */
export interface Av1ColorConfig {
  readonly highBitdepth: boolean;
  readonly twelveBit: boolean;
  readonly monochrome: boolean;
  readonly chromaSubsamplingX: number;
  readonly chromaSubsamplingY: number;
  readonly chromaSamplePosition: number;
}

/** What containers need of a sequence header (AV1 5.5). */
export interface Av1SequenceHeader extends Av1ColorConfig {
  readonly seqProfile: number;
  readonly stillPicture: boolean;
  readonly reducedStillPictureHeader: boolean;
  /** Of operating point 0. */
  readonly seqLevelIdx0: number;
  /** Of operating point 0. */
  readonly seqTier0: number;
  readonly maxFrameWidth: number;
  readonly maxFrameHeight: number;
  /** 8, 10 or 12. */
  readonly bitDepth: number;
  /** ITU-T H.273 code points; 2 unspecified. */
  readonly colorPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
  /** color_range: true full. */
  readonly colorRange: boolean;
  /** Of the timing information; `undefined`: not there, or the rate varies. */
  readonly frameRate: FrameRate | undefined;
}

/**
 * Decode the payload of a sequence header OBU.
 * @throws {FormatError} `truncated`, `reserved`
 */
export function decodeAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader {
  const reader = new BitReader(plain(payload));
  const seqProfile = reader.read(3, "seqProfile");
  if (seqProfile > 2) throw formatError("reserved", `profile ${seqProfile}`, "seqProfile", 0);
  const stillPicture = reader.flag("stillPicture");
  const reducedStillPictureHeader = reader.flag("reducedStillPictureHeader");
  const point = reducedStillPictureHeader
    ? { level: reader.read(5, "seqLevelIdx"), tier: 0, rate: undefined }
    : readOperatingPoints(reader);
  const widthBits = reader.read(4, "frameWidthBitsMinus1") + 1;
  const heightBits = reader.read(4, "frameHeightBitsMinus1") + 1;
  const maxFrameWidth = reader.read(widthBits, "maxFrameWidthMinus1") + 1;
  const maxFrameHeight = reader.read(heightBits, "maxFrameHeightMinus1") + 1;
  skipTools(reader, reducedStillPictureHeader);
  return {
    seqProfile,
    stillPicture,
    reducedStillPictureHeader,
    seqLevelIdx0: point.level,
    seqTier0: point.tier,
    maxFrameWidth,
    maxFrameHeight,
    frameRate: point.rate,
    ...readColorConfig(reader, seqProfile),
  };
}

interface OperatingPoint {
  readonly level: number;
  readonly tier: number;
  readonly rate: FrameRate | undefined;
}

/** From timing_info_present_flag to the last operating point; level and tier of point 0. */
function readOperatingPoints(reader: BitReader): OperatingPoint {
  let delayBits = 0;
  let rate: FrameRate | undefined;
  if (reader.flag("timingInfoPresentFlag")) {
    const numUnitsInDisplayTick = reader.readLong(32, "numUnitsInDisplayTick");
    const timeScale = reader.readLong(32, "timeScale");
    if (reader.flag("equalPictureInterval")) {
      rate = frameRate(timeScale, numUnitsInDisplayTick * readTicksPerPicture(reader));
    }
    if (reader.flag("decoderModelInfoPresentFlag")) {
      delayBits = reader.read(5, "bufferDelayLengthMinus1") + 1;
      reader.skip(42, "decoderModelInfo");
    }
  }
  const displayDelay = reader.flag("initialDisplayDelayPresentFlag");
  const count = reader.read(5, "operatingPointsCntMinus1") + 1;
  let first: OperatingPoint = { level: 0, tier: 0, rate };
  for (let i = 0; i < count; i++) {
    reader.skip(12, "operatingPointIdc");
    const level = reader.read(5, "seqLevelIdx");
    const tier = level > 7 ? reader.read(1, "seqTier") : 0;
    if (delayBits > 0 && reader.flag("decoderModelPresentForThisOp")) {
      reader.skip(2 * delayBits + 1, "operatingParametersInfo");
    }
    if (displayDelay && reader.flag("initialDisplayDelayPresentForThisOp")) {
      reader.skip(4, "initialDisplayDelayMinus1");
    }
    if (i === 0) first = { level, tier, rate };
  }
  return first;
}

/** num_ticks_per_picture_minus_1 as uvlc() of AV1 4.10.3: 32 or more leading zeros have no bits behind the one. */
function readTicksPerPicture(reader: BitReader): number {
  const field = "numTicksPerPictureMinus1";
  let zeros = 0;
  while (!reader.flag(field)) zeros++;
  if (zeros >= 32) return 2 ** 32;
  return zeros === 0 ? 1 : 2 ** zeros + reader.readLong(zeros, field);
}

/** From frame_id_numbers_present_flag to enable_restoration. */
function skipTools(reader: BitReader, reduced: boolean): void {
  if (!reduced && reader.flag("frameIdNumbersPresentFlag")) reader.skip(7, "frameIdLengths");
  reader.skip(3, "use128x128Superblock");
  if (!reduced) {
    reader.skip(4, "enableInterintraCompound");
    const orderHint = reader.flag("enableOrderHint");
    if (orderHint) reader.skip(2, "enableJntComp");
    const choose = reader.flag("seqChooseScreenContentTools");
    const screenContent = choose || reader.flag("seqForceScreenContentTools");
    if (screenContent && !reader.flag("seqChooseIntegerMv")) reader.skip(1, "seqForceIntegerMv");
    if (orderHint) reader.skip(3, "orderHintBitsMinus1");
  }
  reader.skip(3, "enableSuperres");
}

type ColorConfig = Av1ColorConfig &
  Pick<
    Av1SequenceHeader,
    "bitDepth" | "colorPrimaries" | "transferCharacteristics" | "matrixCoefficients" | "colorRange"
  >;

function readColorConfig(reader: BitReader, profile: number): ColorConfig {
  const highBitdepth = reader.flag("highBitdepth");
  const twelveBit = profile === 2 && highBitdepth && reader.flag("twelveBit");
  const bitDepth = twelveBit ? 12 : highBitdepth ? 10 : 8;
  const monochrome = profile !== 1 && reader.flag("monoChrome");
  const described = reader.flag("colorDescriptionPresentFlag");
  const colorPrimaries = described ? reader.read(8, "colorPrimaries") : 2;
  const transferCharacteristics = described ? reader.read(8, "transferCharacteristics") : 2;
  const matrixCoefficients = described ? reader.read(8, "matrixCoefficients") : 2;
  const common = {
    highBitdepth,
    twelveBit,
    bitDepth,
    monochrome,
    colorPrimaries,
    transferCharacteristics,
    matrixCoefficients,
  };
  if (monochrome) {
    const colorRange = reader.flag("colorRange");
    return {
      ...common,
      colorRange,
      chromaSubsamplingX: 1,
      chromaSubsamplingY: 1,
      chromaSamplePosition: 0,
    };
  }
  if (colorPrimaries === 1 && transferCharacteristics === 13 && matrixCoefficients === 0) {
    return {
      ...common,
      colorRange: true,
      chromaSubsamplingX: 0,
      chromaSubsamplingY: 0,
      chromaSamplePosition: 0,
    };
  }
  const colorRange = reader.flag("colorRange");
  let chromaSubsamplingX = profile === 1 ? 0 : 1;
  let chromaSubsamplingY = profile === 0 ? 1 : 0;
  if (twelveBit) {
    chromaSubsamplingX = reader.read(1, "subsamplingX");
    chromaSubsamplingY = chromaSubsamplingX === 1 ? reader.read(1, "subsamplingY") : 0;
  }
  const both = chromaSubsamplingX === 1 && chromaSubsamplingY === 1;
  const chromaSamplePosition = both ? reader.read(2, "chromaSamplePosition") : 0;
  return { ...common, colorRange, chromaSubsamplingX, chromaSubsamplingY, chromaSamplePosition };
}

/** AV1CodecConfigurationRecord, AV1 in ISOBMFF 2.3.3. */
export interface Av1Configuration extends Av1ColorConfig {
  readonly seqProfile: number;
  readonly seqLevelIdx0: number;
  readonly seqTier0: number;
  /** initial_presentation_delay_minus_one + 1, 1 to 16; absent: not present. */
  readonly initialPresentationDelay: number | undefined;
  /** The sequence header OBU, then metadata OBUs, if any. */
  readonly configOBUs: Uint8Array;
}

/**
 * Decode an av1C record.
 * @returns configOBUs is a view into `bytes`
 * @throws {FormatError} `truncated`; `reserved` for a wrong marker or version
 */
export function decodeAv1Configuration(bytes: Uint8Array): Av1Configuration {
  const input = plain(bytes);
  const reader = new BitReader(input);
  const marker = reader.read(8, "marker");
  if (marker !== 0x81) {
    throw formatError("reserved", "marker and version are not 0x81", "marker", 0);
  }
  const seqProfile = reader.read(3, "seqProfile");
  const seqLevelIdx0 = reader.read(5, "seqLevelIdx0");
  const seqTier0 = reader.read(1, "seqTier0");
  const highBitdepth = reader.flag("highBitdepth");
  const twelveBit = reader.flag("twelveBit");
  const monochrome = reader.flag("monochrome");
  const chromaSubsamplingX = reader.read(1, "chromaSubsamplingX");
  const chromaSubsamplingY = reader.read(1, "chromaSubsamplingY");
  const chromaSamplePosition = reader.read(2, "chromaSamplePosition");
  reader.skip(3, "reserved");
  const present = reader.flag("initialPresentationDelayPresent");
  const delay = reader.read(4, "initialPresentationDelayMinusOne");
  return {
    seqProfile,
    seqLevelIdx0,
    seqTier0,
    highBitdepth,
    twelveBit,
    monochrome,
    chromaSubsamplingX,
    chromaSubsamplingY,
    chromaSamplePosition,
    initialPresentationDelay: present ? delay + 1 : undefined,
    configOBUs: input.subarray(4),
  };
}

/**
 * Encode an av1C record.
 * @throws {RangeError} when a value does not fit its field
 */
export function encodeAv1Configuration(config: Av1Configuration): Uint8Array<ArrayBuffer> {
  const writer = new BitWriter(4 + config.configOBUs.length);
  writer.write(8, 0x81, "marker");
  writer.write(3, config.seqProfile, "seqProfile");
  writer.write(5, config.seqLevelIdx0, "seqLevelIdx0");
  writer.write(1, config.seqTier0, "seqTier0");
  writer.flag(config.highBitdepth, "highBitdepth");
  writer.flag(config.twelveBit, "twelveBit");
  writer.flag(config.monochrome, "monochrome");
  writer.write(1, config.chromaSubsamplingX, "chromaSubsamplingX");
  writer.write(1, config.chromaSubsamplingY, "chromaSubsamplingY");
  writer.write(2, config.chromaSamplePosition, "chromaSamplePosition");
  writer.write(3, 0, "reserved");
  const delay = config.initialPresentationDelay;
  writer.flag(delay !== undefined, "initialPresentationDelayPresent");
  writer.write(4, delay === undefined ? 0 : delay - 1, "initialPresentationDelayMinusOne");
  writer.bytes(config.configOBUs);
  return writer.finish();
}

/**
 * The record of a stream from the units of a temporal unit.
 * @returns `undefined` when there is no sequence header with a size field among them
 * @throws {FormatError} when the sequence header cannot be read
 */
export function av1ConfigurationFromObus(obus: readonly Obu[]): Av1Configuration | undefined {
  const sequence = obus.find(
    ({ obuType, hasSizeField }) => obuType === OBU_TYPE.sequenceHeader && hasSizeField,
  );
  if (sequence === undefined) return undefined;
  const header = decodeAv1SequenceHeader(sequence.payload);
  return {
    seqProfile: header.seqProfile,
    seqLevelIdx0: header.seqLevelIdx0,
    seqTier0: header.seqTier0,
    highBitdepth: header.highBitdepth,
    twelveBit: header.twelveBit,
    monochrome: header.monochrome,
    chromaSubsamplingX: header.chromaSubsamplingX,
    chromaSubsamplingY: header.chromaSubsamplingY,
    chromaSamplePosition: header.chromaSamplePosition,
    initialPresentationDelay: undefined,
    configOBUs: sequence.bytes,
  };
}
