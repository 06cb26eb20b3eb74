import { BitReader, BitWriter, plain } from "@x/bits";
import { formatError, ifReadable } from "./errors.js";
import { decodePce, encodePce, type ProgramConfigElement, pceChannels } from "./program-config.js";

/** samplingFrequencyIndex 0 to 12, ISO/IEC 14496-3 table 1.18, in Hz. */
export const AAC_SAMPLING_FREQUENCIES: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** Channels of each channelConfiguration; 0 is told by a program config element, the others are reserved. */
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0];

/** Object types whose specific part is a GASpecificConfig. */
const GENERAL_AUDIO: readonly number[] = [1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23];
const SBR = 5;
const PS = 29;
const SYNC_EXTENSION = 0x2b7;
const PS_SYNC_EXTENSION = 0x548;

/** AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1. */
export interface AudioSpecificConfig {
  /** 2 AAC-LC, 5 SBR, 29 PS... With an explicit SBR or PS type, that one; see `coreObjectType`. */
  readonly audioObjectType: number;
  /** In Hz, of the core coder. */
  readonly samplingFrequency: number;
  readonly channelConfiguration: number;
  /** Explicit signalling, object types 5 and 29: the core's type and the extension's rate. */
  readonly explicitExtension:
    | { readonly coreObjectType: number; readonly samplingFrequency: number }
    | undefined;
  /** `undefined` for an object type without it: the specific part is not read then. */
  readonly gaSpecificConfig: GaSpecificConfig | undefined;
  /** extensionAudioObjectType behind sync word 0x2B7: 5; `undefined` when there is none. */
  readonly syncExtension: number | undefined;
  /** sbrPresentFlag of the sync extension. */
  readonly sbrPresent: boolean | undefined;
  /** extensionSamplingFrequency of the sync extension, in Hz. */
  readonly extensionSamplingFrequency: number | undefined;
  /** psPresentFlag behind sync word 0x548. */
  readonly psPresent: boolean | undefined;
}

/** GASpecificConfig, ISO/IEC 14496-3 4.4.1. */
export interface GaSpecificConfig {
  /** 960 samples a frame instead of 1024. */
  readonly frameLengthFlag: boolean;
  /** coreCoderDelay; `undefined` when the stream does not depend on a core coder. */
  readonly coreCoderDelay: number | undefined;
  readonly extensionFlag: boolean;
  readonly programConfig: ProgramConfigElement | undefined;
  /** layerNr, object types 6 and 20. */
  readonly layerNr: number | undefined;
  /** With extensionFlag: numOfSubFrame and layer_length (type 22) or the resilience flags (17, 19, 20, 23), raw. */
  readonly extension: number | undefined;
}

/**
 * Decode an AudioSpecificConfig. Bytes behind it are ignored, as is a sync extension that is damaged or cut off.
 * @throws {FormatError} `truncated`; `reserved` for a sampling frequency index of 13 or 14
 */
export function decodeAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig {
  const reader = new BitReader(plain(bytes));
  const audioObjectType = readObjectType(reader);
  const samplingFrequency = readFrequency(reader, "samplingFrequency");
  const channelConfiguration = reader.read(4, "channelConfiguration");
  let coreObjectType = audioObjectType;
  let explicitExtension: AudioSpecificConfig["explicitExtension"];
  if (audioObjectType === SBR || audioObjectType === PS) {
    const extensionFrequency = readFrequency(reader, "extensionSamplingFrequency");
    coreObjectType = readObjectType(reader);
    explicitExtension = { coreObjectType, samplingFrequency: extensionFrequency };
  }
  const gaSpecificConfig = GENERAL_AUDIO.includes(coreObjectType)
    ? readGaSpecificConfig(reader, coreObjectType, channelConfiguration)
    : undefined;
  const known = gaSpecificConfig !== undefined && explicitExtension === undefined;
  return {
    audioObjectType,
    samplingFrequency,
    channelConfiguration,
    explicitExtension,
    gaSpecificConfig,
    ...((known && ifReadable(() => readSyncExtension(reader))) || NO_EXTENSION),
  };
}

type SyncExtension = Pick<
  AudioSpecificConfig,
  "syncExtension" | "sbrPresent" | "extensionSamplingFrequency" | "psPresent"
>;

const NO_EXTENSION: SyncExtension = {
  syncExtension: undefined,
  sbrPresent: undefined,
  extensionSamplingFrequency: undefined,
  psPresent: undefined,
};

function readObjectType(reader: BitReader): number {
  const type = reader.read(5, "audioObjectType");
  return type === 31 ? 32 + reader.read(6, "audioObjectTypeExt") : type;
}

function readFrequency(reader: BitReader, field: string): number {
  const index = reader.read(4, `${field}Index`);
  if (index === 15) return reader.read(24, field);
  const frequency = AAC_SAMPLING_FREQUENCIES[index];
  if (frequency === undefined) {
    throw formatError("reserved", `index ${index}`, `${field}Index`, reader.position >> 3);
  }
  return frequency;
}

function readGaSpecificConfig(
  reader: BitReader,
  objectType: number,
  channelConfiguration: number,
): GaSpecificConfig {
  const frameLengthFlag = reader.flag("frameLengthFlag");
  const coreCoderDelay = reader.flag("dependsOnCoreCoder")
    ? reader.read(14, "coreCoderDelay")
    : undefined;
  const extensionFlag = reader.flag("extensionFlag");
  const programConfig = channelConfiguration === 0 ? decodePce(reader) : undefined;
  const layerNr = objectType === 6 || objectType === 20 ? reader.read(3, "layerNr") : undefined;
  const width = extensionFlag ? extensionBits(objectType) : 0;
  const extension = width > 0 ? reader.read(width, "gaSpecificExtension") : undefined;
  return { frameLengthFlag, coreCoderDelay, extensionFlag, programConfig, layerNr, extension };
}

