import type { TsEvent } from "./events.js";
import type { TsIssueCode } from "./issue.js";

/** Collects events until they are taken, and knows which packet is at hand. */
export class EventQueue {
  /** Packets before the one at hand. */
  packet = 0;
  /** Stream offset of its sync byte. */
  offset = 0;
  /** Its PID, or that of the stream an issue is about. */
  pid: number | undefined;
  #events: TsEvent[] = [];

  /** The packet at hand is this one. */
  at(packet: number, offset: number, pid: number | undefined): void {
    this.packet = packet;
    this.offset = offset;
    this.pid = pid;
  }

  push(event: TsEvent): void {
    this.#events.push(event);
  }

  /** Something is wrong with the packet at hand, or at `offset`. */
  issue(
    code: TsIssueCode,
    severity: "error" | "warning",
    field: string,
    message: string,
    offset: number = this.offset,
  ): void {
    const { packet, pid } = this;
    const issue = { code, severity, offset, field, message, pid, packet };
    this.#events.push({ type: "issue", issue });
  }

  /** All events since the last call. */
  take(): TsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
