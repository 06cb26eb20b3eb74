import { BitReader, BitWriter } from "@x/bits";
import { type Descriptor, decodeDescriptors, encodeDescriptors } from "./descriptor.js";

/** An entry of the ISO_639_language_descriptor, tag 0x0A (ISO/IEC 13818-1 2.6.18). */
export interface LanguageEntry {
  /** Three characters. */
  readonly iso639LanguageCode: string;
  /** 0 undefined, 1 clean effects, 2 hearing impaired, 3 visual impaired commentary. */
  readonly audioType: number;
}

/** CA_descriptor, tag 0x09 (ISO/IEC 13818-1 2.6.16). */
export interface CaDescriptor {
  readonly caSystemId: number;
  readonly caPid: number;
  readonly privateData: Uint8Array;
}

/** An entry of the caption_service_descriptor, tag 0x86 (ATSC A/65 6.9.2). */
export interface CaptionService {
  /** Three characters. */
  readonly language: string;
  /** CEA-708 with this service number, or line 21 data. */
  readonly service:
    | { readonly digitalCc: true; readonly captionServiceNumber: number }
    | { readonly digitalCc: false; readonly line21Field: boolean };
  readonly easyReader: boolean;
  readonly wideAspectRatio: boolean;
}

/** An entry of the teletext_descriptor, tag 0x56 (EN 300 468 6.2.43). */
export interface TeletextEntry {
  /** Three characters. */
  readonly iso639LanguageCode: string;
  /** 1 initial page, 2 subtitles, 3 additional information, 4 schedule, 5 subtitles for hearing impaired. */
  readonly teletextType: number;
  /** 0 means magazine 8. */
  readonly teletextMagazineNumber: number;
  /** Two hexadecimal digits. */
  readonly teletextPageNumber: number;
}

/** An entry of the subtitling_descriptor, tag 0x59 (EN 300 468 6.2.41). */
export interface SubtitlingEntry {
  /** Three characters. */
  readonly iso639LanguageCode: string;
  readonly subtitlingType: number;
  readonly compositionPageId: number;
  readonly ancillaryPageId: number;
}

/** @throws {FormatError} `truncated` */
export function decodeLanguageDescriptor({ data }: Descriptor): LanguageEntry[] {
  const reader = new BitReader(data);
  const entries: LanguageEntry[] = [];
  while (reader.remaining > 0) {
    const iso639LanguageCode = readLanguage(reader);
    entries.push({ iso639LanguageCode, audioType: reader.read(8, "audioType") });
  }
  return entries;
}

