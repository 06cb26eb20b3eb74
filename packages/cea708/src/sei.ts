import { type A53Captions, decodeT35Captions, encodeT35Captions } from "./a53.js";

/** Video codecs whose NAL units carry captions in SEI messages. */
export type SeiCodec = "h264" | "h265" | "h266";

/** SEI NAL unit headers: AVC type 6; HEVC prefix SEI 39; VVC prefix SEI 23. */
const HEADERS: Readonly<Record<SeiCodec, readonly number[]>> = {
  h264: [0x06],
  h265: [39 << 1, 0x01],
  h266: [0x00, (23 << 3) | 1],
};

const USER_DATA_REGISTERED_T35 = 4;
/** metadata_type of ITU-T T.35 (AV1 6.7.1). */
const AV1_METADATA_T35 = 4;

/** True for a NAL unit that may hold SEI messages, by its header. */
export function isSeiNalUnit(nalUnit: Uint8Array, codec: SeiCodec): boolean {
  const [first = 0, second = 0] = nalUnit;
  switch (codec) {
    case "h264":
      return (first & 0x1f) === 6;
    case "h265":
      return ((first >> 1) & 0x3f) === 39;
    case "h266":
      return second >> 3 === 23;
  }
}

/**
 * Every caption message in one SEI NAL unit (without start code or length, emulation prevention still in), in order.
 * Messages that are cut or not captions are passed over, so that any input gives a list.
 */
export function decodeSeiCaptions(nalUnit: Uint8Array, codec: SeiCodec): A53Captions[] {
  if (!isSeiNalUnit(nalUnit, codec)) return [];
  const bytes = withoutEmulationPrevention(nalUnit.subarray(HEADERS[codec].length));
  const captions: A53Captions[] = [];
  let at = 0;
  // Two bytes at least make a message; the last byte is the trailing bits.
  while (at + 2 < bytes.length) {
    let payloadType = 0;
    let payloadSize = 0;
    while (bytes[at] === 0xff) {
      payloadType += 255;
      at++;
    }
    payloadType += bytes[at++] ?? 0;
    while (bytes[at] === 0xff) {
      payloadSize += 255;
      at++;
    }
    payloadSize += bytes[at++] ?? 0;
    const payload = bytes.subarray(at, at + payloadSize);
    at += payloadSize;
    if (payloadType !== USER_DATA_REGISTERED_T35) continue;
    const found = tolerant(payload);
    if (found !== undefined) captions.push(found);
  }
  return captions;
}

/** An SEI NAL unit with one caption message, escaped, without start code; it goes before the picture's first slice. */
export function encodeSeiCaptions(
  captions: Uint8Array | A53Captions,
  codec: SeiCodec,
): Uint8Array<ArrayBuffer> {
  const payload = encodeT35Captions(captions);
  // At most 31 triplets: the size is below 255, one byte.
  const message = [USER_DATA_REGISTERED_T35, payload.length, ...payload, 0x80];
  return Uint8Array.from([...HEADERS[codec], ...withEmulationPrevention(message)]);
}

/**
 * The captions of an AV1 metadata OBU's payload (behind the OBU header and size), or `undefined` when it has none.
 */
export function decodeAv1MetadataCaptions(payload: Uint8Array): A53Captions | undefined {
  return payload[0] === AV1_METADATA_T35 ? tolerant(payload.subarray(1)) : undefined;
}

/** The payload of an AV1 metadata OBU with captions, trailing bits included. */
export function encodeAv1MetadataCaptions(
  captions: Uint8Array | A53Captions,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([AV1_METADATA_T35, ...encodeT35Captions(captions), 0x80]);
}

function tolerant(payload: Uint8Array): A53Captions | undefined {
  try {
    return decodeT35Captions(payload);
  } catch {
    return undefined;
  }
}

/** Without the `03` of every `00 00 03`: the input itself when there is none. */
function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  let zeros = 0;
  let out: number[] | undefined;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (zeros >= 2 && byte === 3) {
      out ??= [...bytes.subarray(0, at)];
      zeros = 0;
      continue;
    }
    out?.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out === undefined ? bytes : Uint8Array.from(out);
}

function withEmulationPrevention(bytes: readonly number[]): number[] {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out;
}
