import {
  AVC_NAL,
  avcNalType,
  decodeAc3Header,
  decodeAdtsHeader,
  decodeAv1SequenceHeader,
  decodeAvcSps,
  decodeHevcSps,
  decodeMpegAudioHeader,
  HEVC_NAL,
  hevcNalType,
  isAnnexB,
  isFormatError,
  OBU_TYPE,
  splitAnnexB,
  splitObus,
} from "@x/es";
import { decodeHeader, describeProfile, samplingFormat } from "@x/jpegxs";
import type { StreamKind } from "@x/mpegts";

/** What the headers inside an elementary stream say. */
export interface StreamFormat {
  /** `High, level 4.0`, `AAC LC`, `layer II`. */
  readonly profile?: string;
  readonly width?: number;
  readonly height?: number;
  /** Frames a second as the headers have it. */
  readonly frameRate?: string;
  readonly interlaced?: boolean;
  /** `4:2:0`. */
  readonly chroma?: string;
  readonly bitDepth?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
  /** Of the frames, where they say. */
  readonly bitrateKbps?: number;
}

const CHROMA = ["4:0:0", "4:2:0", "4:2:2", "4:4:4"];
/** ITU-T H.264 A.2; constraint_set1_flag makes a baseline stream constrained. */
const AVC_PROFILES: Readonly<Record<number, string>> = {
  44: "CAVLC 4:4:4 Intra",
  66: "Baseline",
  77: "Main",
  88: "Extended",
  100: "High",
  110: "High 10",
  122: "High 4:2:2",
  244: "High 4:4:4 Predictive",
};
/** ITU-T H.265 A.3. */
const HEVC_PROFILES: Readonly<Record<number, string>> = {
  1: "Main",
  2: "Main 10",
  3: "Main Still Picture",
  4: "Range extensions",
  9: "Screen content coding",
};
/** ISO/IEC 14496-3 table 1.17, those that ADTS can name. */
const AAC_OBJECT_TYPES: readonly string[] = ["", "Main", "LC", "SSR", "LTP"];

/**
 * What the first headers in a piece of an elementary stream say.
 * @returns `undefined` when there is no header in it, or it cannot be read: a later piece may have one
 */
