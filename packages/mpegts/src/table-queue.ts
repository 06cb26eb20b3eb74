import { TransportBuffer } from "./mux-queue.js";
import type { MuxTable } from "./mux-tables.js";
import type { Outgoing, PacketFlags, PacketWriter } from "./packet-writer.js";

interface TableState extends MuxTable {
  /** 27 MHz ticks between repetitions. */
  readonly interval: number;
  next: number;
  /** Sections that wait to be sent. */
  queued: number;
  /** It was sent once. */
  sent: boolean;
}

/** bit/s at which a decoder's buffer for tables empties (ISO/IEC 13818-1 2.4.2.3, Rx_sys). */
const TABLE_RATE = 1_000_000;
const NO_FLAGS: PacketFlags = { discontinuity: false, randomAccess: false, pcr: -1 };

/** The tables of a multiplexer, repeated in time. */
export class TableQueue {
  readonly #buffer = new TransportBuffer(TABLE_RATE);
  #tables: TableState[] = [];
  #waiting: { readonly table: TableState; readonly outgoing: Outgoing }[] = [];
  #announced = false;

  /** The tables in force were sent once. */
  get announced(): boolean {
    return this.#announced;
  }

  /** From `now` on these tables are in force. `intervalOf`: 27 MHz ticks between repetitions on a PID. */
  use(tables: readonly MuxTable[], now: number, intervalOf: (pid: number) => number): void {
    this.#tables = tables.map((table) => {
      return { ...table, interval: intervalOf(table.pid), next: now, queued: 0, sent: false };
    });
    this.#waiting = [];
    this.#announced = false;
  }

  /** Queue what is due. */
  schedule(now: number): void {
    for (const table of this.#tables) {
      if (table.next > now) continue;
      table.next = Math.max(now + 1, table.next + table.interval);
      // At a rate too low for all repetitions, some are left out.
      if (table.queued > 0) continue;
      for (const data of table.sections) {
        const outgoing = { head: Uint8Array.of(0), data, position: 0 };
        this.#waiting.push({ table, outgoing });
        table.queued++;
      }
    }
  }

  /** Write a packet of a table, if one waits and a decoder has room. `counters`: continuity counters by PID. */
  send(now: number, writer: PacketWriter, counters: Map<number, number>): boolean {
    const first = this.#waiting[0];
    if (first === undefined) return false;
    if (this.#announced && this.#buffer.roomAt(now) > now) return false;
    const { table, outgoing } = first;
    const { pid } = table;
    const counter = ((counters.get(pid) ?? 0x0f) + 1) & 0x0f;
    counters.set(pid, counter);
    writer.payload(pid, counter, outgoing, NO_FLAGS, true);
    this.#buffer.add(now);
    if (outgoing.position === outgoing.head.length + outgoing.data.length) {
      this.#waiting.shift();
      table.queued--;
      table.sent ||= table.queued === 0;
      this.#announced ||= this.#tables.every(({ sent }) => sent);
    }
    return true;
  }

  /** When there is something to do next. */
  nextEvent(now: number): number {
    let next = this.#waiting.length > 0 ? this.#buffer.roomAt(now) : Number.POSITIVE_INFINITY;
    for (const table of this.#tables) next = Math.min(next, table.next);
    return next;
  }
}
