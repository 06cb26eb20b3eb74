import {
  audioSpecificConfigFromAdts,
  av1ConfigurationFromObus,
  avcConfigurationFromNals,
  decodeAdtsHeader,
  decodeFlacHeader,
  decodeVp9KeyFrame,
  encodeAudioSpecificConfig,
  encodeAv1Configuration,
  encodeAvcConfiguration,
  encodeFlacHeader,
  encodeHevcConfiguration,
  encodeLengthPrefixed,
  encodeOpusHead,
  encodeVpConfiguration,
  hevcConfigurationFromNals,
  isAnnexB,
  normalizeTemporalUnit,
  splitAnnexB,
  splitObus,
  vpConfigurationFromKeyFrame,
} from "@x/es";
import { NO_BYTES } from "./media.js";
import type { FlvTrack } from "./profile.js";

/** A frame as FLV carries it, and the configuration that it brought along. */
export interface MuxInput {
  readonly body: Uint8Array;
  /** `undefined`: the frame tells none. */
  readonly config: Uint8Array | undefined;
}

/**
 * Bring a frame into FLV's form: a byte stream of NAL units becomes length-prefixed, ADTS raw, an AV1 temporal unit
 * loses its delimiter. What is in FLV's form already is not copied.
 * @param derives a configuration is wanted: `data` is a sync sample
 * @throws {RangeError} for an input that has no such form
 * @throws {FormatError} for parameter sets or headers that cannot be read
 */
export function muxInput({ codec }: FlvTrack, data: Uint8Array, derives: boolean): MuxInput {
  switch (codec) {
    case "avc1":
    case "hvc1": {
      if (!isAnnexB(data)) return { body: data, config: undefined };
      const nals = splitAnnexB(data);
      const config = derives ? nalConfig(codec, nals) : undefined;
      return { body: encodeLengthPrefixed(nals), config };
    }
    case "vvc1":
      if (isAnnexB(data)) throw new RangeError("vvc1: a byte stream of NAL units, not samples");
      return { body: data, config: undefined };
    case "av01": {
      const body = data[0] === 0x12 ? normalizeTemporalUnit(data) : data;
      if (!derives) return { body, config: undefined };
      const config = av1ConfigurationFromObus(splitObus(body));
      return { body, config: config && encodeAv1Configuration(config) };
    }
    case "vp09": {
      const frame = derives ? decodeVp9KeyFrame(data) : undefined;
      if (frame === undefined) return { body: data, config: undefined };
      return { body: data, config: encodeVpConfiguration(vpConfigurationFromKeyFrame(frame)) };
    }
    case "mp4a":
      return aacInput(data);
    default:
      return { body: data, config: undefined };
  }
}

function nalConfig(codec: "avc1" | "hvc1", nals: readonly Uint8Array[]): Uint8Array | undefined {
  if (codec === "avc1") {
    const config = avcConfigurationFromNals(nals);
    return config && encodeAvcConfiguration(config);
  }
  const config = hevcConfigurationFromNals(nals);
  return config && encodeHevcConfiguration(config);
}

function aacInput(data: Uint8Array): MuxInput {
  // A raw access unit cannot begin with an ADTS sync word: it would end with its first element.
  const adts = data.length > 1 && data[0] === 0xff && ((data[1] as number) & 0xf6) === 0xf0;
  if (!adts) return { body: data, config: undefined };
  const header = decodeAdtsHeader(data);
  if (header.frameBytes !== data.length || header.rawDataBlocks !== 1) {
    throw new RangeError("mp4a: write one ADTS frame of one raw data block at a time");
  }
  const config = encodeAudioSpecificConfig(audioSpecificConfigFromAdts(header));
  return { body: data.subarray(header.headerBytes), config };
}

/**
 * The body of a track's SequenceStart from what the caller gave, or `undefined` while it is not known.
 * @param flacHeader form of the FLAC header, see `FlvMuxerOptions`
 */
export function sequenceStartBody(
  track: FlvTrack,
  flacHeader: "full" | "bare",
): Uint8Array | undefined {
  const { codec, config } = track;
  // Their frames say it all, and the legacy form of MP3 has no place for a configuration.
  if (codec === "ac-3" || codec === "ec-3" || codec === ".mp3") return NO_BYTES;
  if (codec === "fLaC" && config !== undefined) {
    return encodeFlacHeader(decodeFlacHeader(config).streamInfoBytes, flacHeader);
  }
  if (config !== undefined) return config;
  return codec === "Opus" && track.kind === "audio" ? opusHead(track.channels ?? 2) : undefined;
}

/** Mono or stereo; more channels need a mapping that only the encoder knows. */
function opusHead(channels: number): Uint8Array | undefined {
  if (channels > 2) return undefined;
  return encodeOpusHead({
    version: 1,
    channels,
    preSkip: 312,
    inputSampleRate: 48000,
    outputGain: 0,
    mappingFamily: 0,
    mappingTable: undefined,
  });
}
