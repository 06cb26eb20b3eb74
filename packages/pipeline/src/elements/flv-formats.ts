// What a track of FLV becomes behind flvdemux: its caps, and how its payloads are rewritten.
import { concatBytes } from "@x/bits";
import { type TrackParameters, trackParameters } from "@x/eflv";
import {
  AVC_NAL,
  avcNalType,
  decodeAudioSpecificConfig,
  decodeAvcConfiguration,
  decodeFlacHeader,
  decodeHevcConfiguration,
  decodeMpegAudioHeader,
  encodeAdtsHeader,
  encodeAnnexB,
  encodeFlacHeader,
  HEVC_NAL,
  hevcNalType,
  type NalLengthSize,
  normalizeTemporalUnit,
  splitLengthPrefixed,
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
  const known = trackParameters(codec, config, frame);
  const { width, height, sampleRate: rate, channels } = known;
  const framerate = known.frameRate ?? frameRate;
  const codecData = config && bytesField(config);
  switch (codec) {
    case "avc1": {
      const convert = config && avcConverter(config);
      const form = { "stream-format": "byte-stream", alignment: "au" };
      return convert && plain("video/x-h264", { ...form, width, height, framerate }, convert);
    }
    case "hvc1": {
      const convert = config && hevcConverter(config);
      const form = { "stream-format": "byte-stream", alignment: "au" };
      return convert && plain("video/x-h265", { ...form, width, height, framerate }, convert);
    }
    case "av01": {
      const form = { "stream-format": "obu-stream", alignment: "tu" };
      const fields = { ...form, width, height, framerate, codec_data: codecData };
      return plain("video/x-av1", fields, normalizeTemporalUnit);
    }
    case "vp09":
      return plain("video/x-vp9", { width, height, framerate, codec_data: codecData });
    case "mp4a":
      return config && aac(config, known);
    case ".mp3": {
      const { layer } = decodeMpegAudioHeader(frame);
      return plain("audio/mpeg", { mpegversion: 1, layer, parsed: true, rate, channels });
    }
    case "ac-3":
    case "ec-3": {
      const mediaType = codec === "ac-3" ? "audio/x-ac3" : "audio/x-eac3";
      return plain(mediaType, { framed: true, alignment: "frame", rate, channels });
    }
    case "Opus":
      return plain("audio/x-opus", { rate, channels, codec_data: codecData });
    case "fLaC": {
      const info = config && encodeFlacHeader(decodeFlacHeader(config).streamInfoBytes);
      const fields = { framed: true, rate, channels, codec_data: info && bytesField(info) };
      return plain("audio/x-flac", fields);
    }
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

function avcConverter(config: Uint8Array): TrackFormat["convert"] {
  const { nalLengthSize, sps, pps } = decodeAvcConfiguration(config);
  return byteStream(nalLengthSize, [...sps, ...pps], (nal) => avcNalType(nal) === AVC_NAL.sps);
}

function hevcConverter(config: Uint8Array): TrackFormat["convert"] {
  const { nalLengthSize, arrays } = decodeHevcConfiguration(config);
  const sets = arrays.flatMap(({ nalUnits }) => nalUnits);
  return byteStream(nalLengthSize, sets, (nal) => hevcNalType(nal) === HEVC_NAL.sps);
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

/** ADTS where it can say what the configuration says, else raw frames beside it. */
function aac(config: Uint8Array, { sampleRate: rate, channels }: TrackParameters): TrackFormat {
  const decoded = decodeAudioSpecificConfig(config);
  const { explicitExtension, samplingFrequency, channelConfiguration, gaSpecificConfig } = decoded;
  const { audioObjectType } = decoded;
  const fields = { mpegversion: 4, framed: true, rate, channels };
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
