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

  /** Start a frame that has room for `triplets` DTVCC triplets. */
  begin(triplets: number): void {
    this.#services.clear();
    this.#free = packetRoom(triplets);
  }

  /** Bytes that `length` more code bytes in one block would take, with the block header where one is needed. */
  cost(serviceNumber: number, length: number): number {
    const last = this.#lastBlock(serviceNumber);
    return costBehind(serviceNumber, last?.length ?? MAX_BLOCK_SIZE, length);
  }

  /**
   * Append one code, or several that must stay in one block. False: no room.
   *
   * @param reserved code bytes of each service that must still fit into one block of it afterwards.
   */
  add(
    serviceNumber: number,
    code: readonly number[],
    reserved?: ReadonlyMap<number, number>,
  ): boolean {
    const length = this.#lastBlock(serviceNumber)?.length ?? MAX_BLOCK_SIZE;
    const opens = length + code.length > MAX_BLOCK_SIZE;
    const free = this.#free - code.length - (opens ? headerSize(serviceNumber) : 0);
    let need = 0;
    if (reserved !== undefined) {
      for (const [service, bytes] of reserved) {
        const filled = opens ? code.length : length + code.length;
        need +=
          service === serviceNumber
            ? costBehind(service, filled, bytes)
            : this.cost(service, bytes);
      }
    }
    if (free < need) return false;
    this.#free = free;
    let service = this.#services.get(serviceNumber);
    if (service === undefined) {
      service = { serviceNumber, blocks: [] };
      this.#services.set(serviceNumber, service);
    }
    if (opens) service.blocks.push([...code]);
    else service.blocks[service.blocks.length - 1]?.push(...code);
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

  #lastBlock(serviceNumber: number): number[] | undefined {
    const blocks = this.#services.get(serviceNumber)?.blocks;
    return blocks?.[blocks.length - 1];
  }
}

/** Bytes that `length` code bytes take behind a block of `filled` code bytes, in it if they fit. */
function costBehind(serviceNumber: number, filled: number, length: number): number {
  return filled + length <= MAX_BLOCK_SIZE ? length : length + headerSize(serviceNumber);
}

/** Bytes of a packet that has so many triplets, its header not counted. */
export function packetRoom(triplets: number): number {
  return Math.min(2 * triplets - 1, MAX_PACKET_DATA);
}

/** Bytes of `length` code bytes in as few service blocks as there can be, which codes of up to seven bytes allow. */
export function blocksSize(serviceNumber: number, length: number): number {
  return length + headerSize(serviceNumber) * Math.ceil(length / MAX_BLOCK_SIZE);
}

/** Bytes of a service block's header. */
export function headerSize(serviceNumber: number): number {
  return serviceNumber < 7 ? 1 : 2;
}