export function readStreamFormat(kind: StreamKind, data: Uint8Array): StreamFormat | undefined {
  try {
    return READERS[kind]?.(data);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

const READERS: Readonly<
  Partial<Record<StreamKind, (data: Uint8Array) => StreamFormat | undefined>>
> = {
  h264: avc,
  hevc,
  av1,
  "mpeg1-video": mpegVideo,
  "mpeg2-video": mpegVideo,
  jpegxs,
  "aac-adts": adts,
  "mpeg1-audio": mpegAudio,
  "mpeg2-audio": mpegAudio,
  ac3,
  eac3: ac3,
  opus: () => ({ sampleRate: 48_000 }),
  "smpte-302m": smpte302m,
};

function avc(data: Uint8Array): StreamFormat | undefined {
  const nal = splitAnnexB(data).find((unit) => avcNalType(unit) === AVC_NAL.sps);
  if (nal === undefined) return undefined;
  const sps = decodeAvcSps(nal);
  const { profileIdc, constraintFlags, levelIdc } = sps;
  const constrained = profileIdc === 66 && (constraintFlags & 0x40) !== 0 ? "Constrained " : "";
  const profile = AVC_PROFILES[profileIdc] ?? `profile ${profileIdc}`;
  return {
    profile: `${constrained}${profile}, level ${(levelIdc / 10).toFixed(1)}`,
    width: sps.width,
    height: sps.height,
    ...rateOf(sps.frameRate),
    interlaced: !sps.frameMbsOnlyFlag,
    ...chromaOf(sps.chromaFormatIdc),
    bitDepth: sps.bitDepthLuma,
  };
}

function hevc(data: Uint8Array): StreamFormat | undefined {
  const nal = splitAnnexB(data).find((unit) => hevcNalType(unit) === HEVC_NAL.sps);
  if (nal === undefined) return undefined;
  const sps = decodeHevcSps(nal);
  const profile = HEVC_PROFILES[sps.profileIdc] ?? `profile ${sps.profileIdc}`;
  const tier = sps.tierFlag ? ", high tier" : "";
  return {
    profile: `${profile}, level ${(sps.levelIdc / 30).toFixed(1)}${tier}`,
    width: sps.width,
    height: sps.height,
    ...rateOf(sps.tail?.frameRate),
    ...chromaOf(sps.chromaFormat),
    bitDepth: sps.bitDepthLuma,
  };
}

/** AV1 in a transport stream has start codes like NAL units, elsewhere it has none. */
function av1(data: Uint8Array): StreamFormat | undefined {
  const pieces = isAnnexB(data) ? splitAnnexB(data) : [data];
  const units = pieces.flatMap((piece) => splitObus(piece));
  const found = units.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
  if (found === undefined) return undefined;
  const header = decodeAv1SequenceHeader(found.payload);
  const { monochrome, chromaSubsamplingX: x, chromaSubsamplingY: y } = header;
  return {
    profile: `profile ${header.seqProfile}, level index ${header.seqLevelIdx0}`,
    width: header.maxFrameWidth,
    height: header.maxFrameHeight,
    ...rateOf(header.frameRate),
    ...chromaOf(monochrome ? 0 : x === 0 ? 3 : y === 0 ? 2 : 1),
    bitDepth: header.bitDepth,
  };
}

/** frame_rate_code of ISO/IEC 13818-2 table 6-4. */
const MPEG_FRAME_RATES = [
  "",
  "24000/1001",
  "24",
  "25",
  "30000/1001",
  "30",
  "50",
  "60000/1001",
  "60",
];
const MPEG2_PROFILES: Readonly<Record<number, string>> = { 1: "High", 4: "Main", 5: "Simple" };
const MPEG2_LEVELS: Readonly<Record<number, string>> = {
  4: "High",
  6: "High 1440",
  8: "Main",
  10: "Low",
};

/** sequence_header and sequence_extension (ISO/IEC 13818-2 6.2.2.1, 6.2.2.3), which stand side by side. */
function mpegVideo(data: Uint8Array): StreamFormat | undefined {
  const units = splitAnnexB(data);
  const index = units.findIndex((unit) => unit[0] === 0xb3 && unit.length >= 5);
  const header = units[index];
  if (header === undefined) return undefined;
  const [, a = 0, b = 0, c = 0, d = 0] = header;
  const width = (a << 4) | (b >> 4);
  const height = ((b & 15) << 8) | c;
  const frameRate = MPEG_FRAME_RATES[d & 15];
  const rate = frameRate ? { frameRate } : {};
  const extension = units[index + 1];
  if (extension?.[0] !== 0xb5 || (extension[1] as number) >> 4 !== 1 || extension.length < 4) {
    return { width, height, ...rate, chroma: "4:2:0", bitDepth: 8 };
  }
  const [, e = 0, f = 0, g = 0] = extension;
  const indication = ((e & 15) << 4) | (f >> 4);
  const escaped = indication >= 0x80;
  const profile = escaped ? "4:2:2" : (MPEG2_PROFILES[(indication >> 4) & 7] ?? "other");
  // With the escape bit: 4:2:2 profile at main and at high level.
  const level = escaped ? { 130: "High", 133: "Main" }[indication] : MPEG2_LEVELS[indication & 15];
  return {
    profile: `${profile} profile at ${level ?? "other"} level`,
    width: width | ((((f & 1) << 1) | (g >> 7)) << 12),
    height: height | (((g >> 5) & 3) << 12),
    ...rate,
    interlaced: (f & 8) === 0,
    ...chromaOf((f >> 1) & 3),
    bitDepth: 8,
  };
}

/** More than the marker segments before the first slice ever take. */
const MAX_JXS_HEADER = 2048;

/** The codestream begins behind a header of its own (ISO/IEC 13818-1 annex W). */
function jpegxs(data: Uint8Array): StreamFormat | undefined {
  const limit = Math.min(data.length - 4, 128);
  for (let at = 0; at <= limit; at++) {
    if (data[at] !== 0xff || data[at + 1] !== 0x10 || data[at + 2] !== 0xff) continue;
    // In the slice mode of RFC 9134 the header is alone in its packet: the marker that ends it comes with the next.
    const head = data.subarray(at, at + MAX_JXS_HEADER);
    const header = decodeHeader(Uint8Array.of(...head, 0xff, 0x20));
    const { pih, cdt } = header;
    const { profile, level, sublevel } = describeProfile(header);
    const chroma = samplingFormat(cdt);
    const bitDepth = cdt[0]?.b;
    return {
      ...(profile === undefined
        ? {}
        : {
            profile: `${profile}, level ${level ?? "unknown"}, sublevel ${sublevel ?? "unknown"}`,
          }),
      width: pih.wf,
      height: pih.hf,
      ...(chroma === undefined ? {} : { chroma }),
      ...(bitDepth === undefined ? {} : { bitDepth }),
    };
  }
  return undefined;
}

function adts(data: Uint8Array): StreamFormat {
  const header = decodeAdtsHeader(data);
  const { audioObjectType, channelConfiguration } = header;
  // 7 means 7.1; 0: the stream says it elsewhere.
  const channels = channelConfiguration === 7 ? 8 : channelConfiguration;
  return {
    profile: `AAC ${AAC_OBJECT_TYPES[audioObjectType] ?? `object type ${audioObjectType}`}`,
    sampleRate: header.samplingFrequency,
    ...(channels === 0 ? {} : { channels }),
  };
}

function mpegAudio(data: Uint8Array): StreamFormat {
  const { version, layer, sampleRate, channels, bitrateKbps } = decodeMpegAudioHeader(data);
  const profile = `MPEG-${version} layer ${"I".repeat(layer)}`;
  return { profile, sampleRate, channels, bitrateKbps };
}

function ac3(data: Uint8Array): StreamFormat {
  const { codec, sampleRate, channels, frameBytes, samples } = decodeAc3Header(data);
  const bitrateKbps = Math.round((frameBytes * 8 * sampleRate) / samples / 1000);
  return { profile: codec === "ac-3" ? "AC-3" : "E-AC-3", sampleRate, channels, bitrateKbps };
}

/** The four bytes before the samples (SMPTE ST 302 6.5). */
function smpte302m(data: Uint8Array): StreamFormat | undefined {
  if (data.length < 4) return undefined;
  const channels = 2 * ((data[2] as number) >> 6) + 2;
  const bits = ((data[3] as number) >> 4) & 3;
  return { sampleRate: 48_000, channels, ...(bits === 3 ? {} : { bitDepth: 16 + 4 * bits }) };
}

function rateOf(
  rate: { readonly numerator: number; readonly denominator: number } | undefined,
): Pick<StreamFormat, "frameRate"> {
  if (rate === undefined) return {};
  const divisor = commonDivisor(rate.numerator, rate.denominator);
  const [numerator, denominator] = [rate.numerator / divisor, rate.denominator / divisor];
  return { frameRate: denominator === 1 ? String(numerator) : `${numerator}/${denominator}` };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? Math.max(1, a) : commonDivisor(b, a % b);
}

/** chroma_format_idc in words. */
export function chromaOf(format: number): Pick<StreamFormat, "chroma"> {
  const chroma = CHROMA[format];
  return chroma === undefined ? {} : { chroma };
}

/** `1920 x 1080, 25 fps, High, level 4.0, 4:2:0, 8 bits`. */
export function formatText(format: StreamFormat): string {
  const { width, height, frameRate, interlaced, profile, chroma, bitDepth } = format;
  const { sampleRate, channels, bitrateKbps } = format;
  return [
    width === undefined ? undefined : `${width} x ${height}`,
    frameRate === undefined ? undefined : `${frameRate} fps`,
    interlaced === true ? "interlaced" : undefined,
    profile,
    chroma,
    bitDepth === undefined ? undefined : `${bitDepth} bits`,
    sampleRate === undefined ? undefined : `${sampleRate} Hz`,
    channels === undefined ? undefined : counted(channels, "channel"),
    bitrateKbps === undefined ? undefined : `${bitrateKbps} kbit/s`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** "1 frame", "2 frames"; `more` is a plural without -s. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
