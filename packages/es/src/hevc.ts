import { BitReader, BitWriter, plain } from "@x/bits";
import { formatError, ifReadable, viewOf } from "./errors.js";
import { readUe } from "./golomb.js";
import { type HevcSpsTail, readSpsTail } from "./hevc-sps-tail.js";
import { type NalLengthSize, unescapeNal } from "./nal-unit.js";

/** nal_unit_type of ITU-T H.265 table 7-1, those that containers ask for. */
export const HEVC_NAL = {
  firstIrap: 16,
  lastIrap: 21,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  prefixSei: 39,
  suffixSei: 40,
} as const;

/** nal_unit_type, 6 bits. */
export function hevcNalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 0x3f;
}

/** True when one of the units is a slice of an intra random access point (types 16 to 21). */
export function isHevcKeyFrame(nals: readonly Uint8Array[]): boolean {
  return nals.some((nal) => {
    const type = hevcNalType(nal);
    return type >= HEVC_NAL.firstIrap && type <= HEVC_NAL.lastIrap;
  });
}

/** The general part of profile_tier_level(), H.265 7.3.3. */
export interface HevcProfileTierLevel {
  readonly profileSpace: number;
  readonly tierFlag: boolean;
  readonly profileIdc: number;
  /** general_profile_compatibility_flag[0..31], flag 0 in bit 31. */
  readonly profileCompatibilityFlags: number;
  /** The 48 bits from general_progressive_source_flag on. */
  readonly constraintIndicatorFlags: number;
  readonly levelIdc: number;
}

/** What containers need of a sequence parameter set (H.265 7.3.2.2). */
export interface HevcSps extends HevcProfileTierLevel {
  readonly vpsId: number;
  /** sps_max_sub_layers_minus1 + 1. */
  readonly numTemporalLayers: number;
  readonly temporalIdNested: boolean;
  readonly spsId: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly separateColourPlaneFlag: boolean;
  /** Luma samples, conformance window applied. */
  readonly width: number;
  readonly height: number;
  /** `undefined` where the parameter set is cut off behind its head, or not readable there. */
  readonly tail: HevcSpsTail | undefined;
}

/**
 * Decode a sequence parameter set; `nal` is the unit with its header and emulation prevention.
 * @throws {FormatError} `truncated`, `range`; offsets count without emulation prevention bytes
 */
export function decodeHevcSps(nal: Uint8Array): HevcSps {
  const reader = new BitReader(unescapeNal(plain(nal)), 2);
  const vpsId = reader.read(4, "spsVideoParameterSetId");
  const maxSubLayersMinus1 = reader.read(3, "spsMaxSubLayersMinus1");
  const temporalIdNested = reader.flag("spsTemporalIdNestingFlag");
  const profile = readProfileTierLevel(reader);
  skipSubLayers(reader, maxSubLayersMinus1);
  const spsId = readUe(reader, "spsSeqParameterSetId");
  const chromaFormat = readUe(reader, "chromaFormatIdc");
  if (chromaFormat > 3) {
    throw formatError("range", `${chromaFormat}`, "chromaFormatIdc", reader.position >> 3);
  }
  const separateColourPlaneFlag = chromaFormat === 3 && reader.flag("separateColourPlaneFlag");
  let width = readUe(reader, "picWidthInLumaSamples");
  let height = readUe(reader, "picHeightInLumaSamples");
  if (reader.flag("conformanceWindowFlag")) {
    const subsampled = separateColourPlaneFlag ? 0 : chromaFormat;
    const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
    const unitY = subsampled === 1 ? 2 : 1;
    width -= unitX * readUe(reader, "confWinLeftOffset");
    width -= unitX * readUe(reader, "confWinRightOffset");
    height -= unitY * readUe(reader, "confWinTopOffset");
    height -= unitY * readUe(reader, "confWinBottomOffset");
  }
  if (width <= 0 || height <= 0) {
    throw formatError("range", "no picture left", "conformanceWindow", reader.position >> 3);
  }
  const bitDepthLuma = 8 + bitDepth(readUe(reader, "bitDepthLumaMinus8"), reader);
  const bitDepthChroma = 8 + bitDepth(readUe(reader, "bitDepthChromaMinus8"), reader);
  return {
    vpsId,
    numTemporalLayers: maxSubLayersMinus1 + 1,
    temporalIdNested,
    ...profile,
    spsId,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    separateColourPlaneFlag,
    width,
    height,
    // Records need the head only, so damage behind it is no reason to refuse it.
    tail: ifReadable(() => readSpsTail(reader, maxSubLayersMinus1)),
  };
}

