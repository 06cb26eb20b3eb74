import type { Descriptor } from "./descriptor.js";

/** Tag of the registration descriptor. */
export const REGISTRATION_TAG = 0x05;

/** The first descriptor with a tag. */
export function findDescriptor(
  descriptors: readonly Descriptor[],
  descriptorTag: number,
): Descriptor | undefined {
  return descriptors.find((descriptor) => descriptor.descriptorTag === descriptorTag);
}

/**
 * format_identifier of the first registration descriptor as four characters (ISO/IEC 13818-1 2.6.8), such as `"VANC"`;
 * `undefined` when there is none, or it is too short.
 */
export function registrationOf(descriptors: readonly Descriptor[]): string | undefined {
  const data = findDescriptor(descriptors, REGISTRATION_TAG)?.data;
  if (data === undefined || data.length < 4) return undefined;
  return String.fromCharCode(...data.subarray(0, 4));
}

/**
 * A registration descriptor.
 * @param formatIdentifier four characters, each of 8 bits
 * @throws {RangeError} when it is not four such characters
 */
export function registrationDescriptor(
  formatIdentifier: string,
  additionalIdentificationInfo: Uint8Array = new Uint8Array(0),
): Descriptor {
  const codes = Array.from(formatIdentifier, (character) => character.codePointAt(0) as number);
  if (codes.length !== 4 || codes.some((code) => code > 255)) {
    throw new RangeError(`formatIdentifier: ${formatIdentifier} is not four 8-bit characters`);
  }
  const data = new Uint8Array(4 + additionalIdentificationInfo.length);
  data.set(codes);
  data.set(additionalIdentificationInfo, 4);
  return { descriptorTag: REGISTRATION_TAG, data };
}
