import {
  type Av1SequenceHeader,
  aacChannels,
  decodeAc3Header,
  decodeAudioSpecificConfig,
  decodeAv1Configuration,
  decodeAv1SequenceHeader,
  decodeAvcConfiguration,
  decodeAvcSps,
  decodeFlacFrameHeader,
  decodeFlacHeader,
  decodeHevcConfiguration,
  decodeHevcSps,
  decodeMpegAudioHeader,
  decodeOpusHead,
  decodeVp9KeyFrame,
  HEVC_NAL,
  hevcNalType,
  OBU_TYPE,
  splitObus,
} from "@x/es";

/** What a track's configuration and frames say about it; `undefined` where they do not. */
export interface TrackParameters {
  /** Picture size, cropping applied. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** As the codec's own headers have it. */
  readonly frameRate: { readonly numerator: number; readonly denominator: number } | undefined;
  /** Of luma, or of a PCM sample. */
  readonly bitDepth: number | undefined;
  /** In Hz, of the core coder. */
  readonly sampleRate: number | undefined;
  readonly channels: number | undefined;
}

const UNKNOWN: TrackParameters = {
  width: undefined,
  height: undefined,
  frameRate: undefined,
  bitDepth: undefined,
  sampleRate: undefined,
  channels: undefined,
};

/** Legacy codec numbers as FourCCs (FLV E.4.2.1, E.4.3.1). */
const SOUND_FORMATS: Readonly<Record<number, string>> = { 2: ".mp3", 10: "mp4a", 14: ".mp3" };
const CODEC_IDS: Readonly<Record<number, string>> = { 7: "avc1", 12: "hvc1", 13: "av01" };

/**
 * The FourCC that Enhanced RTMP gave the codec of a legacy tag.
 * @param number soundFormat, or codecId
 * @returns `undefined` for a codec that has none
 */
export function fourCcOfLegacy(kind: "audio" | "video", number: number): string | undefined {
  return (kind === "audio" ? SOUND_FORMATS : CODEC_IDS)[number];
}

/**
 * What can be said about a track.
 * @param fourCc its codec
 * @param config body of its SequenceStart, `undefined` without one, or with an empty one
 * @param frame a frame of it, a key frame of video; the codecs that need no configuration are told by it
 * @throws {FormatError} for what cannot be read
 */
export function trackParameters(
  fourCc: string,
  config: Uint8Array | undefined,
  frame: Uint8Array,
): TrackParameters {
  switch (fourCc) {
    case "avc1": {
      const sps = config && decodeAvcConfiguration(config).sps[0];
      return sps === undefined ? UNKNOWN : picture(decodeAvcSps(sps));
    }
    case "hvc1": {
      const sets = config && decodeHevcConfiguration(config).arrays.flatMap((one) => one.nalUnits);
      const nal = sets?.find((one) => hevcNalType(one) === HEVC_NAL.sps);
      if (nal === undefined) return UNKNOWN;
      const sps = decodeHevcSps(nal);
      return picture({ ...sps, frameRate: sps.tail?.frameRate });
    }
    case "av01": {
      const header = av1SequenceHeader(config, frame);
      if (header === undefined) return UNKNOWN;
      const { maxFrameWidth: width, maxFrameHeight: height, bitDepth, frameRate } = header;
      return { ...UNKNOWN, width, height, bitDepth, frameRate };
    }
    case "vp09": {
      const { width, height, bitDepth } = decodeVp9KeyFrame(frame) ?? UNKNOWN;
      return { ...UNKNOWN, width, height, bitDepth };
    }
    case "mp4a": {
      if (config === undefined) return UNKNOWN;
      const decoded = decodeAudioSpecificConfig(config);
      return sound(decoded.samplingFrequency, aacChannels(decoded));
    }
    case ".mp3": {
      const { sampleRate, channels } = decodeMpegAudioHeader(frame);
      return sound(sampleRate, channels);
    }
    case "ac-3":
    case "ec-3": {
      const { sampleRate, channels } = decodeAc3Header(frame);
      return sound(sampleRate, channels);
    }
    case "Opus":
      // Whatever it is decoded to, its clock is 48 kHz (RFC 7845 5.1).
      return sound(48_000, config && decodeOpusHead(config).channels);
    case "fLaC": {
      const header = config === undefined ? decodeFlacFrameHeader(frame) : streamInfo(config);
      const { sampleRate, channels, bitsPerSample } = header;
      return { ...sound(sampleRate, channels), bitDepth: bitsPerSample };
    }
    default:
      return UNKNOWN;
  }
}

function picture(sps: {
  readonly width: number;
  readonly height: number;
  readonly bitDepthLuma: number;
  readonly frameRate: TrackParameters["frameRate"];
}): TrackParameters {
  const { width, height, bitDepthLuma: bitDepth, frameRate } = sps;
  return { ...UNKNOWN, width, height, bitDepth, frameRate };
}

function sound(sampleRate: number | undefined, channels: number | undefined): TrackParameters {
  return { ...UNKNOWN, sampleRate, channels };
}

function streamInfo(config: Uint8Array): ReturnType<typeof decodeFlacHeader>["streamInfo"] {
  return decodeFlacHeader(config).streamInfo;
}

/** Of the configuration or, if there is none, of the frame. */
function av1SequenceHeader(
  config: Uint8Array | undefined,
  frame: Uint8Array,
): Av1SequenceHeader | undefined {
  const obus = splitObus(config === undefined ? frame : decodeAv1Configuration(config).configOBUs);
  const sequence = obus.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
  return sequence && decodeAv1SequenceHeader(sequence.payload);
}