function bitDepth(value: number, reader: BitReader): number {
  if (value > 8) throw formatError("range", `${value}`, "bitDepth", reader.position >> 3);
  return value;
}

function readProfileTierLevel(reader: BitReader): HevcProfileTierLevel {
  return {
    profileSpace: reader.read(2, "generalProfileSpace"),
    tierFlag: reader.flag("generalTierFlag"),
    profileIdc: reader.read(5, "generalProfileIdc"),
    profileCompatibilityFlags: reader.readLong(32, "generalProfileCompatibilityFlag"),
    constraintIndicatorFlags: reader.readLong(48, "generalConstraintIndicatorFlags"),
    levelIdc: reader.read(8, "generalLevelIdc"),
  };
}

function skipSubLayers(reader: BitReader, maxSubLayersMinus1: number): void {
  if (maxSubLayersMinus1 === 0) return;
  let bits = 0;
  for (let i = 0; i < maxSubLayersMinus1; i++) {
    if (reader.flag("subLayerProfilePresentFlag")) bits += 88;
    if (reader.flag("subLayerLevelPresentFlag")) bits += 8;
  }
  reader.skip(2 * (8 - maxSubLayersMinus1), "reservedZero2bits");
  reader.skip(bits, "subLayerProfileTierLevel");
}

/** One array of an hvcC record. */
export interface HevcNalArray {
  readonly arrayCompleteness: boolean;
  readonly nalUnitType: number;
  /** With NAL header and emulation prevention. */
  readonly nalUnits: readonly Uint8Array[];
}

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 8.3.3.1. */
export interface HevcConfiguration extends HevcProfileTierLevel {
  readonly minSpatialSegmentationIdc: number;
  readonly parallelismType: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Frames in 256 seconds; 0 unknown. */
  readonly avgFrameRate: number;
  readonly constantFrameRate: number;
  readonly numTemporalLayers: number;
  readonly temporalIdNested: boolean;
  /** lengthSizeMinusOne + 1. */
  readonly nalLengthSize: NalLengthSize;
  readonly arrays: readonly HevcNalArray[];
}

/**
 * Decode an hvcC record. Bytes behind it are ignored.
 * @returns NAL units are views into `bytes`
 * @throws {FormatError} `truncated`; `reserved` for a configurationVersion that is not 1
 */
export function decodeHevcConfiguration(bytes: Uint8Array): HevcConfiguration {
  const input = plain(bytes);
  const reader = new BitReader(input);
  const version = reader.read(8, "configurationVersion");
  if (version !== 1) {
    throw formatError("reserved", `version ${version}`, "configurationVersion", 0);
  }
  const profile = readProfileTierLevel(reader);
  reader.skip(4, "reserved");
  const minSpatialSegmentationIdc = reader.read(12, "minSpatialSegmentationIdc");
  reader.skip(6, "reserved");
  const parallelismType = reader.read(2, "parallelismType");
  reader.skip(6, "reserved");
  const chromaFormat = reader.read(2, "chromaFormat");
  reader.skip(5, "reserved");
  const bitDepthLuma = reader.read(3, "bitDepthLumaMinus8") + 8;
  reader.skip(5, "reserved");
  const bitDepthChroma = reader.read(3, "bitDepthChromaMinus8") + 8;
  const avgFrameRate = reader.read(16, "avgFrameRate");
  const constantFrameRate = reader.read(2, "constantFrameRate");
  const numTemporalLayers = reader.read(3, "numTemporalLayers");
  const temporalIdNested = reader.flag("temporalIdNested");
  const nalLengthSize = (reader.read(2, "lengthSizeMinusOne") + 1) as NalLengthSize;
  const numOfArrays = reader.read(8, "numOfArrays");
  const arrays: HevcNalArray[] = [];
  for (let i = 0; i < numOfArrays; i++) {
    const arrayCompleteness = reader.flag("arrayCompleteness");
    reader.skip(1, "reserved");
    const nalUnitType = reader.read(6, "NALUnitType");
    const numNalus = reader.read(16, "numNalus");
    const nalUnits: Uint8Array[] = [];
    for (let j = 0; j < numNalus; j++) {
      const length = reader.read(16, "nalUnitLength");
      nalUnits.push(viewOf(input, reader.position / 8, length, "nalUnit"));
      reader.skip(8 * length, "nalUnit");
    }
    arrays.push({ arrayCompleteness, nalUnitType, nalUnits });
  }
  return {
    ...profile,
    minSpatialSegmentationIdc,
    parallelismType,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    avgFrameRate,
    constantFrameRate,
    numTemporalLayers,
    temporalIdNested,
    nalLengthSize,
    arrays,
  };
}

