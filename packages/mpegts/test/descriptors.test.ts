import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  carriageOf,
  type Descriptor,
  decodeAncDataDescriptor,
  decodeAtscAc3Descriptor,
  decodeAv1VideoDescriptor,
  decodeAvcVideoDescriptor,
  decodeCaDescriptor,
  decodeCaptionServiceDescriptor,
  decodeCueIdentifierDescriptor,
  decodeDescriptors,
  decodeDvbAc3Descriptor,
  decodeHevcVideoDescriptor,
  decodeJxsVideoDescriptor,
  decodeLanguageDescriptor,
  decodeMaximumBitrateDescriptor,
  decodeOpusAudioDescriptor,
  decodeSubtitlingDescriptor,
  decodeTeletextDescriptor,
  descriptorName,
  encodeAncDataDescriptor,
  encodeAtscAc3Descriptor,
  encodeAv1VideoDescriptor,
  encodeAvcVideoDescriptor,
  encodeCaDescriptor,
  encodeCaptionServiceDescriptor,
  encodeCueIdentifierDescriptor,
  encodeDescriptors,
  encodeDvbAc3Descriptor,
  encodeHevcVideoDescriptor,
  encodeJxsVideoDescriptor,
  encodeLanguageDescriptor,
  encodeMaximumBitrateDescriptor,
  encodeOpusAudioDescriptor,
  encodeSubtitlingDescriptor,
  encodeTeletextDescriptor,
  registrationDescriptor,
  registrationOf,
  streamKind,
  streamKindInfo,
} from "../src/index.js";

function one(hex: string): Descriptor {
  const [descriptor] = decodeDescriptors(fromHex(hex));
  if (descriptor === undefined) throw new Error("no descriptor");
  return descriptor;
}

/** [name, hex with tag and length, registration, decode, fields, encode] */
type Case = [
  string,
  string,
  string | undefined,
  (descriptor: Descriptor) => unknown,
  unknown,
  (fields: never) => Descriptor,
];

const CASES: Case[] = [
  [
    "ISO_639_language_descriptor",
    "0a08656e670064657503",
    undefined,
    decodeLanguageDescriptor,
    [
      { iso639LanguageCode: "eng", audioType: 0 },
      { iso639LanguageCode: "deu", audioType: 3 },
    ],
    encodeLanguageDescriptor,
  ],
  [
    "CA_descriptor",
    "09060b00e123aabb",
    undefined,
    decodeCaDescriptor,
    { caSystemId: 0x0b00, caPid: 0x123, privateData: fromHex("aabb") },
    encodeCaDescriptor,
  ],
  [
    "caption_service_descriptor",
    "860de2656e67c17fff7370617f3fff",
    undefined,
    decodeCaptionServiceDescriptor,
    [
      {
        language: "eng",
        service: { digitalCc: true, captionServiceNumber: 1 },
        easyReader: false,
        wideAspectRatio: true,
      },
      {
        language: "spa",
        service: { digitalCc: false, line21Field: true },
        easyReader: false,
        wideAspectRatio: false,
      },
    ],
    encodeCaptionServiceDescriptor,
  ],
  [
    "AVC_video_descriptor",
    "28046440289f",
    undefined,
    decodeAvcVideoDescriptor,
    {
      profileIdc: 100,
      constraintFlags: 0x40,
      levelIdc: 40,
      avcStillPresent: true,
      avc24HourPictureFlag: false,
      framePackingSeiNotPresentFlag: false,
    },
    encodeAvcVideoDescriptor,
  ],
  [
    "HEVC_video_descriptor",
    "380f012000000090000000000078be1fdf",
    undefined,
    decodeHevcVideoDescriptor,
    {
      profileSpace: 0,
      tierFlag: false,
      profileIdc: 1,
      profileCompatibilityIndication: 0x20000000,
      progressiveSourceFlag: true,
      interlacedSourceFlag: false,
      nonPackedConstraintFlag: false,
      frameOnlyConstraintFlag: true,
      copied44Bits: 0,
      levelIdc: 120,
      hevcStillPresentFlag: false,
      hevc24hrPicturePresentFlag: true,
      subPicHrdParamsNotPresentFlag: true,
      hdrWcgIdc: 2,
      temporalIds: { min: 0, max: 6 },
    },
    encodeHevcVideoDescriptor,
  ],
  [
    "AV1_video_descriptor",
    "8004810d4e56",
    "AV01",
    decodeAv1VideoDescriptor,
    {
      version: 1,
      seqProfile: 0,
      seqLevelIdx0: 13,
      seqTier0: 0,
      highBitdepth: true,
      twelveBit: false,
      monochrome: false,
      chromaSubsamplingX: 1,
      chromaSubsamplingY: 1,
      chromaSamplePosition: 2,
      hdrWcgIdc: 1,
      initialPresentationDelayMinusOne: 6,
    },
    encodeAv1VideoDescriptor,
  ],
  [
    "JXS_video_descriptor",
    "3f1e1400014000b400000005010000198090000000000000000002060606" + "0000",
    undefined,
    decodeJxsVideoDescriptor,
    {
      descriptorVersion: 0,
      horizontalSize: 320,
      verticalSize: 180,
      brat: 5,
      frat: 0x01000019,
      schar: 0x8090,
      ppih: 0,
      plev: 0,
      maxBufferSize: 0,
      bufferModelType: 2,
      colourPrimaries: 6,
      transferCharacteristics: 6,
      matrixCoefficients: 6,
      videoFullRangeFlag: false,
      stillMode: false,
    },
    encodeJxsVideoDescriptor,
  ],
  [
    "AC-3_descriptor",
    "6a04d0420877",
    undefined,
    decodeDvbAc3Descriptor,
    { componentType: 0x42, bsid: 8, asvc: 0x77, additionalInfo: new Uint8Array(0) },
    encodeDvbAc3Descriptor,
  ],
  [
    "AC-3_audio_stream_descriptor",
    "8104084c0fff",
    undefined,
    decodeAtscAc3Descriptor,
    {
      sampleRateCode: 0,
      bsid: 8,
      bitRateCode: 19,
      surroundMode: 0,
      bsmod: 0,
      numChannels: 7,
      fullSvc: true,
      rest: fromHex("ff"),
    },
    encodeAtscAc3Descriptor,
  ],
  [
    "Opus_audio_descriptor",
    "7f028002",
    "Opus",
    decodeOpusAudioDescriptor,
    { channelConfigCode: 2, rest: new Uint8Array(0) },
    encodeOpusAudioDescriptor,
  ],
  ["anc_data_descriptor", "c400", "VANC", decodeAncDataDescriptor, [], encodeAncDataDescriptor],
  [
    "cue_identifier_descriptor",
    "8a0101",
    undefined,
    decodeCueIdentifierDescriptor,
    1,
    encodeCueIdentifierDescriptor,
  ],
  [
    "teletext_descriptor",
    "5605656e671088",
    undefined,
    decodeTeletextDescriptor,
    [
      {
        iso639LanguageCode: "eng",
        teletextType: 2,
        teletextMagazineNumber: 0,
        teletextPageNumber: 0x88,
      },
    ],
    encodeTeletextDescriptor,
  ],
  [
    "subtitling_descriptor",
    "5908656e671000010002",
    undefined,
    decodeSubtitlingDescriptor,
    [
      {
        iso639LanguageCode: "eng",
        subtitlingType: 0x10,
        compositionPageId: 1,
        ancillaryPageId: 2,
      },
    ],
    encodeSubtitlingDescriptor,
  ],
  [
    "maximum_bitrate_descriptor",
    "0e03c09c40",
    undefined,
    decodeMaximumBitrateDescriptor,
    16_000_000,
    encodeMaximumBitrateDescriptor,
  ],
];