/** @throws {RangeError} when a field does not fit */
export function encodeLanguageDescriptor(entries: readonly LanguageEntry[]): Descriptor {
  const writer = new BitWriter(entries.length * 4);
  for (const entry of entries) {
    writeLanguage(writer, entry.iso639LanguageCode);
    writer.write(8, entry.audioType, "audioType");
  }
  return { descriptorTag: 0x0a, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeCaDescriptor({ data }: Descriptor): CaDescriptor {
  const reader = new BitReader(data);
  const caSystemId = reader.read(16, "caSystemId");
  reader.skip(3, "reserved");
  return { caSystemId, caPid: reader.read(13, "caPid"), privateData: data.subarray(4) };
}

/** @throws {RangeError} when a field does not fit */
export function encodeCaDescriptor(fields: CaDescriptor): Descriptor {
  const writer = new BitWriter(4 + fields.privateData.length);
  writer.write(16, fields.caSystemId, "caSystemId");
  writer.write(3, 7, "reserved");
  writer.write(13, fields.caPid, "caPid");
  writer.bytes(fields.privateData);
  return { descriptorTag: 0x09, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeCaptionServiceDescriptor({ data }: Descriptor): CaptionService[] {
  const reader = new BitReader(data);
  reader.skip(3, "reserved");
  const count = reader.read(5, "numberOfServices");
  const services: CaptionService[] = [];
  for (let i = 0; i < count; i++) {
    const language = readLanguage(reader);
    const digitalCc = reader.flag("digitalCc");
    reader.skip(1, "reserved");
    const number = reader.read(6, "captionServiceNumber");
    services.push({
      language,
      service: digitalCc
        ? { digitalCc, captionServiceNumber: number }
        : { digitalCc, line21Field: (number & 1) !== 0 },
      easyReader: reader.flag("easyReader"),
      wideAspectRatio: reader.flag("wideAspectRatio"),
    });
    reader.skip(14, "reserved");
  }
  return services;
}

/** @throws {RangeError} when a field does not fit, or there are more than 31 services */
export function encodeCaptionServiceDescriptor(services: readonly CaptionService[]): Descriptor {
  const writer = new BitWriter(1 + services.length * 6);
  writer.write(3, 7, "reserved");
  writer.write(5, services.length, "numberOfServices");
  for (const { language, service, easyReader, wideAspectRatio } of services) {
    writeLanguage(writer, language);
    writer.flag(service.digitalCc, "digitalCc");
    writer.write(1, 1, "reserved");
    if (service.digitalCc) {
      writer.write(6, service.captionServiceNumber, "captionServiceNumber");
    } else {
      writer.write(5, 0x1f, "reserved");
      writer.flag(service.line21Field, "line21Field");
    }
    writer.flag(easyReader, "easyReader");
    writer.flag(wideAspectRatio, "wideAspectRatio");
    writer.write(14, 0x3fff, "reserved");
  }
  return { descriptorTag: 0x86, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeTeletextDescriptor({ data }: Descriptor): TeletextEntry[] {
  const reader = new BitReader(data);
  const entries: TeletextEntry[] = [];
  while (reader.remaining > 0) {
    entries.push({
      iso639LanguageCode: readLanguage(reader),
      teletextType: reader.read(5, "teletextType"),
      teletextMagazineNumber: reader.read(3, "teletextMagazineNumber"),
      teletextPageNumber: reader.read(8, "teletextPageNumber"),
    });
  }
  return entries;
}

/** @throws {RangeError} when a field does not fit */
export function encodeTeletextDescriptor(entries: readonly TeletextEntry[]): Descriptor {
  const writer = new BitWriter(entries.length * 5);
  for (const entry of entries) {
    writeLanguage(writer, entry.iso639LanguageCode);
    writer.write(5, entry.teletextType, "teletextType");
    writer.write(3, entry.teletextMagazineNumber, "teletextMagazineNumber");
    writer.write(8, entry.teletextPageNumber, "teletextPageNumber");
  }
  return { descriptorTag: 0x56, data: writer.finish() };
}

/** @throws {FormatError} `truncated` */
export function decodeSubtitlingDescriptor({ data }: Descriptor): SubtitlingEntry[] {
  const reader = new BitReader(data);
  const entries: SubtitlingEntry[] = [];
  while (reader.remaining > 0) {
    entries.push({
      iso639LanguageCode: readLanguage(reader),
      subtitlingType: reader.read(8, "subtitlingType"),
      compositionPageId: reader.read(16, "compositionPageId"),
      ancillaryPageId: reader.read(16, "ancillaryPageId"),
    });
  }
  return entries;
}

/** @throws {RangeError} when a field does not fit */
export function encodeSubtitlingDescriptor(entries: readonly SubtitlingEntry[]): Descriptor {
  const writer = new BitWriter(entries.length * 8);
  for (const entry of entries) {
    writeLanguage(writer, entry.iso639LanguageCode);
    writer.write(8, entry.subtitlingType, "subtitlingType");
    writer.write(16, entry.compositionPageId, "compositionPageId");
    writer.write(16, entry.ancillaryPageId, "ancillaryPageId");
  }
  return { descriptorTag: 0x59, data: writer.finish() };
}

/**
 * cue_identifier_descriptor, tag 0x8A (SCTE 35 8.2): 0 splice_insert, null and schedule; 1 all commands; 2 segmentation;
 * 3 tiered splicing; 4 tiered segmentation.
 * @throws {FormatError} `truncated`
 */
export function decodeCueIdentifierDescriptor({ data }: Descriptor): number {
  return new BitReader(data).read(8, "cueStreamType");
}

/** @throws {RangeError} when `cueStreamType` is no byte */
export function encodeCueIdentifierDescriptor(cueStreamType: number): Descriptor {
  const writer = new BitWriter(1);
  writer.write(8, cueStreamType, "cueStreamType");
  return { descriptorTag: 0x8a, data: writer.finish() };
}

/**
 * maximum_bitrate_descriptor, tag 0x0E (ISO/IEC 13818-1 2.6.26): bit/s, a multiple of 400.
 * @throws {FormatError} `truncated`
 */
export function decodeMaximumBitrateDescriptor({ data }: Descriptor): number {
  const reader = new BitReader(data);
  reader.skip(2, "reserved");
  return reader.read(22, "maximumBitrate") * 400;
}

/** Rounded up to a multiple of 400 bit/s. @throws {RangeError} when it does not fit */
export function encodeMaximumBitrateDescriptor(bitrate: number): Descriptor {
  const writer = new BitWriter(3);
  writer.write(2, 3, "reserved");
  writer.write(22, Math.ceil(bitrate / 400), "maximumBitrate");
  return { descriptorTag: 0x0e, data: writer.finish() };
}

/**
 * anc_data_descriptor, tag 0xC4 behind the registration "VANC" (ST 2038 4.1.2): its nested descriptors; none are defined.
 * @throws {FormatError} `truncated`
 */
export function decodeAncDataDescriptor({ data }: Descriptor): Descriptor[] {
  return decodeDescriptors(data);
}

/** @throws {RangeError} when the nested descriptors do not fit */
export function encodeAncDataDescriptor(descriptors: readonly Descriptor[] = []): Descriptor {
  const data = encodeDescriptors(descriptors);
  if (data.length > 255) throw new RangeError(`anc_data_descriptor of ${data.length} bytes`);
  return { descriptorTag: 0xc4, data };
}

function readLanguage(reader: BitReader): string {
  const code = reader.read(24, "iso639LanguageCode");
  return String.fromCharCode(code >>> 16, (code >>> 8) & 0xff, code & 0xff);
}

function writeLanguage(writer: BitWriter, language: string): void {
  if (language.length !== 3) throw new RangeError(`language: ${language} is not three characters`);
  for (let i = 0; i < 3; i++) writer.write(8, language.charCodeAt(i), "iso639LanguageCode");
}
