import { BitReader, BitWriter } from "@x/bits";
import type { Descriptor } from "./descriptor.js";

/** AVC_video_descriptor, tag 0x28 (ISO/IEC 13818-1 2.6.64). */
export interface AvcVideoDescriptor {
  readonly profileIdc: number;
  /** constraint_set0_flag (bit 7) to constraint_set5_flag (bit 2), AVC_compatible_flags (bits 1 and 0). */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly avcStillPresent: boolean;
  readonly avc24HourPictureFlag: boolean;
  readonly framePackingSeiNotPresentFlag: boolean;
}

/** HEVC_video_descriptor, tag 0x38 (ISO/IEC 13818-1 2.6.95). */
export interface HevcVideoDescriptor {
  readonly profileSpace: number;
  readonly tierFlag: boolean;
  readonly profileIdc: number;
  /** 32 bits. */
  readonly profileCompatibilityIndication: number;
  readonly progressiveSourceFlag: boolean;
  readonly interlacedSourceFlag: boolean;
  readonly nonPackedConstraintFlag: boolean;
  readonly frameOnlyConstraintFlag: boolean;
  /** 44 bits. */
  readonly copied44Bits: number;
  readonly levelIdc: number;
  readonly hevcStillPresentFlag: boolean;
  readonly hevc24hrPicturePresentFlag: boolean;
  readonly subPicHrdParamsNotPresentFlag: boolean;
  /** 2 bits: 0 SDR, 1 WCG, 2 HDR and WCG, 3 unknown. */
  readonly hdrWcgIdc: number;
  /** 3 bits each. */
  readonly temporalIds?: { readonly min: number; readonly max: number };
}

/** AV1_video_descriptor, tag 0x80 behind the registration "AV01". */
export interface Av1VideoDescriptor {
  readonly version: number;
  readonly seqProfile: number;
  readonly seqLevelIdx0: number;
  readonly seqTier0: number;
  readonly highBitdepth: boolean;
  readonly twelveBit: boolean;
  readonly monochrome: boolean;
  readonly chromaSubsamplingX: number;
  readonly chromaSubsamplingY: number;
  readonly chromaSamplePosition: number;
  readonly hdrWcgIdc: number;
  /** 4 bits. */
  readonly initialPresentationDelayMinusOne?: number;
}

/** JXS_video_descriptor, tag 0x3F with extension tag 0x14 (ISO/IEC 13818-1 annex W). */
export interface JxsVideoDescriptor {
  readonly descriptorVersion: number;
  readonly horizontalSize: number;
  readonly verticalSize: number;
  /** Mbit/s, rounded up. */
  readonly brat: number;
  /** Interlace mode, denominator code and frames per second, packed as in the standard. */
  readonly frat: number;
  /** Valid bit, depth and sampling, packed as in the standard. */
  readonly schar: number;
  readonly ppih: number;
  readonly plev: number;
  readonly maxBufferSize: number;
  readonly bufferModelType: number;
  readonly colourPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
  readonly videoFullRangeFlag: boolean;
  readonly stillMode: boolean;
  /** The 28 bytes of mastering display metadata. */
  readonly masteringData?: Uint8Array;
  readonly privateData?: Uint8Array;
}

/** AC-3_descriptor, tag 0x6A (EN 300 468 D.3). */
export interface DvbAc3Descriptor {
  readonly componentType?: number;
  readonly bsid?: number;
  readonly mainid?: number;
  readonly asvc?: number;
  readonly additionalInfo: Uint8Array;
}

/** AC-3_audio_stream_descriptor, tag 0x81 (ATSC A/52 A3.4). */
export interface AtscAc3Descriptor {
  readonly sampleRateCode: number;
  readonly bsid: number;
  readonly bitRateCode: number;
  readonly surroundMode: number;
  readonly bsmod: number;
  readonly numChannels: number;
  readonly fullSvc: boolean;
  /** What follows: langcod and the rest. */
  readonly rest: Uint8Array;
}

/** Opus_audio_descriptor, tag 0x7F with extension tag 0x80, behind the registration "Opus". */
export interface OpusAudioDescriptor {
  /** 1 to 8: channels in the Vorbis order; 0: two mono channels; 0x81: an explicit mapping in `rest`. */
  readonly channelConfigCode: number;
  readonly rest: Uint8Array;
}

/** @throws {FormatError} `truncated` */
export function decodeAvcVideoDescriptor({ data }: Descriptor): AvcVideoDescriptor {
  const reader = new BitReader(data);
  const profileIdc = reader.read(8, "profileIdc");
  const constraintFlags = reader.read(8, "constraintFlags");
  const levelIdc = reader.read(8, "levelIdc");
  const avcStillPresent = reader.flag("avcStillPresent");
  const avc24HourPictureFlag = reader.flag("avc24HourPictureFlag");
  const framePackingSeiNotPresentFlag = reader.flag("framePackingSeiNotPresentFlag");
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    avcStillPresent,
    avc24HourPictureFlag,
    framePackingSeiNotPresentFlag,
  };
}

