import {
  encodeDtvccPacket,
  encodeServiceBlocks,
  MAX_BLOCK_SIZE,
  MAX_PACKET_DATA,
} from "./dtvcc.js";

interface OpenService {
  readonly serviceNumber: number;
  readonly blocks: number[][];
}

/**
 * Packs whole codes of several services into the one DTVCC packet that a frame has room for. Codes never cross
 * service blocks, and the packet never leaves its frame.
 */
export class FramePacker {
  readonly #services = new Map<number, OpenService>();
  #free = 0;
  #sequenceNumber = 0;

  /** Bytes still free, block headers not deducted. */
  get free(): number {
    return this.#free;
  }

  /** Start a frame that has room for `triplets` DTVCC triplets. */
  begin(triplets: number): void {
    this.#services.clear();
    this.#free = Math.min(2 * triplets - 1, MAX_PACKET_DATA);
  }

  /** Bytes that `length` more code bytes in one block would take, with the block header where one is needed. */
  cost(serviceNumber: number, length: number): number {
    const blocks = this.#services.get(serviceNumber)?.blocks;
    const last = blocks?.[blocks.length - 1];
    if (last !== undefined && last.length + length <= MAX_BLOCK_SIZE) return length;
    return length + headerSize(serviceNumber);
  }

  /** Append one code, or several that must stay in one block, leaving `reserve` bytes free. False: no room. */
  add(serviceNumber: number, code: readonly number[], reserve = 0): boolean {
    const cost = this.cost(serviceNumber, code.length);
    if (cost + reserve > this.#free) return false;
    this.#free -= cost;
    let service = this.#services.get(serviceNumber);
    if (service === undefined) {
      service = { serviceNumber, blocks: [] };
      this.#services.set(serviceNumber, service);
    }
    if (cost > code.length) service.blocks.push([...code]);
    else (service.blocks[service.blocks.length - 1] as number[]).push(...code);
    return true;
  }

  /** The frame's packet as triplets; empty when nothing was added. */
  finish(): Uint8Array<ArrayBuffer> {
    const blocks = [...this.#services.values()].flatMap((service) =>
      service.blocks.map((codes) => ({
        serviceNumber: service.serviceNumber,
        blockData: Uint8Array.from(codes),
      })),
    );
    if (blocks.length === 0) return new Uint8Array(0);
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 3;
    return encodeDtvccPacket({ sequenceNumber, packetData: encodeServiceBlocks(blocks) });
  }
}

/** Bytes of a service block's header. */
export function headerSize(serviceNumber: number): number {
  return serviceNumber < 7 ? 1 : 2;
}
