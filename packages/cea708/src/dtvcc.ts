import { CcType } from "./cc-data.js";
import { type CaptionIssue, captionError, IssueList } from "./issue.js";

/** Most data bytes behind the header byte of a DTVCC packet. */
export const MAX_PACKET_DATA = 127;
/** Most code bytes in one service block. */
export const MAX_BLOCK_SIZE = 31;

/** One caption channel packet (CTA-708-E 5). */
export interface DtvccPacket {
  /** 0 to 3. */
  readonly sequenceNumber: number;
  /** Service blocks and padding behind the header byte: packet_data_size bytes, fewer when the packet was cut. */
  readonly packetData: Uint8Array;
  /** False when the next packet began, or the stream ended, before all bytes had come. */
  readonly complete: boolean;
}

/** One service block of a packet (CTA-708-E 6). */
export interface ServiceBlock {
  /** 1 to 63. */
  readonly serviceNumber: number;
  /** Code bytes, at most 31. */
  readonly blockData: Uint8Array;
}

/**
 * Cut a packet's data into service blocks; views into it. Null blocks end the packet; a block that is cut and
 * what the standard does not allow are skipped and reported to `issues`, offsets being those within `packetData`.
 */
export function decodeServiceBlocks(
  packetData: Uint8Array,
  issues?: IssueList,
  offset = 0,
): ServiceBlock[] {
  const blocks: ServiceBlock[] = [];
  let at = 0;
  while (at < packetData.length) {
    const start = at;
    const header = packetData[at++] as number;
    if (header === 0) break;
    let serviceNumber = header >> 5;
    const blockSize = header & 0x1f;
    if (blockSize === 0) continue;
    let legal = serviceNumber !== 0;
    if (serviceNumber === 7) {
      if (at === packetData.length) {
        issues?.add(
          "truncated",
          "error",
          offset + start,
          "extendedServiceNumber",
          "the packet ends",
        );
        break;
      }
      serviceNumber = (packetData[at++] as number) & 0x3f;
      legal = serviceNumber >= 7;
    }
    const end = at + blockSize;
    if (!legal) {
      const message = `service ${serviceNumber} cannot stand here; ${blockSize} bytes skipped`;
      issues?.add("service", "error", offset + start, "serviceNumber", message);
    } else if (end > packetData.length) {
      const message = `a block of ${blockSize} bytes has only ${packetData.length - at}`;
      issues?.add("truncated", "error", offset + start, "blockSize", message);
    } else {
      blocks.push({ serviceNumber, blockData: packetData.subarray(at, end) });
    }
    at = end;
  }
  return blocks;
}

/** Bytes of a service block with its header. */
function sizeOfServiceBlock(block: ServiceBlock): number {
  return block.blockData.length + (block.serviceNumber < 7 ? 1 : 2);
}

/**
 * Encode service blocks one after the other: the data of one packet.
 * @throws {RangeError} for a service outside 1 to 63, an empty block, or more than fits.
 */
export function encodeServiceBlocks(blocks: readonly ServiceBlock[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const block of blocks) size += sizeOfServiceBlock(block);
  if (size > MAX_PACKET_DATA) throw new RangeError(`${size} bytes do not fit a DTVCC packet`);
  const packetData = new Uint8Array(size);
  let at = 0;
  for (const { serviceNumber, blockData } of blocks) {
    if (!Number.isInteger(serviceNumber) || serviceNumber < 1 || serviceNumber > 63) {
      throw new RangeError(`service number ${serviceNumber}`);
    }
    if (blockData.length < 1 || blockData.length > MAX_BLOCK_SIZE) {
      throw new RangeError(`a service block of ${blockData.length} bytes`);
    }
    if (serviceNumber < 7) {
      packetData[at++] = (serviceNumber << 5) | blockData.length;
    } else {
      packetData[at++] = 0xe0 | blockData.length;
      packetData[at++] = serviceNumber;
    }
    packetData.set(blockData, at);
    at += blockData.length;
  }
  return packetData;
}

/** packet_size_code's packet_data_size (CTA-708-E 5). */
function packetDataSize(packetSizeCode: number): number {
  return packetSizeCode === 0 ? MAX_PACKET_DATA : packetSizeCode * 2 - 1;
}

/**
 * Encode a packet as DTVCC triplets: `FF` start, `FE` continuation, an even number of bytes with a null block as
 * padding where needed.
 * @throws {RangeError} when there is no data, more than 127 bytes, or the sequence number is not 0 to 3.
 */
