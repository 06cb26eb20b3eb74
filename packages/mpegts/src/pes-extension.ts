import { uint16 } from "@x/bits";
import { fits } from "./fits.js";

/** PES extension fields (ISO/IEC 13818-1 2.4.3.7). */
export interface PesExtension {
  /** 16 bytes. */
  readonly pesPrivateData?: Uint8Array;
  /** pack_header(), up to 255 bytes. */
  readonly packHeader?: Uint8Array;
  readonly programPacketSequenceCounter?: {
    readonly counter: number;
    readonly mpeg1Mpeg2Identifier: boolean;
    readonly originalStuffLength: number;
  };
  readonly pStdBuffer?: { readonly scale: boolean; readonly size: number };
  /** The bytes that PES_extension_field_length counts. */
  readonly pesExtensionField?: Uint8Array;
}

/** Decode a PES extension; `take` gives the offset of the next bytes, or throws. Byte fields are views. */
export function decodeExtension(
  bytes: Uint8Array,
  take: (size: number, field: string) => number,
): PesExtension {
  const extension: { -readonly [Key in keyof PesExtension]: PesExtension[Key] } = {};
  const flags = bytes[take(1, "pesExtension")] as number;
  if ((flags & 0x80) !== 0) {
    const p = take(16, "pesPrivateData");
    extension.pesPrivateData = bytes.subarray(p, p + 16);
  }
  if ((flags & 0x40) !== 0) {
    const length = bytes[take(1, "packFieldLength")] as number;
    const p = take(length, "packHeader");
    extension.packHeader = bytes.subarray(p, p + length);
  }
  if ((flags & 0x20) !== 0) {
    const p = take(2, "programPacketSequenceCounter");
    const second = bytes[p + 1] as number;
    extension.programPacketSequenceCounter = {
      counter: (bytes[p] as number) & 0x7f,
      mpeg1Mpeg2Identifier: (second & 0x40) !== 0,
      originalStuffLength: second & 0x3f,
    };
  }
  if ((flags & 0x10) !== 0) {
    const word = uint16(bytes, take(2, "pStdBuffer"));
    extension.pStdBuffer = { scale: (word & 0x2000) !== 0, size: word & 0x1fff };
  }
  if ((flags & 0x01) !== 0) {
    const length = (bytes[take(1, "pesExtensionFieldLength")] as number) & 0x7f;
    const p = take(length, "pesExtensionField");
    extension.pesExtensionField = bytes.subarray(p, p + length);
  }
  return extension;
}

/**
 * Encode a PES extension.
 * @returns the offset after it
 * @throws {RangeError} when a field does not fit
 */
export function encodeExtension(
  extension: PesExtension,
  target: Uint8Array,
  offset: number,
): number {
  const { pesPrivateData, packHeader, programPacketSequenceCounter, pStdBuffer } = extension;
  const { pesExtensionField } = extension;
  target[offset] =
    (pesPrivateData === undefined ? 0 : 0x80) |
    (packHeader === undefined ? 0 : 0x40) |
    (programPacketSequenceCounter === undefined ? 0 : 0x20) |
    (pStdBuffer === undefined ? 0 : 0x10) |
    0x0e |
    (pesExtensionField === undefined ? 0 : 0x01);
  let at = offset + 1;
  if (pesPrivateData !== undefined) {
    if (pesPrivateData.length !== 16) throw new RangeError("pesPrivateData is not 16 bytes");
    target.set(pesPrivateData, at);
    at += 16;
  }
  if (packHeader !== undefined) {
    target[at++] = packHeader.length;
    target.set(packHeader, at);
    at += packHeader.length;
  }
  if (programPacketSequenceCounter !== undefined) {
    const { counter, mpeg1Mpeg2Identifier, originalStuffLength } = programPacketSequenceCounter;
    fits("programPacketSequenceCounter", counter, 0x7f);
    fits("originalStuffLength", originalStuffLength, 0x3f);
    target[at++] = 0x80 | counter;
    target[at++] = 0x80 | (mpeg1Mpeg2Identifier ? 0x40 : 0) | originalStuffLength;
  }
  if (pStdBuffer !== undefined) {
    fits("pStdBufferSize", pStdBuffer.size, 0x1fff);
    target[at++] = 0x40 | (pStdBuffer.scale ? 0x20 : 0) | (pStdBuffer.size >>> 8);
    target[at++] = pStdBuffer.size & 0xff;
  }
  if (pesExtensionField !== undefined) {
    fits("pesExtensionFieldLength", pesExtensionField.length, 0x7f);
    target[at++] = 0x80 | pesExtensionField.length;
    target.set(pesExtensionField, at);
    at += pesExtensionField.length;
  }
  return at;
}

/** Bytes of a PES extension. */
export function sizeOfExtension(extension: PesExtension): number {
  const { pesPrivateData, packHeader, programPacketSequenceCounter, pStdBuffer } = extension;
  const { pesExtensionField } = extension;
  return (
    1 +
    (pesPrivateData === undefined ? 0 : 16) +
    (packHeader === undefined ? 0 : 1 + packHeader.length) +
    (programPacketSequenceCounter === undefined ? 0 : 2) +
    (pStdBuffer === undefined ? 0 : 2) +
    (pesExtensionField === undefined ? 0 : 1 + pesExtensionField.length)
  );
}
