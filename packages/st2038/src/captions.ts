import { FormatError, type FormatIssue, isFormatError } from "@x/bits";
import { type AncPacket, createAncPacket, did, payload, sdid } from "@x/st291";

/** Captions in an ancillary packet, and what they are in. */
export interface AncCaption {
  /**
   * `"cdp"`: a CEA-708 caption distribution packet (61/01, ST 334-2); `"s334-1a"`: a CEA-608 triplet of field and
   * line, then two bytes (61/02, ST 334-1 annex A). GStreamer's caps have the same names.
   */
  readonly format: "cdp" | "s334-1a";
  /** A copy; content is not looked at. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Where caption packets are put. */
export interface AncPosition {
  /** Default `false`: Y. */
  readonly cNotYChannelFlag?: boolean;
  /** Default 9. */
  readonly lineNumber?: number;
  /** Default 0. */
  readonly horizontalOffset?: number;
}

/** Why a caption packet cannot be taken apart. */
export type CaptionErrorCode = "data-count";

const DID_CAPTIONS = 0x61;
const SDID_CDP = 0x01;
const SDID_608 = 0x02;
const TRIPLET_SIZE = 3;

/**
 * Put a caption distribution packet into an ancillary packet (ST 334-1), as GStreamer's cctost2038anc does.
 * @throws {RangeError} when the CDP is empty or has more than 255 bytes, or the position does not fit
 */
export function cdpToAnc(cdp: Uint8Array, position: AncPosition = {}): AncPacket {
  if (cdp.length === 0) throw new RangeError("cdp: it is empty");
  return captionPacket(SDID_CDP, cdp, position);
}

/**
 * Put CEA-608 triplets into ancillary packets, one each (ST 334-1 annex A).
 * @throws {RangeError} when `triplets` is not a multiple of 3 bytes, or the position does not fit
 */
export function cea608ToAnc(triplets: Uint8Array, position: AncPosition = {}): AncPacket[] {
  if (triplets.length % TRIPLET_SIZE !== 0) {
    throw new RangeError(`triplets: ${triplets.length} bytes are not a multiple of 3`);
  }
  const packets: AncPacket[] = [];
  for (let at = 0; at < triplets.length; at += TRIPLET_SIZE) {
    packets.push(captionPacket(SDID_608, triplets.subarray(at, at + TRIPLET_SIZE), position));
  }
  return packets;
}

function captionPacket(sdid: number, data: Uint8Array, position: AncPosition): AncPacket {
  const { cNotYChannelFlag = false, lineNumber = 9, horizontalOffset = 0 } = position;
  const where = { cNotYChannelFlag, lineNumber, horizontalOffset };
  return createAncPacket({ did: DID_CAPTIONS, sdid, payload: data, ...where });
}

/**
 * The captions in an ancillary packet, as GStreamer's st2038anctocc finds them; `undefined` when it is of another
 * kind. Parity and checksum do not matter: peers that wrote them wrong are in wide use.
 * @throws {FormatError} `data-count` when a CEA-608 packet is not one triplet, or a CDP is empty
 */
export function ancToCaption(packet: AncPacket): AncCaption | undefined {
  if (did(packet) !== DID_CAPTIONS) return undefined;
  const data = payload(packet);
  switch (sdid(packet)) {
    case SDID_CDP:
      if (data.length === 0) throw dataCountError("an empty CDP", 1, 0);
      return { format: "cdp", data };
    case SDID_608:
      if (data.length !== TRIPLET_SIZE) {
        throw dataCountError("not one triplet", TRIPLET_SIZE, data.length);
      }
      return { format: "s334-1a", data };
    default:
      return undefined;
  }
}

function dataCountError(
  message: string,
  expected: number,
  actual: number,
): FormatError<CaptionErrorCode> {
  const field = "dataCount";
  return new FormatError("data-count", message, { field, offset: 2, expected, actual });
}

/** What {@link ancToCaptions} found. */
export interface AncCaptions {
  /** In the order of the packets. */
  readonly captions: readonly AncCaption[];
  /** One for each caption packet that cannot be taken apart; `offset` is the packet's index. */
  readonly issues: readonly FormatIssue<CaptionErrorCode>[];
}

/** The captions in ancillary packets; what is of another kind is passed over. Never throws on input. */
export function ancToCaptions(packets: readonly AncPacket[]): AncCaptions {
  const captions: AncCaption[] = [];
  const issues: FormatIssue<CaptionErrorCode>[] = [];
  packets.forEach((packet, offset) => {
    try {
      const caption = ancToCaption(packet);
      if (caption !== undefined) captions.push(caption);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      const { field, message } = error;
      issues.push({ code: "data-count", severity: "error", offset, field, message });
    }
  });
  return { captions, issues };
}