/**
 * Encode an hvcC record; reserved bits are ones.
 * @throws {RangeError} when a value does not fit its field
 */
export function encodeHevcConfiguration(config: HevcConfiguration): Uint8Array<ArrayBuffer> {
  const writer = new BitWriter(256);
  writer.write(8, 1, "configurationVersion");
  writer.write(2, config.profileSpace, "generalProfileSpace");
  writer.flag(config.tierFlag, "generalTierFlag");
  writer.write(5, config.profileIdc, "generalProfileIdc");
  writer.writeLong(32, config.profileCompatibilityFlags, "generalProfileCompatibilityFlags");
  writer.writeLong(48, config.constraintIndicatorFlags, "generalConstraintIndicatorFlags");
  writer.write(8, config.levelIdc, "generalLevelIdc");
  writer.write(4, 0xf, "reserved");
  writer.write(12, config.minSpatialSegmentationIdc, "minSpatialSegmentationIdc");
  writer.write(6, 0x3f, "reserved");
  writer.write(2, config.parallelismType, "parallelismType");
  writer.write(6, 0x3f, "reserved");
  writer.write(2, config.chromaFormat, "chromaFormat");
  writer.write(5, 0x1f, "reserved");
  writer.write(3, config.bitDepthLuma - 8, "bitDepthLumaMinus8");
  writer.write(5, 0x1f, "reserved");
  writer.write(3, config.bitDepthChroma - 8, "bitDepthChromaMinus8");
  writer.write(16, config.avgFrameRate, "avgFrameRate");
  writer.write(2, config.constantFrameRate, "constantFrameRate");
  writer.write(3, config.numTemporalLayers, "numTemporalLayers");
  writer.flag(config.temporalIdNested, "temporalIdNested");
  writer.write(2, config.nalLengthSize - 1, "lengthSizeMinusOne");
  writer.write(8, config.arrays.length, "numOfArrays");
  for (const { arrayCompleteness, nalUnitType, nalUnits } of config.arrays) {
    writer.flag(arrayCompleteness, "arrayCompleteness");
    writer.write(1, 0, "reserved");
    writer.write(6, nalUnitType, "NALUnitType");
    writer.write(16, nalUnits.length, "numNalus");
    for (const nal of nalUnits) {
      writer.write(16, nal.length, "nalUnitLength");
      writer.bytes(nal);
    }
  }
  return writer.finish();
}

/**
 * The record of a stream whose parameter sets are among `nals` (other units are passed over). What only the bits
 * beyond the parameter sets' heads could tell (segmentation, parallelism, frame rate) is 0, unknown.
 * @returns `undefined` unless there are all three kinds of parameter sets
 * @throws {FormatError} when the first sequence parameter set cannot be read
 */
export function hevcConfigurationFromNals(
  nals: readonly Uint8Array[],
  nalLengthSize: NalLengthSize = 4,
): HevcConfiguration | undefined {
  const arrays = [HEVC_NAL.vps, HEVC_NAL.sps, HEVC_NAL.pps].map((nalUnitType) => ({
    arrayCompleteness: false,
    nalUnitType,
    nalUnits: nals.filter((nal) => hevcNalType(nal) === nalUnitType),
  }));
  const sps = arrays[1]?.nalUnits[0];
  if (sps === undefined || arrays.some(({ nalUnits }) => nalUnits.length === 0)) return undefined;
  const parameters = decodeHevcSps(sps);
  return {
    profileSpace: parameters.profileSpace,
    tierFlag: parameters.tierFlag,
    profileIdc: parameters.profileIdc,
    profileCompatibilityFlags: parameters.profileCompatibilityFlags,
    constraintIndicatorFlags: parameters.constraintIndicatorFlags,
    levelIdc: parameters.levelIdc,
    minSpatialSegmentationIdc: 0,
    parallelismType: 0,
    chromaFormat: parameters.chromaFormat,
    bitDepthLuma: parameters.bitDepthLuma,
    bitDepthChroma: parameters.bitDepthChroma,
    avgFrameRate: 0,
    constantFrameRate: 0,
    numTemporalLayers: parameters.numTemporalLayers,
    temporalIdNested: parameters.temporalIdNested,
    nalLengthSize,
    arrays,
  };
}
