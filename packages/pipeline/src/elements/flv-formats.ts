// What a track of FLV becomes behind flvdemux: its caps, and how its payloads are rewritten.
import { concatBytes } from "@x/bits";
import {
  AVC_NAL,
  aacChannels,
  avcNalType,
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
  encodeAdtsHeader,
  encodeAnnexB,
  encodeFlacHeader,
  HEVC_NAL,
  hevcNalType,
  type NalLengthSize,
  normalizeTemporalUnit,
  OBU_TYPE,
  splitLengthPrefixed,
  splitObus,
} from "@x/es";
import { type Caps, type CapsValue, caps, type Fraction } from "../caps.js";
import { bytesField } from "./formats.js";

/** A track as it goes on behind the demuxer. */
export interface TrackFormat {
  readonly caps: Caps;
  /** A payload in the form that the caps say; may be the payload itself. */
  readonly convert: (body: Uint8Array, isKey: boolean) => Uint8Array;
}

const asIs: TrackFormat["convert"] = (body) => body;

/**
 * The format of a track.
 * @param codec FourCC, or what else names it
 * @param config body of the last SequenceStart, `undefined` when there was none, or an empty one
 * @param frame the first frame behind it
 * @param frameRate as onMetaData has it
 * @returns `undefined` while a configuration is needed that has not come
 * @throws {FormatError} for a configuration or frame that cannot be read
 */
export function trackFormat(
  codec: string,
  config: Uint8Array | undefined,
  frame: Uint8Array,
  frameRate: Fraction | undefined,
): TrackFormat | undefined {
  const codecData = config === undefined ? {} : { codec_data: bytesField(config) };
  switch (codec) {
    case "avc1":
      return config && avc(config, frameRate);
    case "hvc1":
      return config && hevc(config, frameRate);
    case "av01":
      return av1(config, frame, frameRate);
    case "vp09": {
      const { width, height } = decodeVp9KeyFrame(frame) ?? {};
      return plain("video/x-vp9", { width, height, framerate: frameRate, ...codecData });
    }
    case "mp4a":
      return config && aac(config);
    case ".mp3": {
      const { layer, sampleRate: rate, channels } = decodeMpegAudioHeader(frame);
      return plain("audio/mpeg", { mpegversion: 1, layer, parsed: true, rate, channels });
    }
    case "ac-3":
    case "ec-3": {
      const { sampleRate: rate, channels } = decodeAc3Header(frame);
      const mediaType = codec === "ac-3" ? "audio/x-ac3" : "audio/x-eac3";
      return plain(mediaType, { framed: true, alignment: "frame", rate, channels });
    }
    case "Opus": {
      const channels = config === undefined ? undefined : decodeOpusHead(config).channels;
      return plain("audio/x-opus", { rate: 48_000, channels, ...codecData });
    }
    case "fLaC":
      return flac(config, frame);
    default:
      return plain("application/octet-stream", { codec });
  }
}

function plain(
  mediaType: string,
  fields: Readonly<Record<string, CapsValue | undefined>>,
  convert: TrackFormat["convert"] = asIs,
): TrackFormat {
  const known = Object.entries(fields).filter(
    (entry): entry is [string, CapsValue] => entry[1] !== undefined,
  );
  return { caps: caps(mediaType, Object.fromEntries(known)), convert };
}

function avc(config: Uint8Array, frameRate: Fraction | undefined): TrackFormat {
  const { nalLengthSize, sps, pps } = decodeAvcConfiguration(config);
  const picture = sps[0] && decodeAvcSps(sps[0]);
  const isSps = (nal: Uint8Array): boolean => avcNalType(nal) === AVC_NAL.sps;
  return plain(
    "video/x-h264",
    {
      "stream-format": "byte-stream",
      alignment: "au",
      width: picture?.width,
      height: picture?.height,
      framerate: picture?.frameRate ?? frameRate,
    },
    byteStream(nalLengthSize, [...sps, ...pps], isSps),
  );
}

function hevc(config: Uint8Array, frameRate: Fraction | undefined): TrackFormat {
  const { nalLengthSize, arrays } = decodeHevcConfiguration(config);
  const sets = arrays.flatMap(({ nalUnits }) => nalUnits);
  const isSps = (nal: Uint8Array): boolean => hevcNalType(nal) === HEVC_NAL.sps;
  const sps = sets.find(isSps);
  const picture = sps && decodeHevcSps(sps);
  return plain(
    "video/x-h265",
    {
      "stream-format": "byte-stream",
      alignment: "au",
      width: picture?.width,
      height: picture?.height,
      framerate: picture?.tail?.frameRate ?? frameRate,
    },
    byteStream(nalLengthSize, sets, isSps),
  );
}

/** Start codes for lengths; parameter sets go before every key frame that has none of its own. */
function byteStream(
  lengthSize: NalLengthSize,
  parameterSets: readonly Uint8Array[],
  isSps: (nal: Uint8Array) => boolean,
): TrackFormat["convert"] {
  return (body, isKey) => {
    const nals = splitLengthPrefixed(body, lengthSize);
    const complete = !isKey || nals.some(isSps);
    return encodeAnnexB(complete ? nals : [...parameterSets, ...nals]);
  };
}

function av1(
  config: Uint8Array | undefined,
  frame: Uint8Array,
  frameRate: Fraction | undefined,
): TrackFormat {
  const obus = splitObus(config === undefined ? frame : decodeAv1Configuration(config).configOBUs);
  const sequence = obus.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
  const picture = sequence && decodeAv1SequenceHeader(sequence.payload);
  const fields = {
    "stream-format": "obu-stream",
    alignment: "tu",
    width: picture?.maxFrameWidth,
    height: picture?.maxFrameHeight,
    framerate: picture?.frameRate ?? frameRate,
    codec_data: config && bytesField(config),
  };
  return plain("video/x-av1", fields, normalizeTemporalUnit);
}

/** ADTS where it can say what the configuration says, else raw frames beside it. */
function aac(config: Uint8Array): TrackFormat {
  const decoded = decodeAudioSpecificConfig(config);
  const { explicitExtension, samplingFrequency, channelConfiguration, gaSpecificConfig } = decoded;
  const audioObjectType = explicitExtension?.coreObjectType ?? decoded.audioObjectType;
  const fields = {
    mpegversion: 4,
    framed: true,
    rate: samplingFrequency,
    channels: aacChannels(decoded),
  };
  const header = { audioObjectType, samplingFrequency, channelConfiguration };
  const isPlain =
    channelConfiguration >= 1 &&
    channelConfiguration <= 7 &&
    explicitExtension === undefined &&
    gaSpecificConfig?.frameLengthFlag === false;
  if (isPlain && hasAdtsHeader(header)) {
    return plain("audio/mpeg", { ...fields, "stream-format": "adts" }, (body) =>
      concatBytes(encodeAdtsHeader(header, body.length), body),
    );
  }
  return plain("audio/mpeg", {
    ...fields,
    "stream-format": "raw",
    codec_data: bytesField(config),
  });
}

function hasAdtsHeader(header: Parameters<typeof encodeAdtsHeader>[0]): boolean {
  try {
    encodeAdtsHeader(header, 0);
    return true;
  } catch {
    return false;
  }
}

function flac(config: Uint8Array | undefined, frame: Uint8Array): TrackFormat {
  const header = config && decodeFlacHeader(config);
  const { sampleRate: rate, channels } = header?.streamInfo ?? decodeFlacFrameHeader(frame);
  const codecData = header && bytesField(encodeFlacHeader(header.streamInfoBytes));
  return plain("audio/x-flac", { framed: true, rate, channels, codec_data: codecData });
}
