import {
  FormatError,
  modulo,
  PCR_MODULUS,
  readTimestamp,
  uint16,
  uint24,
  writeTimestamp,
} from "@x/bits";
import { fits } from "./fits.js";

/** A PCR or OPCR as coded (ISO/IEC 13818-1 2.4.3.5): base · 300 + extension, 27 MHz. */
export interface ClockReference {
  /** 33 bits, 90 kHz. */
  readonly base: number;
  /** 9 bits; above 299 is illegal, but kept. */
  readonly extension: number;
  /** The 6 reserved bits, when they are not ones. */
  readonly reserved?: number;
}

/** The adaptation field's extension (ISO/IEC 13818-1 2.4.3.5). */
export interface AdaptationFieldExtension {
  /** Legal time window. */
  readonly ltw?: { readonly ltwValidFlag: boolean; readonly ltwOffset: number };
  /** 22 bits, in units of 50 bytes/s. `reserved`: 2 bits, when they are not ones. */
  readonly piecewiseRate?: { readonly value: number; readonly reserved?: number };
  /** `dtsNextAu`: 33 bits, 90 kHz. `markers`: the three marker bits, when they are not ones. */
  readonly seamlessSplice?: {
    readonly spliceType: number;
    readonly dtsNextAu: number;
    readonly markers?: number;
  };
  /** The low five bits of the flags byte, when they are not ones. */
  readonly flagBits?: number;
  /** Bytes behind the known parts. */
  readonly reserved?: Uint8Array;
}

/** An adaptation field (ISO/IEC 13818-1 2.4.3.4). */
export interface AdaptationField {
  /** Bytes behind the length byte, 0 to 183. With 0 there are no flags: everything else is absent or false. */
  readonly adaptationFieldLength: number;
  /** System time-base or continuity counter discontinuity. */
  readonly discontinuityIndicator: boolean;
  readonly randomAccessIndicator: boolean;
  readonly elementaryStreamPriorityIndicator: boolean;
  readonly programClockReference?: ClockReference;
  readonly originalProgramClockReference?: ClockReference;
  /** Signed, −128 to 127 packets. */
  readonly spliceCountdown?: number;
  /** 0 to 181 bytes. */
  readonly transportPrivateData?: Uint8Array;
  readonly extension?: AdaptationFieldExtension;
  /** The bytes that fill the field up, when they are not all 0xFF. */
  readonly stuffing?: Uint8Array;
}

/** What {@link createAdaptationField} makes a field from. */
export type AdaptationFieldInit = Partial<AdaptationField>;

const CLAUSE = "ISO/IEC 13818-1 2.4.3.4";

/** The value in 27 MHz ticks; an illegal extension is added as it stands. */
export function clockReferenceTicks(reference: ClockReference): number {
  return reference.base * 300 + reference.extension;
}

/** A clock reference for `ticks` of 27 MHz, taken modulo 2^33 · 300. */
export function clockReference(ticks: number): ClockReference {
  const wrapped = modulo(ticks, PCR_MODULUS);
  return { base: Math.floor(wrapped / 300), extension: wrapped % 300 };
}

/**
 * An adaptation field with defaults: flags false, and the length just enough for what is in it.
 * @throws {RangeError} when `adaptationFieldLength` is given and too small
 */
export function createAdaptationField(init: AdaptationFieldInit = {}): AdaptationField {
  const field: AdaptationField = {
    discontinuityIndicator: false,
    randomAccessIndicator: false,
    elementaryStreamPriorityIndicator: false,
    ...init,
    adaptationFieldLength: 0,
  };
  const used = usedLength(field) + (init.stuffing?.length ?? 0);
  const adaptationFieldLength = init.adaptationFieldLength ?? used;
  if (adaptationFieldLength < used && (adaptationFieldLength > 0 || used > 1)) {
    throw new RangeError(`adaptationFieldLength: ${adaptationFieldLength} is below ${used}`);
  }
  return { ...field, adaptationFieldLength };
}

