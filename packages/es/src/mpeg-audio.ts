import { formatError, viewOf } from "./errors.js";

/** Header of an MPEG audio frame, ISO/IEC 11172-3 2.4.2.3, 13818-3, and the "2.5" extension of layer III. */
export interface MpegAudioHeader {
  /** 1, 2 or 2.5. */
  readonly version: 1 | 2 | 2.5;
  readonly layer: 1 | 2 | 3;
  readonly bitrateKbps: number;
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly frameBytes: number;
  readonly samples: number;
}

const RATES: readonly number[] = [44100, 48000, 32000];

/** kbit/s for bitrate_index 1 to 14: version 1 layers I, II, III; the others' layer I, and II with III. */
const BITRATES: Readonly<Record<string, readonly number[]>> = {
  "1/1": [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  "1/2": [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  "1/3": [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  "2/1": [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  "2/2": [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  "2/3": [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/**
 * Decode the frame header at `offset`.
 * @throws {FormatError} `truncated`; `sync`; `reserved`; `unsupported` for free format (bitrate_index 0)
 */
export function decodeMpegAudioHeader(bytes: Uint8Array, offset = 0): MpegAudioHeader {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = viewOf(bytes, offset, 4, "header");
  if (b0 !== 0xff || (b1 & 0xe0) !== 0xe0) {
    throw formatError("sync", "is not eleven ones", "syncword", offset);
  }
  const versionBits = (b1 >> 3) & 3;
  const layerBits = (b1 >> 1) & 3;
  if (versionBits === 1) throw formatError("reserved", "is 01", "ID", offset + 1);
  if (layerBits === 0) throw formatError("reserved", "is 00", "layer", offset + 1);
  const version = versionBits === 3 ? 1 : versionBits === 2 ? 2 : 2.5;
  const layer = (4 - layerBits) as 1 | 2 | 3;
  const rate = RATES[(b2 >> 2) & 3];
  if (rate === undefined) throw formatError("reserved", "is 11", "samplingFrequency", offset + 2);
  const index = b2 >> 4;
  if (index === 0) throw formatError("unsupported", "free format", "bitrateIndex", offset + 2);
  const bitrateKbps = BITRATES[`${version === 1 ? 1 : 2}/${layer}`]?.[index - 1];
  if (bitrateKbps === undefined) {
    throw formatError("reserved", "is 1111", "bitrateIndex", offset + 2);
  }
  const sampleRate = version === 1 ? rate : version === 2 ? rate / 2 : rate / 4;
  const padding = (b2 >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 1 ? 576 : 1152;
  const slot = layer === 1 ? 4 : 1;
  const slots = Math.floor(((samples / 8 / slot) * bitrateKbps * 1000) / sampleRate);
  return {
    version,
    layer,
    bitrateKbps,
    sampleRate,
    channels: b3 >> 6 === 3 ? 1 : 2,
    frameBytes: (slots + padding) * slot,
    samples,
  };
}

/**
 * True for the frame in front of a stream in which encoders put a table of contents instead of sound: "Xing", "Info"
 * or "VBRI" where its main data would begin. Decoded it is a frame of silence that was never there.
 */
export function isMpegAudioInfoFrame(frame: Uint8Array, header: MpegAudioHeader): boolean {
  if (header.layer !== 3) return false;
  const sideInfo =
    header.version === 1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17;
  const textAt = (at: number): string => String.fromCharCode(...frame.subarray(at, at + 4));
  return ["Xing", "Info"].includes(textAt(4 + sideInfo)) || textAt(4 + 32) === "VBRI";
}
