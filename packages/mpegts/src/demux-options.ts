import type { PacketStride } from "./constants.js";

/** Options of {@link TsDemuxer}. */
export interface TsDemuxerOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** Programmes whose streams are delivered. Default: all. */
  readonly programs?: readonly number[];
  /** PIDs whose PES packets are delivered although no programme lists them. Default: none. */
  readonly pesPids?: readonly number[];
  /** PIDs whose sections are delivered, besides CAT, SDT and the streams of programmes. Default: none. */
  readonly sectionPids?: readonly number[];
  /** Deliver PCRs. Default `true`. */
  readonly pcr?: boolean;
  /** Bytes of a PES packet without length, above which it is cut. Default 32 MiB. */
  readonly maxPesSize?: number;
  /** Bytes held for all unfinished PES packets. Default 128 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * When a PES packet without length is whole: when the next one starts, or already when a packet has adaptation field
   * stuffing. Stuffing is there to fill up a PES packet's end (2.4.3.5), so this saves the wait for the next picture
   * (but for the few that fill their last packet exactly); but a sender that stuffs elsewhere loses data.
   * Default `"next-start"`.
   */
  readonly unboundedEnd?: "next-start" | "stuffing";
  /**
   * How long the `data` of PES events hold: as long as the caller keeps them, or until the next push, which saves
   * the memory's allocation. Default `"kept"`.
   */
  readonly dataLifetime?: "kept" | "push";
  /** PIDs whose payload is looked at. Default 1024. */
  readonly maxPids?: number;
}