/**
 * Decode the adaptation field whose length byte is at `offset`. Byte fields are views.
 * @param end index after the packet; the field must end before it
 * @throws {FormatError} `truncated` when there is no length byte, `range` when the field is longer than the packet or
 * too short for what its flags announce
 */
export function decodeAdaptationField(
  bytes: Uint8Array,
  offset = 0,
  end: number = bytes.length,
): AdaptationField {
  if (offset >= end) {
    throw new FormatError("truncated", "no adaptation field", {
      field: "adaptationFieldLength",
      offset,
      clause: CLAUSE,
    });
  }
  const adaptationFieldLength = bytes[offset] as number;
  const fieldEnd = offset + 1 + adaptationFieldLength;
  if (adaptationFieldLength > 183 || fieldEnd > end) {
    throw new FormatError("range", `adaptation_field_length ${adaptationFieldLength}`, {
      field: "adaptationFieldLength",
      offset,
      expected: Math.min(183, end - offset - 1),
      actual: adaptationFieldLength,
      clause: CLAUSE,
    });
  }
  const flags = adaptationFieldLength === 0 ? 0 : (bytes[offset + 1] as number);
  let at = offset + 2;
  const take = (size: number, field: string): number => {
    if (at + size > fieldEnd) {
      throw new FormatError(
        "range",
        `${field} without room (adaptation_field_length ${adaptationFieldLength})`,
        { field: `adaptationField.${field}`, offset: at, clause: CLAUSE },
      );
    }
    const start = at;
    at += size;
    return start;
  };
  const field: { -readonly [Key in keyof AdaptationField]: AdaptationField[Key] } = {
    adaptationFieldLength,
    discontinuityIndicator: (flags & 0x80) !== 0,
    randomAccessIndicator: (flags & 0x40) !== 0,
    elementaryStreamPriorityIndicator: (flags & 0x20) !== 0,
  };
  if ((flags & 0x10) !== 0) {
    field.programClockReference = readReference(bytes, take(6, "programClockReference"));
  }
  if ((flags & 0x08) !== 0) {
    field.originalProgramClockReference = readReference(
      bytes,
      take(6, "originalProgramClockReference"),
    );
  }
  if ((flags & 0x04) !== 0) {
    field.spliceCountdown = ((bytes[take(1, "spliceCountdown")] as number) << 24) >> 24;
  }
  if ((flags & 0x02) !== 0) {
    const length = bytes[take(1, "transportPrivateDataLength")] as number;
    const start = take(length, "transportPrivateData");
    field.transportPrivateData = bytes.subarray(start, start + length);
  }
  if ((flags & 0x01) !== 0) {
    const length = bytes[take(1, "adaptationFieldExtensionLength")] as number;
    const start = take(length, "adaptationFieldExtension");
    field.extension = decodeExtension(bytes.subarray(start, start + length), start);
  }
  if (adaptationFieldLength > 0 && !isFilled(bytes, at, fieldEnd)) {
    field.stuffing = bytes.subarray(at, fieldEnd);
  }
  return field;
}

/** Bytes of the encoded field, its length byte included. */
export function sizeOfAdaptationField(field: AdaptationField): number {
  return 1 + field.adaptationFieldLength;
}

/**
 * Encode an adaptation field into `target`, filled up with `stuffing` and 0xFF.
 * @returns the offset after it
 * @throws {RangeError} when a value does not fit, or the content is longer than `adaptationFieldLength`
 */
