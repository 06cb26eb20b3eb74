import { uint16 } from "@x/bits";
import {
  AAC_SAMPLING_FREQUENCIES,
  type AudioSpecificConfig,
  createAudioSpecificConfig,
} from "./audio-specific-config.js";
import { formatError, viewOf } from "./errors.js";

/** adts_fixed_header and adts_variable_header, ISO/IEC 14496-3 1.A.3.2. */
export interface AdtsHeader {
  /** profile_ObjectType + 1. */
  readonly audioObjectType: number;
  /** In Hz. */
  readonly samplingFrequency: number;
  readonly channelConfiguration: number;
  /** 7, or 9 with a CRC. */
  readonly headerBytes: number;
  /** aac_frame_length: header included. */
  readonly frameBytes: number;
  /** number_of_raw_data_blocks_in_frame + 1. */
  readonly rawDataBlocks: number;
  /** 1024 a block. */
  readonly samples: number;
}

/**
 * Decode the ADTS header at `offset`.
 * @throws {FormatError} `truncated`; `sync`; `reserved` for layer or frequency index; `range` for a frame shorter than
 * its header
 */
export function decodeAdtsHeader(bytes: Uint8Array, offset = 0): AdtsHeader {
  const header = viewOf(bytes, offset, 7, "adtsHeader");
  const [, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = header;
  if ((uint16(header, 0) & 0xfff0) !== 0xfff0) {
    throw formatError("sync", "is not 0xfff", "syncword", offset);
  }
  if (b1 & 6) throw formatError("reserved", "is not 0", "layer", offset + 1);
  const samplingFrequency = AAC_SAMPLING_FREQUENCIES[(b2 >> 2) & 15];
  if (samplingFrequency === undefined) {
    const index = (b2 >> 2) & 15;
    throw formatError("reserved", `index ${index}`, "samplingFrequencyIndex", offset + 2);
  }
  const headerBytes = b1 & 1 ? 7 : 9;
  const frameBytes = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
  if (frameBytes < headerBytes) {
    throw formatError("range", `frame of ${frameBytes} bytes`, "aacFrameLength", offset + 3);
  }
  const rawDataBlocks = (b6 & 3) + 1;
  return {
    audioObjectType: (b2 >> 6) + 1,
    samplingFrequency,
    channelConfiguration: ((b2 & 1) << 2) | (b3 >> 6),
    headerBytes,
    frameBytes,
    rawDataBlocks,
    samples: 1024 * rawDataBlocks,
  };
}

/** What a header says, as decoders want it. Channel configuration 0 cannot be told from the header. */
export function audioSpecificConfigFromAdts(header: AdtsHeader): AudioSpecificConfig {
  return createAudioSpecificConfig(header);
}

/**
 * An ADTS header of seven bytes for a raw data block of `size` bytes.
 * @throws {RangeError} when the object type, rate, channels or size have no place in it
 */
export function encodeAdtsHeader(
  config: Pick<AdtsHeader, "audioObjectType" | "samplingFrequency" | "channelConfiguration">,
  size: number,
): Uint8Array<ArrayBuffer> {
  const { audioObjectType, samplingFrequency, channelConfiguration } = config;
  const index = AAC_SAMPLING_FREQUENCIES.indexOf(samplingFrequency);
  if (audioObjectType < 1 || audioObjectType > 4) {
    throw new RangeError(`audioObjectType: ${audioObjectType}`);
  }
  if (index < 0) throw new RangeError(`samplingFrequency: ${samplingFrequency}`);
  if (channelConfiguration > 7)
    throw new RangeError(`channelConfiguration: ${channelConfiguration}`);
  const frameBytes = size + 7;
  if (frameBytes > 0x1fff) throw new RangeError(`frame of ${frameBytes} bytes`);
  return Uint8Array.of(
    0xff,
    0xf1,
    ((audioObjectType - 1) << 6) | (index << 2) | (channelConfiguration >> 2),
    ((channelConfiguration & 3) << 6) | (frameBytes >> 11),
    (frameBytes >> 3) & 0xff,
    ((frameBytes & 7) << 5) | 0x1f,
    0xfc,
  );
}
