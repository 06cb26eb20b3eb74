import { BitReader, plain, uint16 } from "@x/bits";
import { byteAt, formatError, ifReadable, viewOf } from "./errors.js";
import { readSe, readUe } from "./golomb.js";
import { type NalLengthSize, unescapeNal } from "./nal-unit.js";
import { type FrameRate, readFrameRate, skipVuiHead } from "./vui.js";

/** nal_unit_type of ITU-T H.264 table 7-1, those that containers ask for. */
export const AVC_NAL = {
  slice: 1,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  spsExtension: 13,
} as const;

/** nal_unit_type, 5 bits. */
export function avcNalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** True when one of the units is an IDR slice. */
export function isAvcKeyFrame(nals: readonly Uint8Array[]): boolean {
  return nals.some((nal) => avcNalType(nal) === AVC_NAL.idr);
}

/** What containers need of a sequence parameter set (H.264 7.3.2.1.1). */
export interface AvcSps {
  readonly profileIdc: number;
  /** constraint_set0_flag to constraint_set5_flag and reserved_zero_2bits, as one byte. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly seqParameterSetId: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly separateColourPlaneFlag: boolean;
  /** Bits of frame_num. */
  readonly log2MaxFrameNum: number;
  /** 2: pictures are shown in decoding order. */
  readonly picOrderCntType: number;
  /** Bits of pic_order_cnt_lsb, for type 0. */
  readonly log2MaxPicOrderCntLsb: number;
  readonly frameMbsOnlyFlag: boolean;
  /** Luma samples, cropping applied. */
  readonly width: number;
  readonly height: number;
  /** Of the video usability information; `undefined`: not there, or not readable. */
  readonly frameRate: FrameRate | undefined;
  /** max_num_reorder_frames, as `frameRate`. */
  readonly maxNumReorderFrames: number | undefined;
}

/** Profiles whose parameter sets have the chroma fields (H.264 7.3.2.1.1). */
const HIGH_PROFILES: readonly number[] = [
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
];

/** Profiles whose configuration record has the tail (ISO/IEC 14496-15 5.3.3.1.2). */
const TAIL_PROFILES: readonly number[] = [100, 110, 122, 144, 44, 244];

/**
 * Decode a sequence parameter set; `nal` is the unit with its header and emulation prevention.
 * @throws {FormatError} `truncated`, `range`, `reserved`; offsets count without emulation prevention bytes
 */
export function decodeAvcSps(nal: Uint8Array): AvcSps {
  const reader = new BitReader(unescapeNal(plain(nal)), 1);
  const profileIdc = reader.read(8, "profileIdc");
  const constraintFlags = reader.read(8, "constraintFlags");
  const levelIdc = reader.read(8, "levelIdc");
  const seqParameterSetId = readUe(reader, "seqParameterSetId");
  let chromaFormatIdc = 1;
  let separateColourPlaneFlag = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (HIGH_PROFILES.includes(profileIdc)) {
    chromaFormatIdc = upTo(readUe(reader, "chromaFormatIdc"), 3, "chromaFormatIdc", reader);
    if (chromaFormatIdc === 3) separateColourPlaneFlag = reader.flag("separateColourPlaneFlag");
    bitDepthLuma = 8 + upTo(readUe(reader, "bitDepthLumaMinus8"), 6, "bitDepthLuma", reader);
    bitDepthChroma = 8 + upTo(readUe(reader, "bitDepthChromaMinus8"), 6, "bitDepthChroma", reader);
    reader.skip(1, "qpprimeYZeroTransformBypassFlag");
    if (reader.flag("seqScalingMatrixPresentFlag")) {
      skipScalingLists(reader, chromaFormatIdc === 3 ? 12 : 8);
    }
  }
  const log2MaxFrameNum =
    4 + upTo(readUe(reader, "log2MaxFrameNumMinus4"), 12, "log2MaxFrameNumMinus4", reader);
  const pictureOrder = readPicOrderCount(reader);
  readUe(reader, "maxNumRefFrames");
  reader.skip(1, "gapsInFrameNumValueAllowedFlag");
  const widthMbs = readUe(reader, "picWidthInMbsMinus1") + 1;
  const heightUnits = readUe(reader, "picHeightInMapUnitsMinus1") + 1;
  const frameMbsOnlyFlag = reader.flag("frameMbsOnlyFlag");
  if (!frameMbsOnlyFlag) reader.skip(1, "mbAdaptiveFrameFieldFlag");
  reader.skip(1, "direct8x8InferenceFlag");
  const fields = frameMbsOnlyFlag ? 1 : 2;
  let width = 16 * widthMbs;
  let height = fields * 16 * heightUnits;
  if (reader.flag("frameCroppingFlag")) {
    // CropUnitX and CropUnitY, H.264 equations 7-19 to 7-22: ChromaArrayType 0 counts luma samples.
    const subsampled = separateColourPlaneFlag ? 0 : chromaFormatIdc;
    const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
    const unitY = (subsampled === 1 ? 2 : 1) * fields;
    const left = readUe(reader, "frameCropLeftOffset");
    const right = readUe(reader, "frameCropRightOffset");
    const top = readUe(reader, "frameCropTopOffset");
    const bottom = readUe(reader, "frameCropBottomOffset");
    width -= unitX * (left + right);
    height -= unitY * (top + bottom);
  }
  if (width <= 0 || height <= 0) {
    throw formatError("range", "cropped to nothing", "frameCrop", reader.position >> 3);
  }
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    seqParameterSetId,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    separateColourPlaneFlag,
    log2MaxFrameNum,
    ...pictureOrder,
    frameMbsOnlyFlag,
    width,
    height,
    ...vuiOf(reader),
  };
}

