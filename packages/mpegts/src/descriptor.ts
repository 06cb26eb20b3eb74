import { FormatError } from "@x/bits";

/** A descriptor as it stands in a loop; `data` is what follows descriptor_length (ISO/IEC 13818-1 2.6.1). */
export interface Descriptor {
  readonly descriptorTag: number;
  /** 0 to 255 bytes. */
  readonly data: Uint8Array;
}

/**
 * Decode the descriptor loop that fills `bytes`. The data are views.
 * @throws {FormatError} `truncated` when the last descriptor is longer than what is left
 */
export function decodeDescriptors(bytes: Uint8Array): Descriptor[] {
  const { descriptors, rest } = splitDescriptors(bytes);
  if (rest.length > 0) {
    throw new FormatError("truncated", `descriptor of more than the ${rest.length} bytes left`, {
      field: "descriptorLength",
      offset: bytes.length - rest.length,
      clause: "ISO/IEC 13818-1 2.6",
    });
  }
  return descriptors;
}

/** The same without an error: `rest` is what is left when the last descriptor does not fit. */
export function splitDescriptors(bytes: Uint8Array): {
  readonly descriptors: Descriptor[];
  readonly rest: Uint8Array;
} {
  const descriptors: Descriptor[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (bytes[at + 1] as number);
    if (end > bytes.length) break;
    descriptors.push({ descriptorTag: bytes[at] as number, data: bytes.subarray(at + 2, end) });
    at = end;
  }
  return { descriptors, rest: bytes.subarray(at) };
}

/** Bytes of the encoded loop. */
export function sizeOfDescriptors(descriptors: readonly Descriptor[]): number {
  let size = 0;
  for (const { data } of descriptors) size += 2 + data.length;
  return size;
}

/**
 * Encode a descriptor loop.
 * @throws {RangeError} when a tag or a length does not fit 8 bits
 */
export function encodeDescriptors(descriptors: readonly Descriptor[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeOfDescriptors(descriptors));
  let at = 0;
  for (const { descriptorTag, data } of descriptors) {
    if (!Number.isInteger(descriptorTag) || descriptorTag < 0 || descriptorTag > 255) {
      throw new RangeError(`descriptorTag: ${descriptorTag} is not an integer from 0 to 255`);
    }
    if (data.length > 255) throw new RangeError(`descriptorLength: ${data.length} is above 255`);
    bytes[at] = descriptorTag;
    bytes[at + 1] = data.length;
    bytes.set(data, at + 2);
    at += 2 + data.length;
  }
  return bytes;
}
