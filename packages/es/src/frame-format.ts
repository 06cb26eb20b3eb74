import { uint16 } from "@x/bits";
import { AC3_HEADER_BYTES, type Ac3Header, decodeAc3Header } from "./ac3.js";
import { type AdtsHeader, decodeAdtsHeader } from "./adts.js";
import { ifReadable } from "./errors.js";
import { decodeMpegAudioHeader, type MpegAudioHeader } from "./mpeg-audio.js";

/** Headers by the name of their framing. */
export interface FrameHeaders {
  readonly adts: AdtsHeader;
  readonly "mpeg-audio": MpegAudioHeader;
  readonly ac3: Ac3Header;
}

/** How a self-framing audio format is recognised. */
export interface FrameFormat<Header extends { readonly frameBytes: number }> {
  /** Bytes that decide whether a frame starts here. */
  readonly headerBytes: number;
  /** The first two bytes of every frame: those bits of them that `syncMask` names. */
  readonly sync: number;
  readonly syncMask: number;
  /** Throws FormatError when no frame starts here. */
  readonly decode: (bytes: Uint8Array, offset: number) => Header;
  /** True when `next` can follow `first` in one stream. */
  readonly follows: (first: Header, next: Header) => boolean;
}

/** The framings that {@link FrameParser} knows, FLAC excepted. */
export const FRAME_FORMATS: { readonly [F in keyof FrameHeaders]: FrameFormat<FrameHeaders[F]> } = {
  adts: {
    headerBytes: 7,
    sync: 0xfff0,
    syncMask: 0xfff0,
    decode: decodeAdtsHeader,
    follows: (first, next) =>
      first.samplingFrequency === next.samplingFrequency &&
      first.audioObjectType === next.audioObjectType &&
      first.channelConfiguration === next.channelConfiguration,
  },
  "mpeg-audio": {
    headerBytes: 4,
    sync: 0xffe0,
    syncMask: 0xffe0,
    decode: decodeMpegAudioHeader,
    follows: (first, next) =>
      first.version === next.version &&
      first.layer === next.layer &&
      first.sampleRate === next.sampleRate,
  },
  ac3: {
    headerBytes: AC3_HEADER_BYTES,
    sync: 0x0b77,
    syncMask: 0xffff,
    decode: decodeAc3Header,
    follows: (first, next) => first.codec === next.codec && first.sampleRate === next.sampleRate,
  },
};

/** The frame header at `offset`, or `undefined` when none is there. */
export function headerAt<Header extends { readonly frameBytes: number }>(
  format: FrameFormat<Header>,
  bytes: Uint8Array,
  offset: number,
): Header | undefined {
  // Errors are dear: among bytes that are no frame there would be one for each.
  if ((uint16(bytes, offset) & format.syncMask) !== format.sync) return undefined;
  return ifReadable(() => format.decode(bytes, offset));
}
