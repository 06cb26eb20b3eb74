import { type AncPacket, did, sdid } from "@x/st291";

/** What a packet must be to be selected; a field left out matches everything. */
export interface AncSelector {
  /** 8 bits. */
  readonly did?: number;
  /** 8 bits; a type 1 packet has none, so it never matches. */
  readonly sdid?: number;
  readonly lineNumber?: number;
  readonly horizontalOffset?: number;
  readonly cNotYChannelFlag?: boolean;
}

/** The packets that match, in order. */
export function selectAnc<T extends AncPacket>(packets: readonly T[], selector: AncSelector): T[] {
  const { did: wantedDid, sdid: wantedSdid, lineNumber, horizontalOffset } = selector;
  const { cNotYChannelFlag } = selector;
  return packets.filter(
    (packet) =>
      (wantedDid === undefined || did(packet) === wantedDid) &&
      (wantedSdid === undefined || sdid(packet) === wantedSdid) &&
      (lineNumber === undefined || packet.lineNumber === lineNumber) &&
      (horizontalOffset === undefined || packet.horizontalOffset === horizontalOffset) &&
      (cNotYChannelFlag === undefined || packet.cNotYChannelFlag === cNotYChannelFlag),
  );
}

/** Packets that belong together: one kind of data, at one place, in one channel. */
export interface AncStream {
  /** `anc_61_01_at_9_0` as the pads of GStreamer's st2038ancdemux; the C channel has `_c` behind it. */
  readonly id: string;
  /** 8 bits. */
  readonly did: number;
  /** 8 bits; `undefined` for type 1, whose second word only counts. */
  readonly sdid: number | undefined;
  /** `undefined` when streams are not told apart by position. */
  readonly lineNumber: number | undefined;
  /** `undefined` when streams are not told apart by position. */
  readonly horizontalOffset: number | undefined;
  /** `undefined` when streams are not told apart by channel. */
  readonly cNotYChannelFlag: boolean | undefined;
}

/** The packets of one stream in what was pushed. */
export interface AncStreamPackets<T extends AncPacket = AncPacket> {
  readonly stream: AncStream;
  /** True when the stream appears for the first time, or again after it was forgotten. */
  readonly isNew: boolean;
  /** In the order of arrival. */
  readonly packets: readonly T[];
}

/** What makes a stream, and how many are remembered. */
export interface AncDemuxerOptions {
  /** Tell streams apart by line and offset. Sources of MXF have no positions: use `false`. Default `true`. */
  readonly byPosition?: boolean;
  /** Tell streams apart by channel. Default `true`. */
  readonly byChannel?: boolean;
  /** Beyond this many the one that was silent longest is forgotten. Default 1024. */
  readonly maxStreams?: number;
}

interface Known {
  readonly stream: AncStream;
  time: number | undefined;
}

/**
 * Sorts ancillary packets into streams by DID, SDID, line, offset and channel, as GStreamer's st2038ancdemux does,
 * but keeps the Y and the C channel apart and does not take the block number of a type 1 packet for its kind.
 */
export class AncDemuxer {
  readonly #byPosition: boolean;
  readonly #byChannel: boolean;
  readonly #maxStreams: number;
  /** By least recent use. */
  readonly #known: Map<number, Known> = new Map();

  /** @throws {RangeError} when `maxStreams` is not a positive integer */
  constructor({ byPosition = true, byChannel = true, maxStreams = 1024 }: AncDemuxerOptions = {}) {
    if (!Number.isInteger(maxStreams) || maxStreams < 1) {
      throw new RangeError(`maxStreams: ${maxStreams} is not a positive integer`);
    }
    this.#byPosition = byPosition;
    this.#byChannel = byChannel;
    this.#maxStreams = maxStreams;
  }

  /**
   * Sort packets, of a unit or of many.
   * @param time of the packets, in any unit; only {@link idle} looks at it
   * @returns one entry for each stream that occurs, by first occurrence
   */
  push<T extends AncPacket>(packets: readonly T[], time?: number): AncStreamPackets<T>[] {
    const groups = new Map<number, { stream: AncStream; isNew: boolean; packets: T[] }>();
    for (const packet of packets) {
      const key = this.#key(packet);
      const group = groups.get(key);
      if (group !== undefined) {
        group.packets.push(packet);
        continue;
      }
      const known = this.#known.get(key);
      const stream = known?.stream ?? this.#stream(packet);
      groups.set(key, { stream, isNew: known === undefined, packets: [packet] });
      this.#known.delete(key);
      this.#known.set(key, { stream, time: time ?? known?.time });
    }
    for (const key of this.#known.keys()) {
      if (this.#known.size <= this.#maxStreams) break;
      this.#known.delete(key);
    }
    return [...groups.values()];
  }

  /** Streams whose last packet is more than `longerThan` before `time`: where GStreamer sends gap events. */
  idle(time: number, longerThan: number): AncStream[] {
    const idle: AncStream[] = [];
    for (const known of this.#known.values()) {
      if (known.time !== undefined && time - known.time > longerThan) idle.push(known.stream);
    }
    return idle;
  }

  /** All streams known, the one that was silent longest first. */
  streams(): AncStream[] {
    return Array.from(this.#known.values(), ({ stream }) => stream);
  }

  /** Forget all streams. */
  reset(): void {
    this.#known.clear();
  }

  /** A number below 2^41 that only packets of the same stream share. */
  #key(packet: AncPacket): number {
    const kind = did(packet) * 0x100 + (sdid(packet) ?? 0);
    const channel = this.#byChannel && packet.cNotYChannelFlag ? 1 : 0;
    const position = this.#byPosition ? packet.lineNumber * 0x1000 + packet.horizontalOffset : 0;
    return (position * 2 + channel) * 0x10000 + kind;
  }

  #stream(packet: AncPacket): AncStream {
    const { lineNumber, horizontalOffset, cNotYChannelFlag } = packet;
    const kind = { did: did(packet), sdid: sdid(packet) };
    const place = this.#byPosition ? `_at_${lineNumber}_${horizontalOffset}` : "";
    const channel = this.#byChannel && cNotYChannelFlag ? "_c" : "";
    return {
      id: `anc_${hex(kind.did)}_${hex(kind.sdid ?? 0)}${place}${channel}`,
      ...kind,
      lineNumber: this.#byPosition ? lineNumber : undefined,
      horizontalOffset: this.#byPosition ? horizontalOffset : undefined,
      cNotYChannelFlag: this.#byChannel ? cNotYChannelFlag : undefined,
    };
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
