import { FormatError } from "@x/bits";
import {
  type AdaptationField,
  decodeAdaptationField,
  encodeAdaptationFieldInto,
  sizeOfAdaptationField,
} from "./adaptation-field.js";
import { PACKET_SIZE, SYNC_BYTE } from "./constants.js";
import { fits } from "./fits.js";

/** A transport packet (ISO/IEC 13818-1 2.4.3.2). Every bit of the 188 bytes survives decode and encode. */
export interface TransportPacket {
  /** The packet is known to be damaged: nothing in it can be relied on. */
  readonly transportErrorIndicator: boolean;
  /** A PES packet or, behind a pointer_field, a section begins in the payload. */
  readonly payloadUnitStartIndicator: boolean;
  readonly transportPriority: boolean;
  /** 13 bits. */
  readonly pid: number;
  /** 2 bits, 0 = clear. The adaptation field is never scrambled. */
  readonly transportScramblingControl: number;
  /** 2 bits: bit 1 = there is an adaptation field, bit 0 = there is a payload. 0 is reserved. */
  readonly adaptationFieldControl: number;
  /** 4 bits; counts packets with payload. */
  readonly continuityCounter: number;
  /** Present exactly when bit 1 of `adaptationFieldControl` is set. */
  readonly adaptationField?: AdaptationField;
  /** All bytes behind header and adaptation field. They are payload only if `adaptationFieldControl` says so. */
  readonly payload: Uint8Array;
}

const CLAUSE = "ISO/IEC 13818-1 2.4.3.2";

/**
 * Decode the transport packet at `offset`. `payload` and the byte fields of the adaptation field are views.
 * @throws {FormatError} `truncated`, `sync` (wrong sync byte), or `range` (adaptation field longer than the packet, or
 * too short for what its flags announce)
 */
export function decodePacket(bytes: Uint8Array, offset = 0): TransportPacket {
  if (bytes.length - offset < PACKET_SIZE) {
    throw new FormatError("truncated", `${bytes.length - offset} bytes of 188`, {
      field: "transportPacket",
      offset,
      expected: PACKET_SIZE,
      actual: bytes.length - offset,
      clause: CLAUSE,
    });
  }
  if (bytes[offset] !== SYNC_BYTE) {
    throw new FormatError("sync", "wrong sync byte", {
      field: "syncByte",
      offset,
      expected: SYNC_BYTE,
      actual: bytes[offset],
      clause: CLAUSE,
    });
  }
  const flags = bytes[offset + 1] as number;
  const control = bytes[offset + 3] as number;
  const adaptationFieldControl = (control >>> 4) & 3;
  const header = {
    transportErrorIndicator: (flags & 0x80) !== 0,
    payloadUnitStartIndicator: (flags & 0x40) !== 0,
    transportPriority: (flags & 0x20) !== 0,
    pid: ((flags & 0x1f) << 8) | (bytes[offset + 2] as number),
    transportScramblingControl: control >>> 6,
    adaptationFieldControl,
    continuityCounter: control & 0x0f,
  };
  const end = offset + PACKET_SIZE;
  if ((adaptationFieldControl & 2) === 0) {
    return { ...header, payload: bytes.subarray(offset + 4, end) };
  }
  const adaptationField = decodeAdaptationField(bytes, offset + 4, end);
  const payload = bytes.subarray(offset + 5 + adaptationField.adaptationFieldLength, end);
  return { ...header, adaptationField, payload };
}

/**
 * Encode a transport packet. Header, adaptation field and payload must fill 188 bytes exactly.
 * @throws {RangeError} when a field does not fit or the size is not 188
 */
export function encodePacket(packet: TransportPacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PACKET_SIZE);
  encodePacketInto(packet, bytes, 0);
  return bytes;
}

/**
 * The same into the caller's array.
 * @returns the offset after the packet
 * @throws {RangeError} when a field does not fit, the size is not 188 or `target` has no room
 */
export function encodePacketInto(
  packet: TransportPacket,
  target: Uint8Array,
  offset: number,
): number {
  const { adaptationField, payload } = packet;
  const size =
    4 +
    (adaptationField === undefined ? 0 : sizeOfAdaptationField(adaptationField)) +
    payload.length;
  if (size !== PACKET_SIZE) throw new RangeError(`packet of ${size} bytes instead of 188`);
  if (offset + PACKET_SIZE > target.length) throw new RangeError("no room for the packet");
  if (((packet.adaptationFieldControl & 2) !== 0) !== (adaptationField !== undefined)) {
    throw new RangeError("adaptationFieldControl and adaptationField disagree");
  }
  fits("pid", packet.pid, 0x1fff);
  fits("transportScramblingControl", packet.transportScramblingControl, 3);
  fits("adaptationFieldControl", packet.adaptationFieldControl, 3);
  fits("continuityCounter", packet.continuityCounter, 0x0f);
  target[offset] = SYNC_BYTE;
  target[offset + 1] =
    (packet.transportErrorIndicator ? 0x80 : 0) |
    (packet.payloadUnitStartIndicator ? 0x40 : 0) |
    (packet.transportPriority ? 0x20 : 0) |
    (packet.pid >>> 8);
  target[offset + 2] = packet.pid & 0xff;
  target[offset + 3] =
    (packet.transportScramblingControl << 6) |
    (packet.adaptationFieldControl << 4) |
    packet.continuityCounter;
  const at =
    adaptationField === undefined
      ? offset + 4
      : encodeAdaptationFieldInto(adaptationField, target, offset + 4);
  target.set(payload, at);
  return offset + PACKET_SIZE;
}