function upTo(value: number, limit: number, field: string, reader: BitReader): number {
  if (value > limit) {
    throw formatError("range", `${value} above ${limit}`, field, reader.position >> 3);
  }
  return value;
}

/** scaling_list(), H.264 7.3.2.1.1.1. */
function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag("seqScalingListPresentFlag")) continue;
    const size = list < 6 ? 16 : 64;
    let last = 8;
    let next = 8;
    for (let i = 0; i < size; i++) {
      if (next !== 0) next = (last + readSe(reader, "deltaScale") + 256) & 0xff;
      if (next !== 0) last = next;
    }
  }
}

function readPicOrderCount(
  reader: BitReader,
): Pick<AvcSps, "picOrderCntType" | "log2MaxPicOrderCntLsb"> {
  const picOrderCntType = upTo(readUe(reader, "picOrderCntType"), 2, "picOrderCntType", reader);
  let log2MaxPicOrderCntLsb = 0;
  if (picOrderCntType === 0) {
    const field = "log2MaxPicOrderCntLsbMinus4";
    log2MaxPicOrderCntLsb = 4 + upTo(readUe(reader, field), 12, field, reader);
  }
  if (picOrderCntType === 1) {
    reader.skip(1, "deltaPicOrderAlwaysZeroFlag");
    readSe(reader, "offsetForNonRefPic");
    readSe(reader, "offsetForTopToBottomField");
    const field = "numRefFramesInPicOrderCntCycle";
    const count = upTo(readUe(reader, field), 255, field, reader);
    for (let i = 0; i < count; i++) readSe(reader, "offsetForRefFrame");
  }
  return { picOrderCntType, log2MaxPicOrderCntLsb };
}

type Vui = Pick<AvcSps, "frameRate" | "maxNumReorderFrames">;

/** Records need what stands before it, so damage here is no reason to refuse the rest. */
function vuiOf(reader: BitReader): Vui {
  const vui = ifReadable(() =>
    reader.flag("vuiParametersPresentFlag") ? readVui(reader) : undefined,
  );
  return vui ?? { frameRate: undefined, maxNumReorderFrames: undefined };
}

