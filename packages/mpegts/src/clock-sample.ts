import { readPcr } from "@x/bits";
import type { TsPcrEvent } from "./events.js";

/**
 * The PCR event of a packet whose adaptation field has room for a PCR and its PCR_flag set.
 * @param at index of the packet's sync byte
 */
export function pcrEventAt(
  bytes: Uint8Array,
  at: number,
  packet: number,
  offset: number,
): TsPcrEvent {
  const adaptationFieldLength = bytes[at + 4] as number;
  const flags = bytes[at + 5] as number;
  const pcr = readPcr(bytes, at + 6);
  const extension = (((bytes[at + 10] as number) & 1) << 8) | (bytes[at + 11] as number);
  const hasOpcr = (flags & 0x08) !== 0 && adaptationFieldLength >= 13;
  const control = bytes[at + 3] as number;
  return {
    type: "pcr",
    packet,
    offset,
    pid: (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number),
    base: (pcr - extension) / 300,
    extension,
    pcr,
    extensionOutOfRange: extension > 299,
    discontinuity: (flags & 0x80) !== 0,
    opcr: hasOpcr ? readPcr(bytes, at + 12) : undefined,
    adaptationFieldLength,
    continuityCounter: control & 0x0f,
    scrambled: control >= 0x40,
  };
}