describe.each(CASES)("%s", (name, hex, registration, decode, fields, encode) => {
  test("is read", () => expect(decode(one(hex))).toEqual(fields));
  test("is written", () => {
    expect(toHex(encodeDescriptors([encode(fields as never)]))).toBe(hex);
  });
  test("has its name", () => expect(descriptorName(one(hex), registration)).toBe(name));
  test("cut short it is an error, or less", () => {
    const { descriptorTag, data } = one(hex);
    for (let n = 0; n < data.length; n++) {
      try {
        decode({ descriptorTag, data: data.subarray(0, n) });
      } catch (error) {
        expect(error).toMatchObject({ name: "FormatError", code: "truncated" });
      }
    }
  });
});

describe("names of private tags need their registration", () => {
  test("0xC4 and 0x80", () => {
    expect(descriptorName(one("c400"))).toBeUndefined();
    expect(descriptorName(one("8000"))).toBe("stuffing_descriptor");
  });
});

describe("registration", () => {
  test("is four characters", () => {
    const descriptor = registrationDescriptor("VANC", Uint8Array.of(1));
    expect(toHex(encodeDescriptors([descriptor]))).toBe("050556414e4301");
    expect(registrationOf([descriptor])).toBe("VANC");
    expect(registrationOf([{ descriptorTag: 5, data: Uint8Array.of(1, 2, 3) }])).toBeUndefined();
    expect(() => registrationDescriptor("VAN")).toThrow(RangeError);
    expect(() => registrationDescriptor("VAN€")).toThrow(RangeError);
  });
});

describe("stream kinds", () => {
  test.each([
    [0x1b, "", "h264", "pes"],
    [0x24, "", "hevc", "pes"],
    [0x06, "050456414e43c400", "smpte-2038", "pes"],
    [0x06, "050456414e43", "smpte-2038", "pes"],
    [0x06, "c400", "private", "pes"],
    [0x06, "05044f707573", "opus", "pes"],
    [0x06, "050441563031", "av1", "pes"],
    [0x06, "6a0100", "ac3", "pes"],
    [0x06, "5600", "teletext", "pes"],
    [0x06, "5900", "dvb-subtitle", "pes"],
    [0x06, "05044b4c5641", "klv", "pes"],
    [0x81, "", "ac3", "pes"],
    [0x86, "050443554549", "scte35", "sections"],
    [0x32, "", "jpegxs", "pes"],
    [0x05, "", "private", "sections"],
    [0x0b, "", "private", "sections"],
    [0xea, "", "private", "pes"],
  ])("%d %s is %s", (streamType, hex, kind, carriage) => {
    const stream = { streamType, descriptors: decodeDescriptors(fromHex(hex)) };
    expect(streamKind(stream)).toBe(kind);
    expect(carriageOf(stream)).toBe(carriage);
  });

  test("what a kind is signalled with is read as that kind", () => {
    const kinds = [
      "h264",
      "hevc",
      "vvc",
      "av1",
      "jpegxs",
      "jpeg2000",
      "mpeg2-video",
      "aac-adts",
      "aac-latm",
      "ac3",
      "eac3",
      "opus",
      "dts",
      "smpte-302m",
      "smpte-2038",
      "scte35",
      "klv",
      "id3",
      "private",
    ] as const;
    for (const kind of kinds) {
      const { streamType, descriptors } = streamKindInfo(kind);
      expect(streamKind({ streamType, descriptors })).toBe(kind);
    }
  });
});
