import { captionError } from "./issue.js";
import {
  type CaptionServiceEntry,
  decodeServiceEntry,
  encodeServiceEntryInto,
  SERVICE_ENTRY_SIZE,
} from "./service-info.js";

/** descriptor_tag of the caption service descriptor. */
export const CAPTION_SERVICE_DESCRIPTOR_TAG = 0x86;

/**
 * Decode the content of a caption service descriptor, behind tag and length (ATSC A/65 6.9.2).
 * @throws {FormatError} `truncated`.
 */
export function decodeCaptionServiceDescriptor(content: Uint8Array): CaptionServiceEntry[] {
  const count = (content[0] ?? 0) & 0x1f;
  const size = 1 + count * SERVICE_ENTRY_SIZE;
  if (content.length < size) {
    throw captionError("truncated", `${content.length} of ${size} bytes`, {
      field: "numberOfServices",
      offset: content.length,
      expected: size,
      actual: content.length,
      clause: "A/65 6.9.2",
    });
  }
  const entries: CaptionServiceEntry[] = [];
  for (let at = 1; at < size; at += SERVICE_ENTRY_SIZE) {
    entries.push(decodeServiceEntry(content, at));
  }
  return entries;
}

/**
 * Encode the content of a caption service descriptor, without tag and length; a fresh array.
 * @throws {RangeError} for none or more than 16 services, or a field that does not fit.
 */
export function encodeCaptionServiceDescriptor(
  entries: readonly CaptionServiceEntry[],
): Uint8Array<ArrayBuffer> {
  if (entries.length < 1 || entries.length > 16) {
    throw new RangeError(`${entries.length} services, a descriptor has 1 to 16`);
  }
  const content = new Uint8Array(1 + entries.length * SERVICE_ENTRY_SIZE);
  content[0] = 0xe0 | entries.length;
  entries.forEach((entry, index) => {
    encodeServiceEntryInto(entry, content, 1 + index * SERVICE_ENTRY_SIZE);
  });
  return content;
}