export function encodeAdaptationFieldInto(
  field: AdaptationField,
  target: Uint8Array,
  offset: number,
): number {
  const { adaptationFieldLength, extension, transportPrivateData, spliceCountdown } = field;
  const { programClockReference, originalProgramClockReference, stuffing } = field;
  fits("adaptationFieldLength", adaptationFieldLength, 183);
  const end = offset + 1 + adaptationFieldLength;
  if (end > target.length) throw new RangeError("no room for the adaptation field");
  target[offset] = adaptationFieldLength;
  const used = usedLength(field) + (stuffing?.length ?? 0);
  if (adaptationFieldLength === 0 && used === 1 && !hasFlags(field)) return end;
  if (used > adaptationFieldLength) {
    throw new RangeError(`adaptation field of ${used} bytes in ${adaptationFieldLength}`);
  }
  target[offset + 1] =
    (field.discontinuityIndicator ? 0x80 : 0) |
    (field.randomAccessIndicator ? 0x40 : 0) |
    (field.elementaryStreamPriorityIndicator ? 0x20 : 0) |
    (programClockReference === undefined ? 0 : 0x10) |
    (originalProgramClockReference === undefined ? 0 : 0x08) |
    (spliceCountdown === undefined ? 0 : 0x04) |
    (transportPrivateData === undefined ? 0 : 0x02) |
    (extension === undefined ? 0 : 0x01);
  let at = offset + 2;
  if (programClockReference !== undefined) at = writeReference(target, at, programClockReference);
  if (originalProgramClockReference !== undefined) {
    at = writeReference(target, at, originalProgramClockReference);
  }
  if (spliceCountdown !== undefined) {
    fits("spliceCountdown", spliceCountdown + 128, 255);
    target[at++] = spliceCountdown & 0xff;
  }
  if (transportPrivateData !== undefined) {
    target[at++] = transportPrivateData.length;
    target.set(transportPrivateData, at);
    at += transportPrivateData.length;
  }
  if (extension !== undefined) at = encodeExtensionInto(extension, target, at);
  if (stuffing !== undefined) {
    target.set(stuffing, at);
    at += stuffing.length;
  }
  target.fill(0xff, at, end);
  return end;
}

/** Length without stuffing: flags byte and what follows it. */
function usedLength(field: AdaptationField): number {
  return (
    1 +
    (field.programClockReference === undefined ? 0 : 6) +
    (field.originalProgramClockReference === undefined ? 0 : 6) +
    (field.spliceCountdown === undefined ? 0 : 1) +
    (field.transportPrivateData === undefined ? 0 : 1 + field.transportPrivateData.length) +
    (field.extension === undefined ? 0 : 1 + sizeOfExtension(field.extension))
  );
}

function hasFlags(field: AdaptationField): boolean {
  return (
    field.discontinuityIndicator ||
    field.randomAccessIndicator ||
    field.elementaryStreamPriorityIndicator
  );
}

function readReference(bytes: Uint8Array, at: number): ClockReference {
  const last = bytes[at + 4] as number;
  const high = uint24(bytes, at) * 256 + (bytes[at + 3] as number);
  const base = high * 2 + (last >>> 7);
  const extension = ((last & 1) << 8) | (bytes[at + 5] as number);
  const reserved = (last >>> 1) & 0x3f;
  return reserved === 0x3f ? { base, extension } : { base, extension, reserved };
}

function writeReference(target: Uint8Array, at: number, reference: ClockReference): number {
  const { base, extension, reserved = 0x3f } = reference;
  fits("base", base, 2 ** 33 - 1);
  fits("extension", extension, 0x1ff);
  fits("reserved", reserved, 0x3f);
  const high = Math.floor(base / 2);
  target[at] = high >>> 24;
  target[at + 1] = high >>> 16;
  target[at + 2] = high >>> 8;
  target[at + 3] = high;
  target[at + 4] = ((base % 2) << 7) | (reserved << 1) | (extension >>> 8);
  target[at + 5] = extension;
  return at + 6;
}

