import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import { conformanceSuite, type EsImplementation } from "../src/conformance.js";
import {
  decodeAc3Header,
  decodeAdtsHeader,
  decodeAudioSpecificConfig,
  decodeAvcSps,
  decodeHevcSps,
  decodeMpegAudioHeader,
  decodeOpusHead,
  escapeRbsp,
  OggParser,
  type OggParserOptions,
  opusPacketDurationMs,
  splitAnnexB,
  splitLengthDelimitedObus,
  splitObus,
  unescapeNal,
} from "../src/index.js";

function oggPackets(bytes: Uint8Array, serial: number, options?: OggParserOptions): Uint8Array[] {
  const parser = new OggParser(options);
  return [...parser.push(bytes), ...parser.flush()].flatMap((event) =>
    event.type === "page" && event.serial === serial ? event.packets : [],
  );
}

const OURS: EsImplementation = {
  splitAnnexB,
  unescapeNal,
  escapeRbsp,
  splitObus,
  splitLengthDelimitedObus,
  oggPackets,
  avcSize: decodeAvcSps,
  hevcSize: decodeHevcSps,
  audioSpecificConfig: decodeAudioSpecificConfig,
  adtsFrame: decodeAdtsHeader,
  mp3Frame: decodeMpegAudioHeader,
  ac3Frame: decodeAc3Header,
  opusDuration: opusPacketDurationMs,
  opusHead: decodeOpusHead,
};

conformanceSuite(OURS, { describe, test });

const WRONG: Readonly<Record<string, EsImplementation>> = {
  "start codes of four bytes only": {
    ...OURS,
    splitAnnexB: (bytes) =>
      splitAnnexB(bytes).filter((nal) => {
        const at = nal.byteOffset - bytes.byteOffset;
        return bytes[at - 4] === 0 && at >= 4;
      }),
  },
  "trailing zeros kept": {
    ...OURS,
    splitAnnexB: (bytes) =>
      splitAnnexB(bytes).map((nal) => new Uint8Array([...nal, ...(bytes.at(-1) === 0 ? [0] : [])])),
  },
  "no emulation prevention before 03": {
    ...OURS,
    escapeRbsp: (rbsp) => {
      const text = [...escapeRbsp(rbsp)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
      const bytes = text.replaceAll("00 00 03 03", "00 00 03").split(" ");
      return Uint8Array.from(bytes, (b) => Number.parseInt(b, 16));
    },
  },
  "every 03 behind two zeros of the payload is taken for emulation prevention twice": {
    ...OURS,
    unescapeNal: (nal) => unescapeNal(unescapeNal(nal)),
  },
  "cropping forgotten": {
    ...OURS,
    avcSize: (sps) => {
      const { width, height } = decodeAvcSps(sps);
      return { width: Math.ceil(width / 16) * 16, height: Math.ceil(height / 16) * 16 };
    },
  },
  "interlaced height halved": {
    ...OURS,
    avcSize: (sps) => {
      const { width, height, frameMbsOnlyFlag } = decodeAvcSps(sps);
      return { width, height: frameMbsOnlyFlag ? height : height / 2 };
    },
  },
  "one size byte for OBUs": {
    ...OURS,
    splitObus: (bytes) =>
      splitObus(bytes).map((obu) => ({ ...obu, payload: obu.payload.subarray(0, 127) })),
  },
  "a cut OBU is accepted": {
    ...OURS,
    splitObus: (bytes) => {
      try {
        return splitObus(bytes);
      } catch {
        return [];
      }
    },
  },
  "OBU sizes inside a length-delimited unit taken for payload": {
    ...OURS,
    splitLengthDelimitedObus: (bytes) =>
      splitLengthDelimitedObus(bytes).map((obu) => ({ ...obu, payload: obu.bytes.subarray(1) })),
  },
  "one frame unit in a temporal unit": {
    ...OURS,
    splitLengthDelimitedObus: (bytes) => splitLengthDelimitedObus(bytes).slice(0, 3),
  },
  "an Ogg packet of exactly 255 bytes goes on": {
    ...OURS,
    oggPackets: (bytes, serial) =>
      oggPackets(bytes, serial).filter(({ length }) => length === 0 || length % 255 !== 0),
  },
  "logical streams mixed up": {
    ...OURS,
    oggPackets: (bytes) => [1, 2].flatMap((serial) => oggPackets(bytes, serial)),
  },
  "Ogg packets end with their page": {
    ...OURS,
    oggPackets: (bytes, serial) => oggPackets(bytes, serial, { maxPacketSize: 0 }),
  },
  "a cut Ogg packet is delivered with what is left of it": {
    ...OURS,
    oggPackets: (bytes, serial) => {
      const clean = oggPackets(bytes, serial);
      const parser = new OggParser();
      const lost = parser.push(bytes).some((event) => event.type === "issue");
      return lost ? [...clean, new Uint8Array(3)] : clean;
    },
  },
  "explicit frequencies forgotten": {
    ...OURS,
    audioSpecificConfig: (bytes) => ({
      ...decodeAudioSpecificConfig(bytes),
      samplingFrequency: 48000,
    }),
  },
  "ADTS length of 11 bits": {
    ...OURS,
    adtsFrame: (bytes) => {
      const header = decodeAdtsHeader(bytes);
      return { ...header, frameBytes: header.frameBytes & 0x7ff };
    },
  },
  "MP3 padding forgotten": {
    ...OURS,
    mp3Frame: (bytes) =>
      decodeMpegAudioHeader(Uint8Array.from(bytes, (b, i) => (i === 2 ? b & 0xfd : b))),
  },
  "1152 samples in every MP3 frame": {
    ...OURS,
    mp3Frame: (bytes) => ({ ...decodeMpegAudioHeader(bytes), samples: 1152 }),
  },
  "the LFE is no channel": {
    ...OURS,
    ac3Frame: (bytes) => {
      const header = decodeAc3Header(bytes);
      return { ...header, channels: header.channels - (header.lfeon ? 1 : 0) };
    },
  },
  "one frame in every Opus packet": {
    ...OURS,
    opusDuration: (packet) => Math.min(opusPacketDurationMs(packet), 20),
  },
  "an unsigned gain": {
    ...OURS,
    opusHead: (bytes) => {
      const head = decodeOpusHead(bytes);
      return { ...head, outputGain: head.outputGain & 0xffff };
    },
  },
};

describe("the suite catches", () => {
  test.each(Object.keys(WRONG))("%s", (name) => {
    const failed = failedProperties(conformanceSuite, WRONG[name] as EsImplementation);
    expect(failed.length).toBeGreaterThan(0);
  });

  test("nothing in ours", () => expect(failedProperties(conformanceSuite, OURS, 20)).toEqual([]));
});
