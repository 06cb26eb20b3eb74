import { Unwrapper } from "@x/bits";
import type { PacketHandler, SkipHandler } from "@x/mpegts";
import type { Arrival } from "./pcr-trace.js";

const PACKET_SIZE = 188;
/** Chunks that are remembered: more than a framer looks ahead. */
const MAX_CHUNKS = 64;
/** Packets of 192 bytes begin with their arrival_time_stamp: 27 MHz in the lower 30 bits. */
const STAMPED_STRIDE = 192;
const STAMP_SIZE = 4;
const STAMP_MODULUS = 2 ** 30;

/** When the packets with PCRs arrived: with their datagram, or by the stamps of a recorder. */
export class ArrivalTimes {
  readonly #chunks: { readonly end: number; readonly timeNs: bigint }[] = [];
  readonly #stamps = new Map<number, bigint>();
  readonly #unwrapper = new Unwrapper(STAMP_MODULUS);
  /** The last bytes that were no packet: the stamp of a packet at the beginning of a chunk. */
  readonly #skipped = new Uint8Array(STAMP_SIZE);

  /** The stream goes on to offset `end`, and this part arrived at `timeNs`. */
  chunk(end: number, timeNs: bigint): void {
    this.#chunks.push({ end, timeNs });
    if (this.#chunks.length > MAX_CHUNKS) this.#chunks.shift();
  }

  readonly onSkip: SkipHandler = (bytes, start, end) => {
    for (let i = Math.max(start, end - STAMP_SIZE); i < end; i++) {
      this.#skipped.copyWithin(0, 1);
      this.#skipped[STAMP_SIZE - 1] = bytes[i] as number;
    }
  };

  /** Look for stamps; a framer calls it. */
  readonly onPackets: PacketHandler = (bytes, start, count, stride, _packet, offset) => {
    if (stride !== STAMPED_STRIDE) return;
    for (let i = 0, at = start; i < count; i++, at += stride) {
      const hasPcr =
        ((bytes[at + 3] as number) & 0x20) !== 0 &&
        (bytes[at + 4] as number) >= 7 &&
        ((bytes[at + 5] as number) & 0x10) !== 0;
      if (!hasPcr) continue;
      const held = at < STAMP_SIZE;
      const from = held ? this.#skipped : bytes;
      const first = held ? 0 : at - STAMP_SIZE;
      const view = new DataView(from.buffer, from.byteOffset + first, STAMP_SIZE);
      const ticks = this.#unwrapper.next(view.getUint32(0) % STAMP_MODULUS);
      this.#stamps.set(offset + i * stride, (BigInt(ticks) * 1000n) / 27n);
    }
  };

  /** Arrival of the packet with a PCR whose sync byte is at `offset`; each is asked for once, in order. */
  of(offset: number): Arrival | undefined {
    const stamp = this.#stamps.get(offset);
    if (stamp !== undefined) {
      for (const known of this.#stamps.keys()) if (known <= offset) this.#stamps.delete(known);
      return { timeNs: stamp, packetsBehind: 0 };
    }
    const chunk = this.#chunks.find(({ end }) => end > offset);
    if (chunk === undefined) return undefined;
    const packetsBehind = Math.floor((chunk.end - offset) / PACKET_SIZE) - 1;
    return { timeNs: chunk.timeNs, packetsBehind: Math.max(0, packetsBehind) };
  }
}