/** H.264 E.1.1. */
function readVui(reader: BitReader): Vui {
  skipVuiHead(reader);
  let frameRate: FrameRate | undefined;
  if (reader.flag("timingInfoPresentFlag")) {
    frameRate = readFrameRate(reader, 2);
    reader.skip(1, "fixedFrameRateFlag");
  }
  const nalHrd = reader.flag("nalHrdParametersPresentFlag");
  if (nalHrd) skipHrd(reader);
  const vclHrd = reader.flag("vclHrdParametersPresentFlag");
  if (vclHrd) skipHrd(reader);
  if (nalHrd || vclHrd) reader.skip(1, "lowDelayHrdFlag");
  reader.skip(1, "picStructPresentFlag");
  if (!reader.flag("bitstreamRestrictionFlag"))
    return { frameRate, maxNumReorderFrames: undefined };
  reader.skip(1, "motionVectorsOverPicBoundariesFlag");
  for (let i = 0; i < 4; i++) readUe(reader, "bitstreamLimits");
  const field = "maxNumReorderFrames";
  return { frameRate, maxNumReorderFrames: upTo(readUe(reader, field), 16, field, reader) };
}

/** H.264 E.1.2. */
function skipHrd(reader: BitReader): void {
  const count = upTo(readUe(reader, "cpbCntMinus1"), 31, "cpbCntMinus1", reader) + 1;
  reader.skip(8, "bitRateScale");
  for (let i = 0; i < count; i++) {
    readUe(reader, "bitRateValueMinus1");
    readUe(reader, "cpbSizeValueMinus1");
    reader.skip(1, "cbrFlag");
  }
  reader.skip(20, "delayLengths");
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1. */
export interface AvcConfiguration {
  readonly profileIndication: number;
  readonly profileCompatibility: number;
  readonly levelIndication: number;
  /** lengthSizeMinusOne + 1. */
  readonly nalLengthSize: NalLengthSize;
  /** Sequence parameter sets, with NAL header and emulation prevention; at most 31. */
  readonly sps: readonly Uint8Array[];
  /** Picture parameter sets; at most 255. */
  readonly pps: readonly Uint8Array[];
  /** The tail of the High profiles; many writers leave it out. */
  readonly tail: AvcConfigurationTail | undefined;
}

/** The fields behind the picture parameter sets. */
export interface AvcConfigurationTail {
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly spsExt: readonly Uint8Array[];
}

/**
 * Decode an avcC record. Bytes behind it are ignored; a tail that is cut off counts as absent.
 * @returns NAL units are views into `bytes`
 * @throws {FormatError} `truncated`; `reserved` for a configurationVersion that is not 1
 */
export function decodeAvcConfiguration(bytes: Uint8Array): AvcConfiguration {
  const input = plain(bytes);
  const version = byteAt(input, 0, "configurationVersion");
  if (version !== 1) {
    throw formatError("reserved", `version ${version}`, "configurationVersion", 0);
  }
  const profileIndication = byteAt(input, 1, "AVCProfileIndication");
  const profileCompatibility = byteAt(input, 2, "profileCompatibility");
  const levelIndication = byteAt(input, 3, "AVCLevelIndication");
  const nalLengthSize = ((byteAt(input, 4, "lengthSizeMinusOne") & 3) + 1) as NalLengthSize;
  const spsCount = byteAt(input, 5, "numOfSequenceParameterSets") & 0x1f;
  const sps: Uint8Array[] = [];
  const ppsAt = readSets(input, 6, spsCount, "sequenceParameterSet", sps);
  const ppsCount = byteAt(input, ppsAt, "numOfPictureParameterSets");
  const pps: Uint8Array[] = [];
  const tailAt = readSets(input, ppsAt + 1, ppsCount, "pictureParameterSet", pps);
  const hasTail = TAIL_PROFILES.includes(profileIndication);
  const tail = hasTail ? ifReadable(() => readTail(input, tailAt)) : undefined;
  return {
    profileIndication,
    profileCompatibility,
    levelIndication,
    nalLengthSize,
    sps,
    pps,
    tail,
  };
}

function readSets(
  bytes: Uint8Array,
  from: number,
  count: number,
  field: string,
  sets: Uint8Array[],
): number {
  let at = from;
  for (let i = 0; i < count; i++) {
    viewOf(bytes, at, 2, `${field}Length`);
    const set = viewOf(bytes, at + 2, uint16(bytes, at), field);
    sets.push(set);
    at += 2 + set.length;
  }
  return at;
}

function readTail(bytes: Uint8Array, at: number): AvcConfigurationTail {
  const [chroma = 0, luma = 0, chromaDepth = 0, count = 0] = viewOf(bytes, at, 4, "chromaFormat");
  const spsExt: Uint8Array[] = [];
  readSets(bytes, at + 4, count, "sequenceParameterSetExt", spsExt);
  return {
    chromaFormat: chroma & 3,
    bitDepthLuma: (luma & 7) + 8,
    bitDepthChroma: (chromaDepth & 7) + 8,
    spsExt,
  };
}

/**
 * Encode an avcC record; reserved bits are ones.
 * @throws {RangeError} for more than 31 sequence or 255 picture parameter sets, or one above 65535 bytes
 */
export function encodeAvcConfiguration(config: AvcConfiguration): Uint8Array<ArrayBuffer> {
  const { sps, pps, tail } = config;
  if (sps.length > 31) throw new RangeError(`${sps.length} sequence parameter sets`);
  if (pps.length > 255) throw new RangeError(`${pps.length} picture parameter sets`);
  const tailSize = tail === undefined ? 0 : 4 + sizeOfSets(tail.spsExt);
  const bytes = new Uint8Array(7 + sizeOfSets(sps) + sizeOfSets(pps) + tailSize);
  bytes[0] = 1;
  bytes[1] = config.profileIndication;
  bytes[2] = config.profileCompatibility;
  bytes[3] = config.levelIndication;
  bytes[4] = 0xfc | (config.nalLengthSize - 1);
  bytes[5] = 0xe0 | sps.length;
  let at = writeSets(bytes, 6, sps);
  bytes[at] = pps.length;
  at = writeSets(bytes, at + 1, pps);
  if (tail !== undefined) {
    bytes[at] = 0xfc | tail.chromaFormat;
    bytes[at + 1] = 0xf8 | (tail.bitDepthLuma - 8);
    bytes[at + 2] = 0xf8 | (tail.bitDepthChroma - 8);
    bytes[at + 3] = tail.spsExt.length;
    writeSets(bytes, at + 4, tail.spsExt);
  }
  return bytes;
}

function sizeOfSets(sets: readonly Uint8Array[]): number {
  let size = 0;
  for (const set of sets) {
    if (set.length > 0xffff) throw new RangeError(`parameter set of ${set.length} bytes`);
    size += 2 + set.length;
  }
  return size;
}

function writeSets(bytes: Uint8Array, from: number, sets: readonly Uint8Array[]): number {
  let at = from;
  for (const set of sets) {
    bytes[at] = set.length >> 8;
    bytes[at + 1] = set.length & 0xff;
    bytes.set(set, at + 2);
    at += 2 + set.length;
  }
  return at;
}

/**
 * The record of a stream whose parameter sets are among `nals` (other units are passed over).
 * @returns `undefined` unless there is a sequence and a picture parameter set
 * @throws {FormatError} when the first sequence parameter set cannot be read
 */
export function avcConfigurationFromNals(
  nals: readonly Uint8Array[],
  nalLengthSize: NalLengthSize = 4,
): AvcConfiguration | undefined {
  const ofType = (type: number): Uint8Array[] => nals.filter((nal) => avcNalType(nal) === type);
  const sps = ofType(AVC_NAL.sps);
  const pps = ofType(AVC_NAL.pps);
  const first = sps[0];
  if (first === undefined || pps.length === 0) return undefined;
  const parameters = decodeAvcSps(first);
  const { profileIdc } = parameters;
  const tail: AvcConfigurationTail | undefined = TAIL_PROFILES.includes(profileIdc)
    ? {
        chromaFormat: parameters.chromaFormatIdc,
        bitDepthLuma: parameters.bitDepthLuma,
        bitDepthChroma: parameters.bitDepthChroma,
        spsExt: ofType(AVC_NAL.spsExtension),
      }
    : undefined;
  return {
    profileIndication: profileIdc,
    profileCompatibility: parameters.constraintFlags,
    levelIndication: parameters.levelIdc,
    nalLengthSize,
    sps,
    pps,
    tail,
  };
}
