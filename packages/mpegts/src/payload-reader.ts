import { PACKET_SIZE } from "./constants.js";
import { runLength } from "./continuity.js";
import type { EventQueue } from "./event-queue.js";
import type { AssembledPes } from "./pes-assembler.js";
import type { PesEvents } from "./pes-events.js";
import type { PidState, PidTable } from "./pid-table.js";

/** Takes the payload of packets: checks their continuity, and puts PES packets and sections together. */
export class PayloadReader {
  readonly #pids: PidTable;
  readonly #events: EventQueue;
  readonly #pes: PesEvents;
  readonly #endsByStuffing: boolean;

  constructor(pids: PidTable, events: EventQueue, pes: PesEvents, endsByStuffing: boolean) {
    this.#pids = pids;
    this.#events = events;
    this.#pes = pes;
    this.#endsByStuffing = endsByStuffing;
  }

  /**
   * The quick way for most of a stream: packets of one PID that follow each other, are full of payload and only
   * continue a PES packet.
   * @param at index of the first sync byte
   * @param count packets that are there
   * @returns packets taken, possibly none
   */
  takeRun(bytes: Uint8Array, at: number, count: number, stride: number): number {
    const pid = (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number);
    const state = this.#pids.get(pid);
    const pes = state?.pes;
    if (state === undefined || pes === undefined) return 0;
    if (((bytes[at + 3] as number) & 0x0f) !== state.continuity.expected) return 0;
    const taken = runLength(bytes, at, Math.min(count, pes.roomForPackets), stride);
    if (taken === 0) return 0;
    pes.addPackets(bytes, at + 4, taken, stride);
    state.scrambled = false;
    state.continuity.acceptRun(bytes, at + (taken - 1) * stride);
    return taken;
  }

  /**
   * Take the payload `bytes[start..end)` of a packet.
   * @param head byte 1 of the packet
   * @param control byte 3
   * @param flags those of the adaptation field, 0 without
   */
  take(
    state: PidState,
    bytes: Uint8Array,
    start: number,
    end: number,
    head: number,
    control: number,
    flags: number,
    packet: number,
    offset: number,
  ): void {
    const continuity = state.continuity.next(control & 0x0f, bytes, start, end);
    if (continuity === "duplicate") return;
    this.#events.at(packet, offset, state.pid);
    if (continuity === "gap" && (flags & 0x80) === 0) {
      this.#events.issue("continuity", "error", "continuityCounter", "packets are missing");
      state.pes?.damage("loss");
      state.sections?.reset();
    }
    if (control >= 0x40) {
      this.#scrambled(state);
      return;
    }
    state.scrambled = false;
    const unitStart = (head & 0x40) !== 0;
    if (state.sections !== undefined) {
      state.sections.push(bytes, start, end, unitStart, state.onSection);
      return;
    }
    const stuffed =
      this.#endsByStuffing && (control & 0x20) !== 0 && isStuffed(bytes, end - PACKET_SIZE);
    const whole = unitStart
      ? this.#unitStart(state, bytes, start, end, flags)
      : this.#continuation(state, bytes, start, end);
    this.#pes.deliver(state, whole ?? (stuffed ? endEarly(state) : undefined));
  }

  /** Deliver what is open on a PID: nothing more of it comes. */
  finish(state: PidState): void {
    this.#pes.deliver(state, state.pes?.finish());
  }

  #scrambled(state: PidState): void {
    if (!state.scrambled) {
      const field = "transportScramblingControl";
      this.#events.issue("scrambled", "warning", field, "the payload is scrambled");
    }
    state.scrambled = true;
    state.pes?.damage("scrambled");
    state.sections?.reset();
  }

  #unitStart(
    state: PidState,
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
  ): AssembledPes | undefined {
    state.endedEarly = false;
    this.finish(state);
    if (end - start >= 3 && !hasStartCode(bytes, start)) {
      const message = "no PES start code at a unit start";
      this.#events.issue("pes-start", "error", "packetStartCodePrefix", message);
      return undefined;
    }
    const { discontinuity } = state;
    state.discontinuity = false;
    return state.pes?.start(bytes, start, end, this.#events, (flags & 0x40) !== 0, discontinuity);
  }

  #continuation(
    state: PidState,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): AssembledPes | undefined {
    if (state.endedEarly) {
      state.endedEarly = false;
      const message = "a PES packet goes on behind stuffing";
      this.#events.issue("pes-truncated", "error", "stuffing", message);
    }
    return state.pes?.add(bytes, start, end);
  }
}

function endEarly(state: PidState): AssembledPes | undefined {
  const whole = state.pes?.finishUnbounded();
  state.endedEarly = whole !== undefined;
  return whole;
}

/** True when the adaptation field of the packet at `at` is longer than what is in it. */
function isStuffed(bytes: Uint8Array, at: number): boolean {
  const length = bytes[at + 4] as number;
  if (length === 0) return true;
  const flags = bytes[at + 5] as number;
  const fieldEnd = at + 5 + length;
  let next = at + 6 + ((flags & 0x10) === 0 ? 0 : 6) + ((flags & 0x08) === 0 ? 0 : 6);
  if ((flags & 0x04) !== 0) next++;
  if ((flags & 0x02) !== 0) next += 1 + (bytes[next] ?? 0);
  if ((flags & 0x01) !== 0) next += 1 + (bytes[next] ?? 0);
  return next < fieldEnd;
}

function hasStartCode(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
}
