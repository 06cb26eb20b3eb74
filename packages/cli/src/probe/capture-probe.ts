import { CaptureReader } from "./capture.js";
import type { FormatProbe } from "./format-probe.js";
import type { ProbeFindings } from "./report.js";
import { DatagramProbe } from "./rtp-probe.js";
import { counted } from "./stream-format.js";

/** Looks through a pcap or pcapng file. */
export class CaptureProbe implements FormatProbe {
  readonly kind = "capture";
  readonly #datagrams = new DatagramProbe();
  readonly #reader = new CaptureReader((datagram) => {
    this.#count++;
    this.#datagrams.push(datagram);
  });
  #count = 0;

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  finish(findings: ProbeFindings, cut = false): void {
    this.#datagrams.finish(findings);
    const { isCut, damagedAt, otherPackets } = this.#reader;
    if (isCut && !cut) findings.problems.push("the capture ends inside a packet");
    if (damagedAt !== undefined) {
      findings.problems.push(`the capture is damaged at byte ${damagedAt}: the rest was not read`);
    }
    if (this.#count === 0) {
      const others = otherPackets === 0 ? "" : `, only ${counted(otherPackets, "other packet")}`;
      findings.problems.push(`the capture has no UDP datagrams${others}`);
    }
  }
}
