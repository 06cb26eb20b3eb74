import type { AncPacket } from "@x/st291";
import { FrameGrid } from "./frame-grid.js";
import { type CollisionPolicy, mergeAnc } from "./merge.js";

/** Packets that go out together: a unit for {@link encodeUnit} or a PES packet for {@link encodePes}. */
export interface AncUnit {
  /** Start of the frame, or without a frame rate the time of the packets, in ticks of the muxer's clock. */
  readonly time: number;
  /** Length of the frame, or of the frames without data, in ticks; `undefined` without a frame rate. */
  readonly duration: number | undefined;
  /** By line, then offset. Empty for a gap. */
  readonly packets: readonly AncPacket[];
  /** True for the last unit of a frame, and for a gap. */
  readonly lastOfFrame: boolean;
}

/** How an {@link AncMuxer} joins its sources. */
export interface AncMuxerOptions {
  /** Joins all packets of a frame. Without it only packets of the same time are joined. */
  readonly frameRate?: { readonly numerator: number; readonly denominator: number };
  /**
   * What a unit holds: one packet, the packets of one line (what ST 2038 wants in a PES packet), or those of a
   * frame (only with a frame rate). Default `"line"`.
   */
  readonly alignment?: "packet" | "line" | "frame";
  /** Default `"position"`. */
  readonly collision?: CollisionPolicy;
  /** Ticks a second of all times. Default 90,000. */
  readonly clockRate?: number;
  /** Start of a frame, any. Default: the time of the first packet. */
  readonly origin?: number;
  /** So many ticks before its start a packet belongs to a frame already. Default 2 ms (ST 2038:2021 4.2). */
  readonly tolerance?: number;
  /** Tell of frames without data by an empty unit, one for those that are known together. Default `false`. */
  readonly gaps?: boolean;
  /** Packets waiting for slow sources; beyond this many the oldest frame goes out without them. Default 4096. */
  readonly maxQueued?: number;
}

interface Source {
  /** The largest key pushed. */
  reached: number;
  ended: boolean;
}

/** A frame, or without a frame rate a time, that is still open. */
interface Slot {
  /** Frame number from the origin, or time. */
  readonly key: number;
  /** By source, in order of arrival. */
  readonly packets: Map<number, AncPacket[]>;
}

/**
 * Joins sources of ancillary data to one stream, as GStreamer's st2038ancmux does: frame by frame when the frame
 * rate is known, lines merged, collisions settled. A frame goes out as soon as every source has a later one or has
 * ended. Times are integers that do not wrap: continue PTS beyond 2^33 before.
 */
export class AncMuxer {
  readonly #frames: FrameGrid | undefined;
  readonly #alignment: "packet" | "line" | "frame";
  readonly #collision: CollisionPolicy;
  readonly #gaps: boolean;
  readonly #maxQueued: number;
  readonly #sources: Source[] = [];
  /** By key. */
  #slots: Slot[] = [];
  #queued = 0;
  #lastKey: number = Number.NEGATIVE_INFINITY;
  #latePackets = 0;
  #collisions = 0;

  /** @throws {RangeError} when a value is out of range, or `"frame"` is asked for without a frame rate */
  constructor(options: AncMuxerOptions = {}) {
    const { frameRate, alignment = "line", collision = "position", clockRate = 90_000 } = options;
    const { tolerance = Math.floor(clockRate / 500), maxQueued = 4096 } = options;
    if (alignment === "frame" && frameRate === undefined) {
      throw new RangeError("alignment: frames need a frameRate");
    }
    if (!Number.isInteger(maxQueued) || maxQueued < 1) {
      throw new RangeError(`maxQueued: ${maxQueued} is not a positive integer`);
    }
    this.#alignment = alignment;
    this.#collision = collision;
    this.#gaps = options.gaps ?? false;
    this.#maxQueued = maxQueued;
    this.#frames =
      frameRate && new FrameGrid({ ...frameRate, clockRate, tolerance, origin: options.origin });
  }

  /** Packets that came after their frame had gone out; they went into the next one. */
  get latePackets(): number {
    return this.#latePackets;
  }

  /** Packets dropped for a collision. */
  get collisions(): number {
    return this.#collisions;
  }

  /** Add a source; it is newer than those before it. Nothing goes out until it has data or has ended. */
  addSource(): number {
    return this.#sources.push({ reached: Number.NEGATIVE_INFINITY, ended: false }) - 1;
  }

