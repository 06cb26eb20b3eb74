import { trackParameters } from "@x/eflv";
import {
  decodeAudioSpecificConfig,
  decodeAv1Configuration,
  decodeAvcConfiguration,
  decodeHevcConfiguration,
  encodeAnnexB,
  isFormatError,
} from "@x/es";
import { readStreamFormat, type StreamFormat } from "./stream-format.js";

/** Names of the codecs that have a FourCC. */
const NAMES: Readonly<Record<string, string>> = {
  avc1: "H.264",
  hvc1: "H.265",
  vvc1: "H.266",
  av01: "AV1",
  vp09: "VP9",
  vp08: "VP8",
  mp4a: "AAC",
  ".mp3": "MP3",
  Opus: "Opus",
  fLaC: "FLAC",
  "ac-3": "AC-3",
  "ec-3": "E-AC-3",
};

/** Legacy formats (FLV 10.1 E.4.2.1, E.4.3.1). */
const SOUND_FORMATS: readonly string[] = [
  ...["PCM of the writer's byte order", "ADPCM", "MP3", "PCM", "Nellymoser 16 kHz"],
  ...["Nellymoser 8 kHz", "Nellymoser", "G.711 A-law", "G.711 mu-law", "enhanced", "AAC"],
  ...["Speex", "sound format 12", "sound format 13", "MP3 8 kHz", "device specific"],
];
const CODEC_IDS: Readonly<Record<number, string>> = {
  1: "JPEG",
  2: "Sorenson H.263",
  3: "Screen video",
  4: "VP6",
  5: "VP6 with alpha",
  6: "Screen video 2",
  7: "H.264",
  8: "H.263, private",
  9: "MPEG-4 part 2, private",
  12: "H.265, private",
  13: "AV1, private",
};

/** A FourCC in words. */
export function fourCcName(fourCc: string): string | undefined {
  return NAMES[fourCc];
}

/** A codec of FLV in words. */
export function codecName(
  kind: "audio" | "video",
  fourCc: string | undefined,
  legacy: number,
): string {
  if (fourCc !== undefined) return NAMES[fourCc] ?? `unknown codec "${fourCc}"`;
  const name = kind === "audio" ? SOUND_FORMATS[legacy] : CODEC_IDS[legacy];
  return name ?? `codec id ${legacy}`;
}

/** ISO/IEC 14496-3 table 1.17. */
const AAC_TYPES: Readonly<Record<number, string>> = {
  1: "Main",
  2: "LC",
  5: "HE",
  29: "HE v2",
  42: "xHE",
};

/**
 * What configuration and first frame of a track of FLV or MP4 say.
 * @param fourCc as FLV has them, of a codec that has one
 */
export function trackFormat(
  fourCc: string | undefined,
  config: Uint8Array | undefined,
  frame: Uint8Array,
): StreamFormat {
  if (fourCc === undefined) return {};
  try {
    const { width, height, bitDepth, sampleRate, channels } = trackParameters(
      fourCc,
      config,
      frame,
    );
    const known = Object.entries({ width, height, bitDepth, sampleRate, channels }).filter(
      ([, value]) => value !== undefined,
    );
    return { ...Object.fromEntries(known), ...profileOf(fourCc, config, frame) };
  } catch (error) {
    if (isFormatError(error)) return {};
    throw error;
  }
}

function profileOf(
  fourCc: string,
  config: Uint8Array | undefined,
  frame: Uint8Array,
): StreamFormat {
  if (fourCc === ".mp3") return readStreamFormat("mpeg1-audio", frame) ?? {};
  if (fourCc === "ac-3" || fourCc === "ec-3") return readStreamFormat("ac3", frame) ?? {};
  if (config === undefined) return {};
  switch (fourCc) {
    case "avc1":
      return readStreamFormat("h264", encodeAnnexB(decodeAvcConfiguration(config).sps)) ?? {};
    case "hvc1": {
      const sets = decodeHevcConfiguration(config).arrays.flatMap(({ nalUnits }) => nalUnits);
      return readStreamFormat("hevc", encodeAnnexB(sets)) ?? {};
    }
    case "mp4a": {
      const { audioObjectType: type } = decodeAudioSpecificConfig(config);
      return { profile: AAC_TYPES[type] ?? `object type ${type}` };
    }
    case "av01":
      return readStreamFormat("av1", decodeAv1Configuration(config).configOBUs) ?? {};
    default:
      return {};
  }
}