export function encodeDtvccPacket(
  packet: Pick<DtvccPacket, "sequenceNumber" | "packetData">,
): Uint8Array<ArrayBuffer> {
  const { sequenceNumber, packetData } = packet;
  if (packetData.length < 1 || packetData.length > MAX_PACKET_DATA) {
    throw new RangeError(`a DTVCC packet of ${packetData.length} bytes`);
  }
  if (sequenceNumber >>> 2 !== 0) throw new RangeError(`sequence number ${sequenceNumber}`);
  const triplets = (packetData.length + 2) >> 1;
  const ccData = new Uint8Array(triplets * 3);
  ccData[0] = 0xff;
  ccData[1] = (sequenceNumber << 6) | (triplets & 0x3f);
  ccData[2] = packetData[0] as number;
  for (let i = 1; i < triplets; i++) {
    ccData[3 * i] = 0xfe;
    ccData[3 * i + 1] = packetData[2 * i - 1] as number;
    ccData[3 * i + 2] = packetData[2 * i] ?? 0;
  }
  return ccData;
}

/**
 * Decode one packet from its bytes (header byte first), as a view.
 * @throws {FormatError} `truncated`.
 */
export function decodeDtvccPacket(bytes: Uint8Array): DtvccPacket {
  const header = bytes[0];
  const size = packetDataSize((header ?? 0) & 0x3f);
  if (header === undefined || bytes.length < size + 1) {
    throw captionError("truncated", `${bytes.length} of ${size + 1} bytes`, {
      field: "packetData",
      offset: bytes.length,
      expected: size + 1,
      actual: bytes.length,
      clause: "CTA-708-E 5",
    });
  }
  return { sequenceNumber: header >> 6, packetData: bytes.subarray(1, size + 1), complete: true };
}

/**
 * Collects DTVCC packets from cc_data of frame after frame. A packet may span frames; padding and invalid triplets
 * between two of its triplets do not end it, the next start does. Never throws on input.
 */
export class DtvccParser {
  readonly #issues = new IssueList();
  #packet: Uint8Array<ArrayBuffer> = new Uint8Array(MAX_PACKET_DATA);
  #sequenceNumber = 0;
  #size = 0;
  #filled = 0;
  #offset = 0;

  /** What was wrong so far; offsets count cc_data bytes from the start. */
  get issues(): readonly CaptionIssue[] {
    return this.#issues.list;
  }

  /** Packets that `ccData` (bare triplets) completed. Their data is own memory. */
  push(ccData: Uint8Array): DtvccPacket[] {
    const packets: DtvccPacket[] = [];
    for (let at = 0; at + 2 < ccData.length; at += 3) {
      const first = ccData[at] as number;
      if ((first & 6) !== 6) continue;
      const ccData1 = ccData[at + 1] as number;
      const ccData2 = ccData[at + 2] as number;
      if ((first & 3) === CcType.dtvccStart) {
        this.#end(packets, at);
        this.#packet = new Uint8Array(MAX_PACKET_DATA);
        this.#sequenceNumber = ccData1 >> 6;
        this.#size = packetDataSize(ccData1 & 0x3f);
        this.#packet[0] = ccData2;
        this.#filled = 1;
      } else if (this.#size === 0) {
        const message = "packet data without a packet start";
        this.#issues.add("order", "error", this.#offset + at, "ccType", message);
        continue;
      } else {
        this.#packet[this.#filled++] = ccData1;
        this.#packet[this.#filled++] = ccData2;
      }
      if (this.#filled >= this.#size) this.#end(packets, at);
    }
    this.#offset += ccData.length;
    return packets;
  }

  /** The packet under way, cut short, when there is one; then the parser is as new. */
  flush(): DtvccPacket[] {
    const packets: DtvccPacket[] = [];
    this.#end(packets, 0);
    return packets;
  }

  /** Forget the packet under way and the issues. */
  reset(): void {
    this.#size = 0;
    this.#filled = 0;
    this.#offset = 0;
    this.#issues.clear();
  }

  #end(packets: DtvccPacket[], at: number): void {
    if (this.#size === 0) return;
    const complete = this.#filled >= this.#size;
    if (!complete) {
      const message = `a packet ended after ${this.#filled} of ${this.#size} bytes`;
      this.#issues.add("truncated", "error", this.#offset + at, "packetData", message);
    }
    packets.push({
      sequenceNumber: this.#sequenceNumber,
      packetData: this.#packet.subarray(0, Math.min(this.#filled, this.#size)),
      complete,
    });
    this.#size = 0;
    this.#filled = 0;
  }
}
