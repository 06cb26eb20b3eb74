import { modulo, PTS_MODULUS, Unwrapper } from "@x/bits";
import { type AncPacket, groupByLine } from "@x/st291";
import { F_FIELD_1, F_FIELD_2, F_PROGRESSIVE, fieldOfLine, type Scan } from "./field.js";
import type { AncFrameInit } from "./packetizer.js";
import { DEFAULT_CLOCK_RATE, type FrameRate } from "./timestamp.js";

/** The ancillary packets of one line: what one PES packet of ST 2038 carries. */
export interface St2038Line {
  /** 90 kHz, 33 bits. */
  readonly pts: number;
  readonly lineNumber: number;
  /** By horizontal offset. Without `streamNum`. */
  readonly packets: readonly AncPacket[];
}

/** What ST 2038 has no place for. `S` and `StreamNum` stand for the values of at least one packet. */
export type St2038Loss = "F" | "S" | "StreamNum" | "extSeqHigh" | "marker";

/** What {@link toSt2038} makes of a frame. */
export interface TowardsSt2038 {
  /** By line number: one PES packet each. Empty for a keep-alive. */
  readonly lines: readonly St2038Line[];
  readonly lost: readonly St2038Loss[];
}

/**
 * Regroup the packets of a frame or field by line, as ST 2038 wants them, and say what is lost. Words are kept as they
 * are, in the same memory: parity and checksum are not touched.
 * @param frame an `AncFrame`, a parsed payload, or anything with packets
 * @param pts of the frame, 90 kHz: see {@link PtsMapper}
 */
export function toSt2038(
  frame: { readonly packets: readonly AncPacket[] },
  pts: number,
): TowardsSt2038 {
  const lost = new Set<St2038Loss>(["F", "extSeqHigh", "marker"]);
  const packets = frame.packets.map(({ streamNum, ...located }) => {
    if (streamNum !== undefined) lost.add("S");
    if (streamNum !== undefined && streamNum !== 0) lost.add("StreamNum");
    return located;
  });
  const lines = groupByLine(packets).map((line) => ({ pts: modulo(pts, PTS_MODULUS), ...line }));
  return { lines, lost: [...lost] };
}

/** Turns the 32-bit RTP timestamps of one stream into 33-bit PTS: both count 90 kHz. */
export class PtsMapper {
  readonly #unwrapper = new Unwrapper(2 ** 32);
  readonly #offset: number;

  /** `offset`: PTS of timestamp 0. Default 0. */
  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** PTS of `timestamp`, which is taken as the nearest to the one before. */
  pts(timestamp: number): number {
    return modulo(this.#unwrapper.next(timestamp) + this.#offset, PTS_MODULUS);
  }

  /** Forget the timestamps so far. */
  reset(): void {
    this.#unwrapper.reset();
  }
}

/** What {@link fromSt2038} cannot find in ST 2038. */
export interface FromSt2038Options {
  /** Default `"progressive"`: one frame with F = 0. The others: two fields. */
  readonly scan?: Scan;
  /** Frames a second, for the timestamp of the second field. Needed unless the scan is progressive. */
  readonly frameRate?: FrameRate;
  /** F of the packets whose line does not tell. Default: field 1 of an interlaced frame. */
  readonly f?: number;
  /** StreamNum of packets that have none. Default: none. */
  readonly streamNum?: number;
  /** RTP timestamp of PTS 0. Default 0. */
  readonly timestampOffset?: number;
}

/**
 * The RTP frames of an ST 2038 access unit: all records with one PTS, of any number of PES packets. Progressive gives
 * one frame, interlaced both fields, the second half a period later (rounded down); a field without packets is there
 * too, so that an `AncPacketizer` sends its keep-alive. Words are kept as they are, in the same memory.
 * @param unit `pts`: 90 kHz, 33 bits
 * @throws {TypeError} when an interlaced scan comes without a frame rate
 */
export function fromSt2038(
  unit: { readonly pts: number; readonly packets: readonly AncPacket[] },
  options: FromSt2038Options = {},
): AncFrameInit[] {
  const { scan = "progressive", frameRate, f: given, streamNum, timestampOffset = 0 } = options;
  const packets = unit.packets.map((packet) =>
    streamNum === undefined || packet.streamNum !== undefined ? packet : { ...packet, streamNum },
  );
  const instant = unit.pts + timestampOffset;
  const timestamp = modulo(instant, 2 ** 32);
  if (scan === "progressive") return [{ timestamp, f: given ?? F_PROGRESSIVE, packets }];
  if (frameRate === undefined) throw new TypeError("an interlaced scan needs its frame rate");
  const { numerator, denominator } = frameRate;
  const half = Math.floor((DEFAULT_CLOCK_RATE * denominator) / (2 * numerator));
  const first: AncPacket[] = [];
  const second: AncPacket[] = [];
  for (const packet of packets) {
    const field = fieldOfLine(packet.lineNumber, scan) ?? given ?? F_FIELD_1;
    (field === F_FIELD_2 ? second : first).push(packet);
  }
  return [
    { timestamp, f: F_FIELD_1, packets: first },
    { timestamp: modulo(instant + half, 2 ** 32), f: F_FIELD_2, packets: second },
  ];
}
