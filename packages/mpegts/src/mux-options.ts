import type { MuxProgram } from "./mux-config.js";

/** Options of {@link TsMuxer}. */
export interface TsMuxerOptions {
  readonly programs: readonly MuxProgram[];
  /** bit/s: constant rate, filled up with null packets. Default: variable rate, without. */
  readonly bitrate?: number;
  /** At variable rate: bit/s that packets of one moment are spread at, unless they are more. Default 60 000 000. */
  readonly peakBitrate?: number;
  /** 16 bits. Default 1. */
  readonly transportStreamId?: number;
  /**
   * 90 kHz ticks by which the PCR is behind the DTS that is being sent. Default 54000, 0.6 s: with more a stream that is
   * sent ahead as far as its decoder has room can be without a PTS for the 700 ms of TR 101 290 2.5.
   */
  readonly muxDelay?: number;
  /** 90 kHz ticks, at most 3600. Default 3150, 35 ms. */
  readonly pcrInterval?: number;
  /** 90 kHz ticks between PAT and PMT repetitions. Default 9000, 0.1 s. */
  readonly psiInterval?: number;
  /** 90 kHz ticks between SDT repetitions. Default 90000, 1 s. */
  readonly sdtInterval?: number;
  /** 90 kHz ticks that a stream may lead before the others are no longer waited for. Default 90000, 1 s. */
  readonly maxInterleave?: number;
  /**
   * 90 kHz ticks; a greater step of the DTS, or one back by more than 1 s, begins a new time base. Default 900000, 10 s;
   * ten minutes for programmes that have sparse streams only.
   */
  readonly maxGap?: number;
  /** Told of units that were sent later than their DTS. Default: nobody. */
  readonly onLate?: (late: LateUnit) => void;
}

/** A unit whose last byte was sent behind its DTS: the bit rate is too low, or it was pushed too late. */
export interface LateUnit {
  readonly pid: number;
  /** 90 kHz ticks behind. */
  readonly lateBy: number;
}

/** An access unit, a private data unit, or a section. */
export interface MuxUnit {
  readonly pid: number;
  /** The payload of one PES packet, or for section-carried streams one whole section. Kept until it is sent. */
  readonly data: Uint8Array;
  /** 90 kHz; 33 bits or unwrapped, written modulo 2^33. `undefined`: as soon as possible, and no time is written. */
  readonly pts?: number | undefined;
  /** Likewise. Default `pts`; written when it differs. Not decreasing within a stream. */
  readonly dts?: number | undefined;
  /** Sets random_access_indicator. Default `false`. */
  readonly randomAccess?: boolean;
  /** A new time base begins with this unit. Default: told by the DTS, see `maxGap`. */
  readonly discontinuity?: boolean;
  /** data_alignment_indicator. Default `true`. */
  readonly dataAlignment?: boolean;
}