  /**
   * Take packets of a source; none says that it has no data up to `time`.
   * @param time in ticks, at best ascending for a source
   * @returns what is complete now
   * @throws {RangeError} when there is no such source, or `time` is not an integer
   */
  push(source: number, packets: readonly AncPacket[], time: number): AncUnit[] {
    const state = this.#source(source);
    if (state.ended) throw new RangeError(`source ${source} has ended`);
    const key = this.#keyOf(time);
    state.reached = Math.max(state.reached, key);
    if (packets.length > 0) this.#put(source, packets, key);
    const units = this.#takeBelow(this.#reached());
    while (this.#queued > this.#maxQueued) this.#takeFirst(units);
    return units;
  }

  /** A source has ended: nobody waits for it any more. */
  end(source: number): AncUnit[] {
    this.#source(source).ended = true;
    return this.#takeBelow(this.#reached());
  }

  /** Give up waiting: everything of frames that are over at `time` goes out. For live sources. */
  advance(time: number): AncUnit[] {
    return this.#takeBelow(this.#keyOf(time));
  }

  /** Everything that waits goes out. The sources stay, and can go on. */
  flush(): AncUnit[] {
    return this.#takeBelow(Number.POSITIVE_INFINITY);
  }

  /** Forget sources, packets, counts and the origin. */
  reset(): void {
    this.#sources.length = 0;
    this.#slots = [];
    this.#queued = 0;
    this.#lastKey = Number.NEGATIVE_INFINITY;
    this.#latePackets = 0;
    this.#collisions = 0;
    this.#frames?.reset();
  }

  #source(source: number): Source {
    const state = this.#sources[source];
    if (state === undefined) throw new RangeError(`no source ${source}`);
    return state;
  }

  #keyOf(time: number): number {
    if (!Number.isSafeInteger(time)) throw new RangeError(`time: ${time} is not an integer`);
    return this.#frames === undefined ? time : this.#frames.frameAt(time);
  }

  /** Every source that has not ended has at least this key. */
  #reached(): number {
    let reached = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) {
      if (!source.ended) reached = Math.min(reached, source.reached);
    }
    return reached;
  }

  #put(source: number, packets: readonly AncPacket[], wanted: number): void {
    // Output must not go back: a frame that has gone out does not come again, but an equal time may.
    const least = this.#frames === undefined ? this.#lastKey : this.#lastKey + 1;
    const key = Math.max(wanted, least);
    if (key > wanted) this.#latePackets += packets.length;
    let at = this.#slots.length;
    while (at > 0 && (this.#slots[at - 1] as Slot).key > key) at--;
    let slot = this.#slots[at - 1];
    if (slot?.key !== key) {
      slot = { key, packets: new Map() };
      this.#slots.splice(at, 0, slot);
    }
    const already = slot.packets.get(source);
    if (already === undefined) slot.packets.set(source, [...packets]);
    else for (const packet of packets) already.push(packet);
    this.#queued += packets.length;
  }

  #takeBelow(key: number): AncUnit[] {
    const units: AncUnit[] = [];
    while (this.#slots.length > 0 && (this.#slots[0] as Slot).key < key) {
      this.#takeFirst(units);
    }
    if (Number.isFinite(key)) this.#pushGap(key, units);
    return units;
  }

  #takeFirst(units: AncUnit[]): void {
    const slot = this.#slots.shift() as Slot;
    this.#pushGap(slot.key, units);
    this.#lastKey = slot.key;
    const sources = [...slot.packets].sort(([a], [b]) => a - b).map(([, packets]) => packets);
    const merged = mergeAnc(sources, this.#collision);
    const received = sources.reduce((sum, packets) => sum + packets.length, 0);
    this.#queued -= received;
    this.#collisions += received - merged.length;
    const time = this.#frames === undefined ? slot.key : this.#frames.startOf(slot.key);
    const duration = this.#frames && this.#frames.startOf(slot.key + 1) - time;
    const groups = this.#divide(merged);
    groups.forEach((packets, i) => {
      units.push({ time, duration, packets, lastOfFrame: i === groups.length - 1 });
    });
  }

  /** The frames between the last one that went out and `until` have no data. */
  #pushGap(until: number, units: AncUnit[]): void {
    const frames = this.#frames;
    if (!this.#gaps || frames === undefined || !Number.isFinite(this.#lastKey)) return;
    if (this.#lastKey + 1 >= until) return;
    const time = frames.startOf(this.#lastKey + 1);
    units.push({ time, duration: frames.startOf(until) - time, packets: [], lastOfFrame: true });
    this.#lastKey = until - 1;
  }

  #divide(packets: readonly AncPacket[]): (readonly AncPacket[])[] {
    switch (this.#alignment) {
      case "frame":
        return [packets];
      case "packet":
        return packets.map((packet) => [packet]);
      case "line": {
        const lines: AncPacket[][] = [];
        for (const packet of packets) {
          const line = lines[lines.length - 1];
          if (line?.[0]?.lineNumber === packet.lineNumber) line.push(packet);
          else lines.push([packet]);
        }
        return lines;
      }
    }
  }
}
