// JPEG XS in a transport stream (ISO/IEC 13818-1 annex W).
import { concatBytes } from "@x/bits";
import { CodestreamSplitter, type DecodedHeader, decodeHeader, samplingFormat } from "@x/jpegxs";
import {
  decodeJxsVideoDescriptor,
  encodeJxsVideoDescriptor,
  isFormatError,
  type JxsVideoDescriptor,
  type PmtStream,
} from "@x/mpegts";
import {
  type Caps,
  type CapsValue,
  caps,
  type Fraction,
  fractionOf,
  numberOf,
  stringOf,
} from "../caps.js";
import { extended, type MuxFormat, type StreamFormat } from "./ts-stream.js";

const JXS_BOX = 0x6a786573;
const JXS_BOX_SIZE = 30;
/** By the lower four bits of schar. */
const JXS_SAMPLINGS = [
  "YCbCr-4:2:2",
  "YCbCr-4:4:4",
  "RGB-4:4:4",
  "YCbCr-4:2:0",
  "YCbCr-4:2:2:4",
  "YCbCr-4:4:4:4",
  "RGB-4:4:4:4",
];

/** JPEG XS as tsdemux hands it out. */
export function jpegxsFormat(stream: PmtStream): StreamFormat {
  const found = extended(stream, 0x3f, 0x14, decodeJxsVideoDescriptor);
  // Nothing behind an unknown version means anything.
  const descriptor = found?.descriptorVersion === 0 ? found : undefined;
  const interlaced = descriptor !== undefined && descriptor.frat >>> 30 !== 0;
  return {
    pads: "video",
    caps: caps("image/x-jxsc", {
      alignment: "frame",
      codestream: "jpeg-xs",
      ...(descriptor && jpegxsFields(descriptor)),
    }),
    unwrap: (payload, warn) => {
      const data = withoutJxsBox(payload);
      if (interlaced) {
        const splitter = new CodestreamSplitter();
        const fields = splitter.push(data).length + splitter.flush().length;
        // The next frame's fields must not be taken for this one's.
        if (fields !== 2) {
          warn(`an interlaced picture of ${fields} codestreams is dropped`);
          return [];
        }
      }
      return [{ data, after: 0n }];
    },
  };
}

function jpegxsFields({
  horizontalSize,
  verticalSize,
  frat,
  schar,
}: JxsVideoDescriptor): Record<string, CapsValue> {
  const mode = frat >>> 30;
  const nominal = frat & 0xffff;
  const code = (frat >>> 24) & 0x3f;
  const known = nominal > 0 && (code === 1 || code === 2);
  const framerate =
    code === 2
      ? { numerator: nominal * 1000, denominator: 1001 }
      : { numerator: nominal, denominator: 1 };
  const sampling = JXS_SAMPLINGS[schar & 0x0f];
  return {
    // Muxers do not agree whether the height is a field's or the frame's: the codestreams tell.
    ...(mode === 0 ? { width: horizontalSize, height: verticalSize } : { width: horizontalSize }),
    "interlace-mode": mode === 0 ? "progressive" : "fields",
    ...(mode === 0 ? {} : { "field-order": mode === 1 ? "top-field-first" : "bottom-field-first" }),
    ...(known ? { framerate } : {}),
    ...(schar < 0x8000 ? {} : { depth: ((schar >> 4) & 0x0f) + 1 }),
    ...(schar < 0x8000 || sampling === undefined ? {} : { sampling }),
  };
}

/** The codestreams of an access unit. Some muxers write no box in front. */
function withoutJxsBox(payload: Uint8Array): Uint8Array {
  if (payload.length < JXS_BOX_SIZE) return payload;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const size = view.getUint32(0);
  const isBox = view.getUint32(4) === JXS_BOX && size >= JXS_BOX_SIZE && size <= payload.length;
  return isBox ? payload.subarray(size) : payload;
}

/** JPEG XS as mpegtsmux writes it: what the first picture's header says counts, and the caps for the rest. */
export function jpegxsMuxFormat(of: Caps, first: Uint8Array | undefined): MuxFormat {
  const header = first && headerOf(withoutJxsBox(first));
  const descriptor = jxsDescriptor(of, header);
  const box = jxsBox(descriptor);
  return {
    kind: "jpegxs",
    descriptors: [encodeJxsVideoDescriptor(descriptor)],
    wrap: (data) => concatBytes(box, withoutJxsBox(data)),
  };
}

