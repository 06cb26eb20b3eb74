import { inRange } from "./range.js";

/** Languages by their three-bit code. */
export const XDS_LANGUAGES = [
  "unknown",
  "English",
  "Spanish",
  "French",
  "German",
  "Italian",
  "other",
  "none",
] as const;

/** Kinds of the main audio by their three-bit code. */
export const XDS_MAIN_AUDIO = [
  "unknown",
  "mono",
  "simulated stereo",
  "true stereo",
  "stereo surround",
  "data service",
  "other",
  "none",
] as const;

/** Kinds of the second audio by their three-bit code. */
export const XDS_SECOND_AUDIO = [
  "unknown",
  "mono",
  "video descriptions",
  "non-program audio",
  "special effects",
  "data service",
  "other",
  "none",
] as const;

/** One audio: an index into {@link XDS_LANGUAGES}, and one into the names of its kinds. */
export interface XdsAudio {
  readonly language: number;
  readonly type: number;
}

/** Main and second audio programme (CTA-608-E 9.5.1.6). */
export interface XdsAudioServices {
  readonly main: XdsAudio;
  readonly second: XdsAudio;
}

/** One caption or text service (CTA-608-E 9.5.1.7). */
export interface XdsCaptionService {
  /** Index into {@link XDS_LANGUAGES}. */
  readonly language: number;
  readonly field: 1 | 2;
  readonly dataChannel: 1 | 2;
  /** Text service, not captions. */
  readonly text: boolean;
}

export function decodeAudio(data: Uint8Array): XdsAudioServices {
  const [main, second] = [data[0] as number, data[1] as number];
  return {
    main: { language: (main >> 3) & 7, type: main & 7 },
    second: { language: (second >> 3) & 7, type: second & 7 },
  };
}

export function encodeAudio({ main, second }: XdsAudioServices): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([main, second], ({ language, type }) => {
    return 0x40 | (inRange("language", language, 0, 7) << 3) | inRange("type", type, 0, 7);
  });
}

export function decodeCaption(byte: number): XdsCaptionService {
  return {
    language: (byte >> 3) & 7,
    field: (byte & 4) === 0 ? 1 : 2,
    dataChannel: (byte & 2) === 0 ? 1 : 2,
    text: (byte & 1) === 1,
  };
}

export function encodeCaption(service: XdsCaptionService): number {
  const language = inRange("language", service.language, 0, 7) << 3;
  return (
    0x40 |
    language |
    (service.field === 2 ? 4 : 0) |
    (service.dataChannel === 2 ? 2 : 0) |
    (service.text ? 1 : 0)
  );
}
