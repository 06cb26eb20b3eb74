import { decodeRtpHeader, isFormatError, modulo, uint16 } from "@x/bits";
import { AncWordPool } from "@x/st291";
import { fits } from "./anc-data-packet.js";
import {
  type AncFrame,
  type AncFramePart,
  append,
  belongs,
  type OpenFrame,
  validF,
} from "./frame.js";
import { type ParsedPayload, type ParsePayloadOptions, parsePayload } from "./payload.js";
import { type Sequenced, SequenceOrder } from "./sequence-order.js";
import { type AncStreamIssue, sequenceIssue } from "./stream-issue.js";
import { DEFAULT_CLOCK_RATE } from "./timestamp.js";

/** An RTP packet whose header is decoded already. */
export interface AncRtpPacket {
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits. */
  readonly timestamp: number;
  readonly marker: boolean;
  /** 32 bits. Default 0. */
  readonly ssrc?: number;
  /** Without RTP header and padding. */
  readonly payload: Uint8Array;
}

/** How an {@link AncDepacketizer} receives. */
export interface AncDepacketizerOptions {
  /** Packets that may wait behind a hole before it is given up: 1 to 4096. Default 32. */
  readonly window?: number;
  /**
   * 2: both legs of ST 2022-7 come in, with the same SSRC, so duplicates are only counted, and packets from the past
   * are no new beginning, however late the slower leg is. Default 1.
   */
  readonly legs?: 1 | 2;
  /** Take packets of this payload type alone. Default: of any. */
  readonly payloadType?: number;
  /**
   * Take packets of this SSRC alone, 32 bits; give each of several senders on a port a depacketizer. Default: of any, and
   * another one begins a new stream.
   */
  readonly ssrc?: number;
  /** Deliver the packets of payloads with F = 01. Default `false`. */
  readonly deliverInvalidF?: boolean;
  /** Ticks a second of the RTP timestamps. Default 90000. */
  readonly clockRate?: number;
  /**
   * How long a hole is waited for when arrival times are given. Default: the distance of the frames received,
   * and 40 ms before that is known.
   */
  readonly framePeriodNs?: bigint;
  /** RTP packets in one frame before it is cut, as a bound to memory. Default 4096. */
  readonly maxRtpPacketsPerFrame?: number;
  /** Called at once for everything between packets that is wrong. */
  readonly onIssue?: (issue: AncStreamIssue) => void;
}

/** Counts since the start or the last `reset`. */
export interface AncStreamStatistics {
  /** With a good header, the right payload type and SSRC, duplicates included. */
  readonly rtpPackets: number;
  readonly frames: number;
  readonly incompleteFrames: number;
  /** Given up; some may have come late. */
  readonly lostPackets: number;
  readonly latePackets: number;
  readonly duplicatePackets: number;
  readonly restarts: number;
  /** Without a good RTP header. */
  readonly malformedPackets: number;
}

interface Arrived extends Sequenced {
  readonly marker: boolean;
  readonly bytes: Uint8Array;
  /** Set when the packet has to wait: the caller's bytes may change after `push`. */
  parsed: ParsedPayload | undefined;
}

const DEFAULT_FRAME_PERIOD_NS = 40_000_000n;
const MODULUS = 2 ** 32;
const MAX_WINDOW = 4096;

/**
 * Makes frames from RTP packets that may be lost, doubled and out of order (RFC 8331 2, RFC 3550 A.1). Nothing that
 * arrives makes it throw. Nothing in a frame refers to the memory of the RTP packets; see `AncWordPool` for that of the
 * words.
 */
export class AncDepacketizer {
  readonly #options: AncDepacketizerOptions;
  readonly #parseOptions: ParsePayloadOptions;
  readonly #maxRtpPackets: number;
  readonly #order: SequenceOrder<Arrived>;
  #framePeriodNs: bigint;
  #ssrc: number | undefined;
  #open: OpenFrame | undefined;
  #cutTimestamp: number | undefined;
  #lastTimestamp: number | undefined;
  #frames: AncFrame[] = [];
  #counts = noCounts();

