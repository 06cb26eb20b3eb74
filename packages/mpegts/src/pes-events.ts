import { isFormatError, PTS_MODULUS, Unwrapper, wrapDiff } from "@x/bits";
import type { EventQueue } from "./event-queue.js";
import type { AssembledPes } from "./pes-assembler.js";
import { decodePesHeader, PADDING_STREAM, type PesHeader } from "./pes-header.js";
import type { PidState } from "./pid-table.js";

/** Makes events of assembled PES packets: header, times, data. */
export class PesEvents {
  readonly #events: EventQueue;
  /** One axis a programme, so that all its streams wrap together. */
  readonly #axes = new Map<number | undefined, Unwrapper>();

  constructor(events: EventQueue) {
    this.#events = events;
  }

  /** Deliver a PES packet of a PID, or tell why it cannot be read. Padding is left out. */
  deliver(state: PidState, whole: AssembledPes | undefined): void {
    if (whole === undefined) return;
    const events = this.#events;
    const before = events.pid;
    events.pid = state.pid;
    const { bytes, offset, damage } = whole;
    if (damage === "truncated" || damage === "oversize") {
      const code = damage === "truncated" ? "pes-truncated" : "limit";
      const message = `PES packet cut at ${bytes.length} bytes`;
      events.issue(code, "error", "pesPacketLength", message, offset);
    }
    try {
      const { header, payloadStart } = decodePesHeader(bytes);
      if (header.streamId !== PADDING_STREAM) this.#push(state, whole, header, payloadStart);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      events.issue("pes-header", "error", error.field, error.message, offset);
    }
    events.pid = before;
  }

  /** Forget the times. */
  reset(): void {
    this.#axes.clear();
  }

  #push(state: PidState, whole: AssembledPes, header: PesHeader, payloadStart: number): void {
    const pts = header.optional?.pts;
    const dts = header.optional?.dts ?? pts;
    const dtsUnwrapped = dts === undefined ? undefined : this.#axis(state.programNumber).next(dts);
    this.#events.push({
      type: "pes",
      packet: whole.packet,
      offset: whole.offset,
      pid: state.pid,
      programNumber: state.programNumber,
      stream: state.stream,
      header,
      pts,
      dts,
      ptsUnwrapped:
        pts === undefined || dts === undefined || dtsUnwrapped === undefined
          ? undefined
          : dtsUnwrapped + wrapDiff(pts, dts, PTS_MODULUS),
      dtsUnwrapped,
      randomAccess: whole.randomAccess,
      discontinuity: whole.discontinuity,
      damage: whole.damage,
      data: whole.bytes.subarray(payloadStart),
    });
  }

  #axis(programNumber: number | undefined): Unwrapper {
    let axis = this.#axes.get(programNumber);
    if (axis === undefined) {
      axis = new Unwrapper(PTS_MODULUS);
      this.#axes.set(programNumber, axis);
    }
    return axis;
  }
}
