import { uint32 } from "@x/bits";

/** stream_type of ancillary data in the PMT: PES packets with private data. */
export const ANC_STREAM_TYPE = 0x06;
/** format_identifier of the registration descriptor: "VANC". */
export const ANC_FORMAT_IDENTIFIER = 0x56414e43;
/** descriptor_tag of anc_data_descriptor; it means that only behind a "VANC" registration. */
export const ANC_DATA_DESCRIPTOR_TAG = 0xc4;

const REGISTRATION_DESCRIPTOR_TAG = 0x05;

/** What the descriptors of an elementary stream say about ancillary data. */
export interface AncEsInfo {
  /** True with a registration descriptor "VANC": the stream is ST 2038. */
  readonly registered: boolean;
  /** Content of anc_data_descriptor (a view), nested descriptors if any; FFmpeg writes none. */
  readonly ancDataDescriptor: Uint8Array | undefined;
}

/**
 * Read the descriptors of the stream's ES_info loop in the PMT (ST 2038:2021 4.1). Never throws: what is behind a
 * descriptor that is cut off is not looked at.
 */
export function decodeAncEsInfo(esInfo: Uint8Array): AncEsInfo {
  let registered = false;
  let ancDataDescriptor: Uint8Array | undefined;
  for (let at = 0; at + 2 <= esInfo.length; ) {
    const start = at + 2;
    const end = start + (esInfo[at + 1] as number);
    if (end > esInfo.length) break;
    const tag = esInfo[at];
    if (tag === REGISTRATION_DESCRIPTOR_TAG && end - start >= 4) {
      registered ||= uint32(esInfo, start) === ANC_FORMAT_IDENTIFIER;
    } else if (tag === ANC_DATA_DESCRIPTOR_TAG && registered) {
      ancDataDescriptor ??= esInfo.subarray(start, end);
    }
    at = end;
  }
  return { registered, ancDataDescriptor };
}

/** True when a stream of the PMT is ST 2038. anc_data_descriptor is not asked for: FFmpeg omits it. */
export function isAncStream(streamType: number, esInfo: Uint8Array): boolean {
  return streamType === ANC_STREAM_TYPE && decodeAncEsInfo(esInfo).registered;
}

/**
 * The descriptors of an ST 2038 stream for the ES_info loop in the PMT: registration, then anc_data_descriptor.
 * @param nested content of anc_data_descriptor; the standard defines none
 * @throws {RangeError} when `nested` is longer than 255 bytes
 */
export function encodeAncEsInfo(nested: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  if (nested.length > 255) throw new RangeError(`nested: ${nested.length} bytes do not fit 255`);
  const bytes = new Uint8Array(8 + nested.length);
  bytes[0] = REGISTRATION_DESCRIPTOR_TAG;
  bytes[1] = 4;
  bytes[2] = 0x56;
  bytes[3] = 0x41;
  bytes[4] = 0x4e;
  bytes[5] = 0x43;
  bytes[6] = ANC_DATA_DESCRIPTOR_TAG;
  bytes[7] = nested.length;
  bytes.set(nested, 8);
  return bytes;
}