/** What does not fit the extension's length is kept as `reserved`, flags and all, so that no bit is lost. */
function decodeExtension(bytes: Uint8Array, offset: number): AdaptationFieldExtension {
  if (bytes.length === 0) return { reserved: bytes };
  const flags = bytes[0] as number;
  const size =
    1 +
    ((flags & 0x80) !== 0 ? 2 : 0) +
    ((flags & 0x40) !== 0 ? 3 : 0) +
    ((flags & 0x20) !== 0 ? 5 : 0);
  if (size > bytes.length) {
    throw new FormatError("range", `adaptation_field_extension_length ${bytes.length}`, {
      field: "adaptationField.extension",
      offset,
      expected: size,
      actual: bytes.length,
      clause: CLAUSE,
    });
  }
  const extension: {
    -readonly [Key in keyof AdaptationFieldExtension]: AdaptationFieldExtension[Key];
  } = {};
  let at = 1;
  if ((flags & 0x80) !== 0) {
    const word = uint16(bytes, at);
    extension.ltw = { ltwValidFlag: word >= 0x8000, ltwOffset: word & 0x7fff };
    at += 2;
  }
  if ((flags & 0x40) !== 0) {
    const word = uint24(bytes, at);
    const value = word & 0x3f_ffff;
    extension.piecewiseRate = word >>> 22 === 3 ? { value } : { value, reserved: word >>> 22 };
    at += 3;
  }
  if ((flags & 0x20) !== 0) {
    const spliceType = (bytes[at] as number) >>> 4;
    const dtsNextAu = readTimestamp(bytes, at);
    const markers =
      (((bytes[at] as number) & 1) << 2) |
      (((bytes[at + 2] as number) & 1) << 1) |
      ((bytes[at + 4] as number) & 1);
    extension.seamlessSplice =
      markers === 7 ? { spliceType, dtsNextAu } : { spliceType, dtsNextAu, markers };
    at += 5;
  }
  if ((flags & 0x1f) !== 0x1f) extension.flagBits = flags & 0x1f;
  if (at < bytes.length) extension.reserved = bytes.subarray(at);
  return extension;
}

function sizeOfExtension(extension: AdaptationFieldExtension): number {
  if (isEmptyExtension(extension)) return 0;
  return (
    1 +
    (extension.ltw === undefined ? 0 : 2) +
    (extension.piecewiseRate === undefined ? 0 : 3) +
    (extension.seamlessSplice === undefined ? 0 : 5) +
    (extension.reserved?.length ?? 0)
  );
}

/** An extension of length 0 has not even flags; it is told by an empty `reserved`. */
function isEmptyExtension(extension: AdaptationFieldExtension): boolean {
  return extension.reserved?.length === 0;
}

function encodeExtensionInto(
  extension: AdaptationFieldExtension,
  target: Uint8Array,
  offset: number,
): number {
  target[offset] = sizeOfExtension(extension);
  if (isEmptyExtension(extension)) return offset + 1;
  const { ltw, piecewiseRate, seamlessSplice, flagBits = 0x1f, reserved } = extension;
  fits("flagBits", flagBits, 0x1f);
  target[offset + 1] =
    (ltw === undefined ? 0 : 0x80) |
    (piecewiseRate === undefined ? 0 : 0x40) |
    (seamlessSplice === undefined ? 0 : 0x20) |
    flagBits;
  let at = offset + 2;
  if (ltw !== undefined) {
    fits("ltwOffset", ltw.ltwOffset, 0x7fff);
    target[at++] = (ltw.ltwValidFlag ? 0x80 : 0) | (ltw.ltwOffset >>> 8);
    target[at++] = ltw.ltwOffset & 0xff;
  }
  if (piecewiseRate !== undefined) {
    const { value, reserved: bits = 3 } = piecewiseRate;
    fits("piecewiseRate", value, 0x3f_ffff);
    fits("piecewiseRate.reserved", bits, 3);
    target[at++] = (bits << 6) | (value >>> 16);
    target[at++] = (value >>> 8) & 0xff;
    target[at++] = value & 0xff;
  }
  if (seamlessSplice !== undefined) {
    const { spliceType, dtsNextAu, markers = 7 } = seamlessSplice;
    fits("spliceType", spliceType, 0x0f);
    fits("markers", markers, 7);
    writeTimestamp(target, at, spliceType, dtsNextAu);
    clearMarkers(target, at, markers);
    at += 5;
  }
  if (reserved !== undefined) {
    target.set(reserved, at);
    at += reserved.length;
  }
  return at;
}

function clearMarkers(target: Uint8Array, at: number, markers: number): void {
  if ((markers & 4) === 0) target[at] = (target[at] as number) & 0xfe;
  if ((markers & 2) === 0) target[at + 2] = (target[at + 2] as number) & 0xfe;
  if ((markers & 1) === 0) target[at + 4] = (target[at + 4] as number) & 0xfe;
}

function isFilled(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0xff) return false;
  return true;
}