/** @throws {RangeError} when a field does not fit */
export function encodeAvcVideoDescriptor(fields: AvcVideoDescriptor): Descriptor {
  const writer = new BitWriter(4);
  writer.write(8, fields.profileIdc, "profileIdc");
  writer.write(8, fields.constraintFlags, "constraintFlags");
  writer.write(8, fields.levelIdc, "levelIdc");
  writer.flag(fields.avcStillPresent, "avcStillPresent");
  writer.flag(fields.avc24HourPictureFlag, "avc24HourPictureFlag");
  writer.flag(fields.framePackingSeiNotPresentFlag, "framePackingSeiNotPresentFlag");
  writer.write(5, 0x1f, "reserved");
  return { descriptorTag: 0x28, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeHevcVideoDescriptor({ data }: Descriptor): HevcVideoDescriptor {
  const reader = new BitReader(data);
  const head = {
    profileSpace: reader.read(2, "profileSpace"),
    tierFlag: reader.flag("tierFlag"),
    profileIdc: reader.read(5, "profileIdc"),
    profileCompatibilityIndication: reader.readLong(32, "profileCompatibilityIndication"),
    progressiveSourceFlag: reader.flag("progressiveSourceFlag"),
    interlacedSourceFlag: reader.flag("interlacedSourceFlag"),
    nonPackedConstraintFlag: reader.flag("nonPackedConstraintFlag"),
    frameOnlyConstraintFlag: reader.flag("frameOnlyConstraintFlag"),
    copied44Bits: reader.readLong(44, "copied44Bits"),
    levelIdc: reader.read(8, "levelIdc"),
  };
  const temporalLayerSubsetFlag = reader.flag("temporalLayerSubsetFlag");
  const flags = {
    hevcStillPresentFlag: reader.flag("hevcStillPresentFlag"),
    hevc24hrPicturePresentFlag: reader.flag("hevc24hrPicturePresentFlag"),
    subPicHrdParamsNotPresentFlag: reader.flag("subPicHrdParamsNotPresentFlag"),
  };
  reader.skip(2, "reserved");
  const fields = { ...head, ...flags, hdrWcgIdc: reader.read(2, "hdrWcgIdc") };
  if (!temporalLayerSubsetFlag) return fields;
  const min = reader.read(3, "temporalIdMin");
  reader.skip(5, "reserved");
  return { ...fields, temporalIds: { min, max: reader.read(3, "temporalIdMax") } };
}

/** @throws {RangeError} when a field does not fit */
export function encodeHevcVideoDescriptor(fields: HevcVideoDescriptor): Descriptor {
  const writer = new BitWriter(15);
  writer.write(2, fields.profileSpace, "profileSpace");
  writer.flag(fields.tierFlag, "tierFlag");
  writer.write(5, fields.profileIdc, "profileIdc");
  writer.writeLong(32, fields.profileCompatibilityIndication, "profileCompatibilityIndication");
  writer.flag(fields.progressiveSourceFlag, "progressiveSourceFlag");
  writer.flag(fields.interlacedSourceFlag, "interlacedSourceFlag");
  writer.flag(fields.nonPackedConstraintFlag, "nonPackedConstraintFlag");
  writer.flag(fields.frameOnlyConstraintFlag, "frameOnlyConstraintFlag");
  writer.writeLong(44, fields.copied44Bits, "copied44Bits");
  writer.write(8, fields.levelIdc, "levelIdc");
  writer.flag(fields.temporalIds !== undefined, "temporalLayerSubsetFlag");
  writer.flag(fields.hevcStillPresentFlag, "hevcStillPresentFlag");
  writer.flag(fields.hevc24hrPicturePresentFlag, "hevc24hrPicturePresentFlag");
  writer.flag(fields.subPicHrdParamsNotPresentFlag, "subPicHrdParamsNotPresentFlag");
  writer.write(2, 3, "reserved");
  writer.write(2, fields.hdrWcgIdc, "hdrWcgIdc");
  if (fields.temporalIds !== undefined) {
    writer.write(3, fields.temporalIds.min, "temporalIdMin");
    writer.write(5, 0x1f, "reserved");
    writer.write(3, fields.temporalIds.max, "temporalIdMax");
    writer.write(5, 0x1f, "reserved");
  }
  return { descriptorTag: 0x38, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeAv1VideoDescriptor({ data }: Descriptor): Av1VideoDescriptor {
  const reader = new BitReader(data);
  reader.skip(1, "marker");
  const fields = {
    version: reader.read(7, "version"),
    seqProfile: reader.read(3, "seqProfile"),
    seqLevelIdx0: reader.read(5, "seqLevelIdx0"),
    seqTier0: reader.read(1, "seqTier0"),
    highBitdepth: reader.flag("highBitdepth"),
    twelveBit: reader.flag("twelveBit"),
    monochrome: reader.flag("monochrome"),
    chromaSubsamplingX: reader.read(1, "chromaSubsamplingX"),
    chromaSubsamplingY: reader.read(1, "chromaSubsamplingY"),
    chromaSamplePosition: reader.read(2, "chromaSamplePosition"),
    hdrWcgIdc: reader.read(2, "hdrWcgIdc"),
  };
  reader.skip(1, "reserved");
  const present = reader.flag("initialPresentationDelayPresent");
  const delay = reader.read(4, "initialPresentationDelayMinusOne");
  return present ? { ...fields, initialPresentationDelayMinusOne: delay } : fields;
}

/** @throws {RangeError} when a field does not fit */
export function encodeAv1VideoDescriptor(fields: Av1VideoDescriptor): Descriptor {
  const writer = new BitWriter(4);
  writer.write(1, 1, "marker");
  writer.write(7, fields.version, "version");
  writer.write(3, fields.seqProfile, "seqProfile");
  writer.write(5, fields.seqLevelIdx0, "seqLevelIdx0");
  writer.write(1, fields.seqTier0, "seqTier0");
  writer.flag(fields.highBitdepth, "highBitdepth");
  writer.flag(fields.twelveBit, "twelveBit");
  writer.flag(fields.monochrome, "monochrome");
  writer.write(1, fields.chromaSubsamplingX, "chromaSubsamplingX");
  writer.write(1, fields.chromaSubsamplingY, "chromaSubsamplingY");
  writer.write(2, fields.chromaSamplePosition, "chromaSamplePosition");
  writer.write(2, fields.hdrWcgIdc, "hdrWcgIdc");
  writer.write(1, 0, "reserved");
  const delay = fields.initialPresentationDelayMinusOne;
  writer.flag(delay !== undefined, "initialPresentationDelayPresent");
  writer.write(4, delay ?? 0, "initialPresentationDelayMinusOne");
  return { descriptorTag: 0x80, data: writer.finish() };
}

/** Extension tag of the {@link JxsVideoDescriptor}. */
export const JXS_EXTENSION_TAG = 0x14;
const MASTERING_SIZE = 28;

/** @throws {FormatError} `truncated` */
export function decodeJxsVideoDescriptor({ data }: Descriptor): JxsVideoDescriptor {
  const reader = new BitReader(data, 1);
  const fields = {
    descriptorVersion: reader.read(8, "descriptorVersion"),
    horizontalSize: reader.read(16, "horizontalSize"),
    verticalSize: reader.read(16, "verticalSize"),
    brat: reader.readLong(32, "brat"),
    frat: reader.readLong(32, "frat"),
    schar: reader.read(16, "schar"),
    ppih: reader.read(16, "ppih"),
    plev: reader.read(16, "plev"),
    maxBufferSize: reader.readLong(32, "maxBufferSize"),
    bufferModelType: reader.read(8, "bufferModelType"),
    colourPrimaries: reader.read(8, "colourPrimaries"),
    transferCharacteristics: reader.read(8, "transferCharacteristics"),
    matrixCoefficients: reader.read(8, "matrixCoefficients"),
    videoFullRangeFlag: reader.flag("videoFullRangeFlag"),
  };
  reader.skip(7, "reserved");
  const stillMode = reader.flag("stillMode");
  const mdmFlag = reader.flag("mdmFlag");
  reader.skip(6, "zeroBits");
  let at = reader.position / 8;
  if (mdmFlag) reader.skip(MASTERING_SIZE * 8, "masteringData");
  const mastering = mdmFlag ? { masteringData: data.subarray(at, at + MASTERING_SIZE) } : {};
  if (mdmFlag) at += MASTERING_SIZE;
  const rest = at < data.length ? { privateData: data.subarray(at) } : {};
  return { ...fields, stillMode, ...mastering, ...rest };
}

/** @throws {RangeError} when a field does not fit */
export function encodeJxsVideoDescriptor(fields: JxsVideoDescriptor): Descriptor {
  const { masteringData, privateData } = fields;
  if (masteringData !== undefined && masteringData.length !== MASTERING_SIZE) {
    throw new RangeError(`masteringData: ${masteringData.length} bytes instead of 28`);
  }
  const writer = new BitWriter(60);
  writer.write(8, JXS_EXTENSION_TAG, "extensionDescriptorTag");
  writer.write(8, fields.descriptorVersion, "descriptorVersion");
  writer.write(16, fields.horizontalSize, "horizontalSize");
  writer.write(16, fields.verticalSize, "verticalSize");
  writer.writeLong(32, fields.brat, "brat");
  writer.writeLong(32, fields.frat, "frat");
  writer.write(16, fields.schar, "schar");
  writer.write(16, fields.ppih, "ppih");
  writer.write(16, fields.plev, "plev");
  writer.writeLong(32, fields.maxBufferSize, "maxBufferSize");
  writer.write(8, fields.bufferModelType, "bufferModelType");
  writer.write(8, fields.colourPrimaries, "colourPrimaries");
  writer.write(8, fields.transferCharacteristics, "transferCharacteristics");
  writer.write(8, fields.matrixCoefficients, "matrixCoefficients");
  writer.flag(fields.videoFullRangeFlag, "videoFullRangeFlag");
  writer.write(7, 0, "reserved");
  writer.flag(fields.stillMode, "stillMode");
  writer.flag(masteringData !== undefined, "mdmFlag");
  writer.write(6, 0, "zeroBits");
  if (masteringData !== undefined) writer.bytes(masteringData);
  if (privateData !== undefined) writer.bytes(privateData);
  return { descriptorTag: 0x3f, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeDvbAc3Descriptor({ data }: Descriptor): DvbAc3Descriptor {
  const reader = new BitReader(data);
  const flags = reader.read(8, "flags");
  const componentType =
    (flags & 0x80) === 0 ? {} : { componentType: reader.read(8, "componentType") };
  const bsid = (flags & 0x40) === 0 ? {} : { bsid: reader.read(8, "bsid") };
  const mainid = (flags & 0x20) === 0 ? {} : { mainid: reader.read(8, "mainid") };
  const asvc = (flags & 0x10) === 0 ? {} : { asvc: reader.read(8, "asvc") };
  const additionalInfo = data.subarray(reader.position / 8);
  return { ...componentType, ...bsid, ...mainid, ...asvc, additionalInfo };
}

/** @throws {RangeError} when a field does not fit */
export function encodeDvbAc3Descriptor(fields: DvbAc3Descriptor): Descriptor {
  const { componentType, bsid, mainid, asvc } = fields;
  const writer = new BitWriter(5 + fields.additionalInfo.length);
  for (const value of [componentType, bsid, mainid, asvc]) {
    writer.flag(value !== undefined, "flag");
  }
  writer.write(4, 0, "reserved");
  for (const value of [componentType, bsid, mainid, asvc]) {
    if (value !== undefined) writer.write(8, value, "ac3");
  }
  writer.bytes(fields.additionalInfo);
  return { descriptorTag: 0x6a, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeAtscAc3Descriptor({ data }: Descriptor): AtscAc3Descriptor {
  const reader = new BitReader(data);
  const fields = {
    sampleRateCode: reader.read(3, "sampleRateCode"),
    bsid: reader.read(5, "bsid"),
    bitRateCode: reader.read(6, "bitRateCode"),
    surroundMode: reader.read(2, "surroundMode"),
    bsmod: reader.read(3, "bsmod"),
    numChannels: reader.read(4, "numChannels"),
    fullSvc: reader.flag("fullSvc"),
  };
  return { ...fields, rest: data.subarray(3) };
}

/** @throws {RangeError} when a field does not fit */
export function encodeAtscAc3Descriptor(fields: AtscAc3Descriptor): Descriptor {
  const writer = new BitWriter(3 + fields.rest.length);
  writer.write(3, fields.sampleRateCode, "sampleRateCode");
  writer.write(5, fields.bsid, "bsid");
  writer.write(6, fields.bitRateCode, "bitRateCode");
  writer.write(2, fields.surroundMode, "surroundMode");
  writer.write(3, fields.bsmod, "bsmod");
  writer.write(4, fields.numChannels, "numChannels");
  writer.flag(fields.fullSvc, "fullSvc");
  writer.bytes(fields.rest);
  return { descriptorTag: 0x81, data: writer.finish() };
}

/** Extension tag of the {@link OpusAudioDescriptor}. */
export const OPUS_EXTENSION_TAG = 0x80;

/** @throws {FormatError} `truncated` */
export function decodeOpusAudioDescriptor({ data }: Descriptor): OpusAudioDescriptor {
  const channelConfigCode = new BitReader(data, 1).read(8, "channelConfigCode");
  return { channelConfigCode, rest: data.subarray(2) };
}

/** @throws {RangeError} when a field does not fit */
export function encodeOpusAudioDescriptor(fields: OpusAudioDescriptor): Descriptor {
  const writer = new BitWriter(2 + fields.rest.length);
  writer.write(8, OPUS_EXTENSION_TAG, "descriptorTagExtension");
  writer.write(8, fields.channelConfigCode, "channelConfigCode");
  writer.bytes(fields.rest);
  return { descriptorTag: 0x7f, data: writer.finish() };
}
