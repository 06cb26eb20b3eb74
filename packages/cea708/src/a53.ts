import { captionError } from "./issue.js";

/** user_identifier of ATSC user data: `GA94`. */
const GA94 = [0x47, 0x41, 0x39, 0x34];
const CC_DATA_TYPE = 0x03;
const MAX_TRIPLETS = 31;
/** ITU-T T.35 country and providers that carry ATSC captions. */
const COUNTRY_USA = 0xb5;
const PROVIDER_ATSC = 0x0031;
const PROVIDER_DIRECTV = 0x002f;

/** The cc_data() structure of A/53 user data. */
export interface A53Captions {
  /** The top bit: process_em_data_flag once, reserved now and to be true. Some writers clear it. */
  readonly processEmDataFlag: boolean;
  /** process_cc_data_flag: when false the triplets are there but must not be used. */
  readonly processCcDataFlag: boolean;
  /** additional_data_flag: false. */
  readonly additionalDataFlag: boolean;
  /** em_data, a byte that nobody uses; `FF`. */
  readonly emData: number;
  /** Bare triplets, at most 31; a view. */
  readonly ccData: Uint8Array;
}

/**
 * Decode ATSC user data, `GA94` first (A/53 part 4 6.2.3): what stands behind an MPEG-2 user_data start code, and behind
 * the provider code of a T.35 message. A missing last marker is tolerated.
 *
 * @returns `undefined` when it is no caption data (bar data, AFD, another identifier).
 * @throws {FormatError} `truncated` when it is caption data and ends too early.
 */
export function decodeA53UserData(bytes: Uint8Array): A53Captions | undefined {
  if (!GA94.every((byte, index) => bytes[index] === byte)) return undefined;
  return bytes[4] === CC_DATA_TYPE ? decodeCcDataStructure(bytes, 5) : undefined;
}

function decodeCcDataStructure(bytes: Uint8Array, at: number): A53Captions {
  const flags = bytes[at];
  const emData = bytes[at + 1];
  const ccCount = (flags ?? 0) & 0x1f;
  const end = at + 2 + ccCount * 3;
  if (flags === undefined || emData === undefined || end > bytes.length) {
    throw captionError("truncated", `${bytes.length} of ${end} bytes`, {
      field: "ccData",
      offset: bytes.length,
      expected: end,
      actual: bytes.length,
      clause: "A/53 part 4 6.2.3",
    });
  }
  return {
    processEmDataFlag: (flags & 0x80) !== 0,
    processCcDataFlag: (flags & 0x40) !== 0,
    additionalDataFlag: (flags & 0x20) !== 0,
    emData,
    ccData: bytes.subarray(at + 2, end),
  };
}

/**
 * Encode ATSC user data, `GA94` to the last marker; a fresh array.
 * @throws {RangeError} for more than 31 triplets, or bytes that are not whole triplets.
 */
export function encodeA53UserData(captions: Uint8Array | A53Captions): Uint8Array<ArrayBuffer> {
  const given: Pick<A53Captions, "ccData"> & Partial<A53Captions> =
    captions instanceof Uint8Array ? { ccData: captions } : captions;
  const { ccData, processEmDataFlag = true, processCcDataFlag = true, emData = 0xff } = given;
  const count = ccData.length / 3;
  if (!Number.isInteger(count) || count > MAX_TRIPLETS) {
    throw new RangeError(`${ccData.length} bytes of cc_data do not fit A/53 user data`);
  }
  const bytes = new Uint8Array(8 + ccData.length);
  let flags = processEmDataFlag ? 0x80 | count : count;
  if (processCcDataFlag) flags |= 0x40;
  if (given.additionalDataFlag === true) flags |= 0x20;
  bytes.set([...GA94, CC_DATA_TYPE, flags, emData & 0xff]);
  bytes.set(ccData, 7);
  bytes[7 + ccData.length] = 0xff;
  return bytes;
}

/**
 * Decode a T.35 message: the payload of an SEI message of type 4 (H.264, H.265, H.266) or of an AV1 metadata OBU of type
 * 4. ATSC's form and DirecTV's, which has one more byte for the length.
 *
 * @returns `undefined` when it is no caption data.
 * @throws {FormatError} `truncated`.
 */
export function decodeT35Captions(bytes: Uint8Array): A53Captions | undefined {
  if (bytes[0] !== COUNTRY_USA || bytes.length < 4) return undefined;
  const provider = ((bytes[1] as number) << 8) | (bytes[2] as number);
  if (provider === PROVIDER_ATSC) return decodeA53UserData(bytes.subarray(3));
  if (provider === PROVIDER_DIRECTV && bytes[3] === CC_DATA_TYPE) {
    return decodeCcDataStructure(bytes, 5);
  }
  return undefined;
}

/** Encode a T.35 message as ATSC has it (SCTE 128, A/72); a fresh array. */
export function encodeT35Captions(captions: Uint8Array | A53Captions): Uint8Array<ArrayBuffer> {
  const userData = encodeA53UserData(captions);
  const bytes = new Uint8Array(3 + userData.length);
  bytes[0] = COUNTRY_USA;
  bytes[2] = PROVIDER_ATSC;
  bytes.set(userData, 3);
  return bytes;
}