function headerOf(codestream: Uint8Array): DecodedHeader | undefined {
  try {
    return decodeHeader(codestream);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

/** By colorimetry: colour_primaries, transfer_characteristics and matrix_coefficients (ITU-T H.273). */
const COLORIMETRIES: Readonly<Record<string, readonly [number, number, number]>> = {
  bt601: [6, 6, 6],
  bt709: [1, 1, 1],
  smpte240m: [7, 7, 7],
  sRGB: [1, 13, 0],
  bt2020: [9, 14, 9],
  "bt2020-10": [9, 14, 9],
  "bt2100-pq": [9, 16, 9],
  "bt2100-hlg": [9, 18, 9],
};

function jxsDescriptor(of: Caps, header: DecodedHeader | undefined): JxsVideoDescriptor {
  const interlaced = stringOf(of, "interlace-mode") === "fields";
  const sampling = samplingOf(of, header);
  const depth = header?.cdt[0]?.b ?? numberOf(of, "depth");
  const code = JXS_SAMPLINGS.indexOf(sampling ?? "");
  const width = header?.pih.wf ?? numberOf(of, "width") ?? 0;
  // That of a codestream, as the standard has it; GStreamer writes the frame's.
  const height = header?.pih.hf ?? Math.floor((numberOf(of, "height") ?? 0) / (interlaced ? 2 : 1));
  const bytes =
    numberOf(of, "codestream-length") ??
    Math.ceil(
      (width * height * samplesPerPixel(sampling) * (depth ?? 8) * (interlaced ? 2 : 1)) / 8,
    );
  const rate = fractionOf(of, "framerate") ?? { numerator: 0, denominator: 1 };
  const brat = Math.ceil((rate.numerator * bytes) / (rate.denominator * 125_000));
  const [primaries, transfer, matrix] = COLORIMETRIES[stringOf(of, "colorimetry") ?? ""] ?? UNKNOWN;
  const rgb = sampling?.startsWith("RGB") === true;
  return {
    descriptorVersion: 0,
    horizontalSize: width,
    verticalSize: height,
    brat,
    frat: frameRateCode(rate) + interlaceCode(of, interlaced) * 2 ** 30,
    schar: code < 0 || depth === undefined ? 0 : 0x8000 | ((depth - 1) << 4) | code,
    ppih: header?.pih.ppih ?? 0,
    plev: header?.pih.plev ?? 0,
    maxBufferSize: Math.ceil(brat / 160),
    bufferModelType: 2,
    colourPrimaries: primaries,
    transferCharacteristics: transfer,
    matrixCoefficients: rgb ? 0 : matrix,
    videoFullRangeFlag: rgb,
    stillMode: false,
  };
}

/** H.273: unspecified. */
const UNKNOWN = [2, 2, 2] as const;

/** The components' own word; whether they are RGB the caps know better. */
function samplingOf(of: Caps, header: DecodedHeader | undefined): string | undefined {
  const told = stringOf(of, "sampling");
  const format = header && samplingFormat(header.cdt);
  if (header === undefined || format === undefined) return told;
  const rgb = told?.startsWith("RGB") ?? header.pih.cpih === 1;
  return `${rgb ? "RGB" : "YCbCr"}-${format}`;
}

function samplesPerPixel(sampling: string | undefined): number {
  switch (sampling?.replace(/^.*-/, "")) {
    case "4:0:0":
      return 1;
    case "4:2:0":
      return 1.5;
    case "4:2:2":
      return 2;
    case "4:4:4:4":
      return 4;
    default:
      return 3;
  }
}

/** The lower 30 bits of frat; 0 when the rate is none that it can express. */
function frameRateCode({ numerator, denominator }: Fraction): number {
  const nominal = Math.round(numerator / denominator);
  if (nominal === 0 || nominal > 0xffff) return 0;
  if (numerator === nominal * denominator) return 0x0100_0000 | nominal;
  return numerator * 1001 === nominal * 1000 * denominator ? 0x0200_0000 | nominal : 0;
}

function interlaceCode(of: Caps, interlaced: boolean): number {
  if (!interlaced) return 0;
  return stringOf(of, "field-order") === "bottom-field-first" ? 2 : 1;
}

/** The header of an access unit, without a time code. */
function jxsBox(of: JxsVideoDescriptor): Uint8Array {
  const box = new Uint8Array(JXS_BOX_SIZE);
  const view = new DataView(box.buffer);
  view.setUint32(0, JXS_BOX_SIZE);
  view.setUint32(4, JXS_BOX);
  view.setUint32(8, of.brat);
  view.setUint32(12, of.frat);
  view.setUint16(16, of.schar);
  view.setUint16(18, of.ppih);
  view.setUint16(20, of.plev);
  view.setUint8(22, of.colourPrimaries);
  view.setUint8(23, of.transferCharacteristics);
  view.setUint8(24, of.matrixCoefficients);
  view.setUint8(25, of.videoFullRangeFlag ? 0x80 : 0);
  return box;
}