  /** @throws {RangeError} when an option is out of range */
  constructor(options: AncDepacketizerOptions = {}) {
    this.#options = options;
    const { deliverInvalidF = false } = options;
    this.#parseOptions = { deliverInvalidF, pool: new AncWordPool() };
    const window = options.window ?? 32;
    fits("window", window, MAX_WINDOW, 1);
    this.#maxRtpPackets = options.maxRtpPacketsPerFrame ?? 4096;
    fits("ssrc", options.ssrc ?? 0, 0xffff_ffff);
    fits("maxRtpPacketsPerFrame", this.#maxRtpPackets, 2 ** 32, 1);
    this.#framePeriodNs = options.framePeriodNs ?? DEFAULT_FRAME_PERIOD_NS;
    this.#order = new SequenceOrder(window, options.legs ?? 1, {
      deliver: (packet, extended, missing) => this.#add(packet, extended, missing),
      gap: (first, count) => this.#gap(first, count),
      late: (extended) => this.#late(extended),
      duplicate: (extended) => this.#duplicate(extended),
      restart: () => this.#restart("the sequence numbers jump"),
    });
  }

  /** Counts so far. */
  get statistics(): AncStreamStatistics {
    return { ...this.#counts };
  }

  /**
   * Take the RTP packet that fills `bytes`; returns the frames that it completed, in order.
   * @param arrivalNs when it arrived, on any clock that does not go back: holes are then given up by time too
   */
  push(bytes: Uint8Array, arrivalNs?: bigint): AncFrame[] {
    let header: ReturnType<typeof decodeRtpHeader>;
    try {
      header = decodeRtpHeader(bytes);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#counts.malformedPackets++;
      const { offset, field, message } = error;
      this.#report({ code: "rtp-header", severity: "error", offset, field, message });
      return this.#taken();
    }
    const { payloadType } = this.#options;
    if (payloadType !== undefined && header.payloadType !== payloadType) return [];
    const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
    return this.pushPacket({ ...header, payload }, arrivalNs);
  }

  /**
   * The same for a packet whose header somebody else has decoded.
   * @throws {RangeError} when a field of the header does not fit
   */
  pushPacket(rtp: AncRtpPacket, arrivalNs?: bigint): AncFrame[] {
    const { sequenceNumber, timestamp, marker, ssrc = 0 } = rtp;
    fits("sequenceNumber", sequenceNumber, 0xffff);
    fits("timestamp", timestamp, 0xffff_ffff);
    fits("ssrc", ssrc, 0xffff_ffff);
    if (this.#options.ssrc !== undefined && this.#options.ssrc !== ssrc) return [];
    this.#counts.rtpPackets++;
    if (arrivalNs !== undefined) this.#giveUpOverdue(arrivalNs);
    if (this.#ssrc !== undefined && this.#ssrc !== ssrc) {
      this.#order.flush();
      this.#restart(`the SSRC changes from ${this.#ssrc} to ${ssrc}`);
    }
    this.#ssrc = ssrc;
    const bytes = rtp.payload;
    const high = bytes.length < 2 ? 0 : uint16(bytes, 0);
    const parsed = undefined;
    const arrived = { sequenceNumber, timestamp, high, arrivalNs, marker, bytes, parsed };
    if (this.#order.push(arrived)) this.#parse(arrived);
    return this.#taken();
  }

  /** Time goes on without a packet: give up the holes that were waited for too long. */
  advance(nowNs: bigint): AncFrame[] {
    this.#giveUpOverdue(nowNs);
    return this.#taken();
  }

  /** End of the stream: give up all holes, deliver an open frame as incomplete. Then as new, counts apart. */
  flush(): AncFrame[] {
    this.#order.flush();
    this.#endStream();
    this.#ssrc = undefined;
    return this.#taken();
  }

  /** Forget everything. */
  reset(): void {
    this.#order.reset();
    this.#open = undefined;
    this.#endStream();
    this.#ssrc = undefined;
    this.#frames = [];
    this.#counts = noCounts();
  }

  #giveUpOverdue(nowNs: bigint): void {
    for (;;) {
      const since = this.#order.waitingSinceNs;
      if (since === undefined || nowNs < since + this.#framePeriodNs) return;
      this.#order.giveUpHole();
    }
  }

  #parse(arrived: Arrived): ParsedPayload {
    arrived.parsed ??= parsePayload(arrived.bytes, this.#parseOptions);
    return arrived.parsed;
  }

  #add(arrived: Arrived, extended: number, missing: number): void {
    const { timestamp, marker } = arrived;
    const payload = this.#parse(arrived);
    const f = validF(payload);
    const previous = this.#open;
    const continues = previous !== undefined && belongs(previous, timestamp, f);
    if (previous !== undefined && !continues) {
      if (missing > 0) previous.complete = false;
      else this.#markerMissing(previous);
      this.#close(previous);
    }
    // One packet lost after an unfinished frame was that frame's marker packet; anything else may be of this one.
    const whole = missing === 0 || (missing === 1 && previous !== undefined && !continues);
    let frame = previous;
    if (frame === undefined || !continues) {
      const complete = whole && this.#cutTimestamp !== timestamp;
      frame = { timestamp, f, packets: [], rtpPackets: [], complete, diagnostics: [] };
      this.#open = frame;
    } else {
      frame.f ??= f;
      if (!whole) frame.complete = false;
    }
    this.#cutTimestamp = undefined;
    append(frame, payload, modulo(extended, MODULUS), marker);
    if (marker) this.#close(frame);
    else if (frame.rtpPackets.length >= this.#maxRtpPackets) this.#cut(frame);
  }

  #close(frame: OpenFrame): void {
    this.#open = undefined;
    this.#frames.push(frame);
    this.#counts.frames++;
    if (!frame.complete) this.#counts.incompleteFrames++;
    this.#learnPeriod(frame.timestamp);
  }

  #cut(frame: OpenFrame): void {
    frame.complete = false;
    this.#cutTimestamp = frame.timestamp;
    const message = `a frame of more than ${this.#maxRtpPackets} RTP packets is cut`;
    this.#report({ code: "frame-limit", severity: "error", offset: 1, field: "marker", message });
    this.#close(frame);
  }

  #learnPeriod(timestamp: number): void {
    const { framePeriodNs, clockRate = DEFAULT_CLOCK_RATE } = this.#options;
    if (framePeriodNs === undefined && this.#lastTimestamp !== undefined) {
      const ticks = modulo(timestamp - this.#lastTimestamp, MODULUS);
      if (ticks > 0 && ticks < clockRate) {
        this.#framePeriodNs = BigInt(Math.ceil((ticks * 1e9) / clockRate));
      }
    }
    this.#lastTimestamp = timestamp;
  }

  #endStream(): void {
    if (this.#open !== undefined) {
      this.#open.complete = false;
      this.#close(this.#open);
    }
    this.#cutTimestamp = undefined;
    this.#lastTimestamp = undefined;
    this.#framePeriodNs = this.#options.framePeriodNs ?? DEFAULT_FRAME_PERIOD_NS;
  }

  #restart(why: string): void {
    this.#endStream();
    this.#counts.restarts++;
    this.#report({ code: "restart", severity: "warning", offset: 2, field: "rtp", message: why });
  }

  #gap(first: number, count: number): void {
    this.#counts.lostPackets += count;
    const message = `${count} RTP packets are missing`;
    this.#report({ ...sequenceIssue("gap", first, message), count });
  }

  #late(extended: number): void {
    this.#counts.latePackets++;
    this.#report(sequenceIssue("late", extended, "the packet comes after it was given up"));
  }

  #duplicate(extended: number): void {
    this.#counts.duplicatePackets++;
    if (this.#options.legs === 2) return;
    this.#report(sequenceIssue("duplicate", extended, "the packet was received already"));
  }

  #markerMissing(frame: OpenFrame): void {
    const { extendedSequenceNumber } = frame.rtpPackets.at(-1) as AncFramePart;
    const message = "the frame ends without a marker";
    this.#report(sequenceIssue("marker-missing", extendedSequenceNumber, message));
  }

  #report(issue: AncStreamIssue): void {
    this.#options.onIssue?.(issue);
  }

  #taken(): AncFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}

function noCounts(): { -readonly [Key in keyof AncStreamStatistics]: number } {
  return {
    rtpPackets: 0,
    frames: 0,
    incompleteFrames: 0,
    lostPackets: 0,
    latePackets: 0,
    duplicatePackets: 0,
    restarts: 0,
    malformedPackets: 0,
  };
}