/** Bits behind extensionFlag: numOfSubFrame and layer_length, or the resilience flags; then extensionFlag3. */
function extensionBits(objectType: number): number {
  if (objectType === 22) return 5 + 11 + 1;
  return [17, 19, 20, 23].includes(objectType) ? 3 + 1 : 1;
}

function readSyncExtension(reader: BitReader): SyncExtension {
  // ISO/IEC 14496-3 1.6.2.1: looked for only when 16 bits are left.
  if (reader.remaining < 16) return NO_EXTENSION;
  if (reader.read(11, "syncExtensionType") !== SYNC_EXTENSION) return NO_EXTENSION;
  const syncExtension = readObjectType(reader);
  if (syncExtension !== SBR) return NO_EXTENSION;
  const sbrPresent = reader.flag("sbrPresentFlag");
  let extensionSamplingFrequency: number | undefined;
  let psPresent: boolean | undefined;
  if (sbrPresent) {
    extensionSamplingFrequency = readFrequency(reader, "extensionSamplingFrequency");
    const found = reader.remaining >= 12 && reader.read(11, "syncExtensionType");
    if (found === PS_SYNC_EXTENSION) psPresent = reader.flag("psPresentFlag");
  }
  return { syncExtension, sbrPresent, extensionSamplingFrequency, psPresent };
}

/**
 * Encode an AudioSpecificConfig.
 * @throws {RangeError} when a value does not fit its field, or the object type's specific part is not known
 */
export function encodeAudioSpecificConfig(config: AudioSpecificConfig): Uint8Array<ArrayBuffer> {
  const { explicitExtension, gaSpecificConfig } = config;
  const objectType = explicitExtension?.coreObjectType ?? config.audioObjectType;
  if (gaSpecificConfig === undefined) {
    throw new RangeError(`audioObjectType: ${objectType} has no GASpecificConfig`);
  }
  const writer = new BitWriter(16);
  writeObjectType(writer, config.audioObjectType);
  writeFrequency(writer, config.samplingFrequency, "samplingFrequency");
  writer.write(4, config.channelConfiguration, "channelConfiguration");
  if (explicitExtension !== undefined) {
    writeFrequency(writer, explicitExtension.samplingFrequency, "extensionSamplingFrequency");
    writeObjectType(writer, objectType);
  }
  const { frameLengthFlag, coreCoderDelay, extensionFlag, programConfig } = gaSpecificConfig;
  writer.flag(frameLengthFlag, "frameLengthFlag");
  writer.flag(coreCoderDelay !== undefined, "dependsOnCoreCoder");
  if (coreCoderDelay !== undefined) writer.write(14, coreCoderDelay, "coreCoderDelay");
  writer.flag(extensionFlag, "extensionFlag");
  if (config.channelConfiguration === 0) {
    if (programConfig === undefined) throw new RangeError("programConfig: missing");
    encodePce(writer, programConfig);
  }
  if (objectType === 6 || objectType === 20) {
    writer.write(3, gaSpecificConfig.layerNr ?? 0, "layerNr");
  }
  if (extensionFlag) {
    const bits = extensionBits(objectType);
    writer.write(bits, gaSpecificConfig.extension ?? 0, "gaSpecificExtension");
  }
  if (config.syncExtension !== undefined) {
    writer.write(11, SYNC_EXTENSION, "syncExtensionType");
    writeObjectType(writer, config.syncExtension);
    writer.flag(config.sbrPresent === true, "sbrPresentFlag");
    if (config.sbrPresent === true) {
      const frequency = config.extensionSamplingFrequency ?? 2 * config.samplingFrequency;
      writeFrequency(writer, frequency, "extensionSamplingFrequency");
      if (config.psPresent !== undefined) {
        writer.write(11, PS_SYNC_EXTENSION, "syncExtensionType");
        writer.flag(config.psPresent, "psPresentFlag");
      }
    }
  }
  return writer.finish();
}

function writeObjectType(writer: BitWriter, type: number): void {
  if (type < 31) {
    writer.write(5, type, "audioObjectType");
    return;
  }
  writer.write(5, 31, "audioObjectType");
  writer.write(6, type - 32, "audioObjectTypeExt");
}

function writeFrequency(writer: BitWriter, frequency: number, field: string): void {
  const index = AAC_SAMPLING_FREQUENCIES.indexOf(frequency);
  writer.write(4, index < 0 ? 15 : index, `${field}Index`);
  if (index < 0) writer.write(24, frequency, field);
}

/** Channels of the core coder; `undefined` when the configuration is reserved. PS makes two of one on output. */
export function aacChannels(config: AudioSpecificConfig): number | undefined {
  const programConfig = config.gaSpecificConfig?.programConfig;
  if (programConfig !== undefined) return pceChannels(programConfig);
  return CHANNELS[config.channelConfiguration] || undefined;
}

/** The configuration of plain AAC of `audioObjectType` (default 2, LC) in its two-byte form. */
export function createAudioSpecificConfig(init: {
  readonly samplingFrequency: number;
  readonly channelConfiguration: number;
  readonly audioObjectType?: number;
}): AudioSpecificConfig {
  return {
    audioObjectType: init.audioObjectType ?? 2,
    samplingFrequency: init.samplingFrequency,
    channelConfiguration: init.channelConfiguration,
    explicitExtension: undefined,
    gaSpecificConfig: {
      frameLengthFlag: false,
      coreCoderDelay: undefined,
      extensionFlag: false,
      programConfig: undefined,
      layerNr: undefined,
      extension: undefined,
    },
    ...NO_EXTENSION,
  };
}
