import { isFormatError } from "@x/cea708";
import {
  decodeSdt,
  findDescriptor,
  type PacketHandler,
  type Pmt,
  type PsiSection,
  SDT_ACTUAL_TABLE_ID,
  TsDemuxer,
  type TsEvent,
  TsFramer,
  TsMonitor,
  type TsViolation,
} from "@x/mpegts";
import { ArrivalTimes } from "./arrival-times.js";
import { dvbText } from "./dvb-text.js";
import type { FormatProbe } from "./format-probe.js";
import { PcrTrace } from "./pcr-trace.js";
import {
  Counter,
  formatPid,
  type PcrReport,
  type ProbeFindings,
  type ProgramReport,
  type TrReport,
} from "./report.js";
import { StreamProbe } from "./stream-probe.js";

const NULL_PID = 0x1fff;
const PACKET_SIZE = 188;
const SERVICE_DESCRIPTOR = 0x48;
/** Violations that the report lists: the first ones. */
const MAX_VIOLATIONS = 50;

/** Looks through a transport stream, chunk by chunk. */
export class TsProbe implements FormatProbe {
  readonly kind = "mpegts";
  readonly #label: string | undefined;
  readonly #demuxer = new TsDemuxer();
  readonly #arrivals = new ArrivalTimes();
  readonly #framer = new TsFramer({ onSkip: this.#arrivals.onSkip });
  readonly #monitor = new TsMonitor();
  readonly #violations: TsViolation[] = [];
  readonly #packetsOfPid = new Uint32Array(0x2000);
  readonly #pmts = new Map<number, { readonly pmtPid: number; readonly pmt: Pmt }>();
  readonly #services = new Map<number, string>();
  readonly #streams = new Map<number, StreamProbe>();
  readonly #traces = new Map<number, PcrTrace>();
  readonly #issues = new Counter();
  readonly #problems: string[] = [];
  #stride: number | undefined;
  #firstPtsMs: number | undefined;
  #bytes = 0;
  #cut = false;

  /** `label`: where the stream came from, when there can be several. */
  constructor(label?: string) {
    this.#label = label;
  }

  /** `arrivalNs`: when the chunk arrived, where that is known. */
  push(chunk: Uint8Array, arrivalNs?: bigint): void {
    this.#bytes += chunk.length;
    if (arrivalNs !== undefined) this.#arrivals.chunk(this.#bytes, arrivalNs);
    this.#framer.push(chunk, this.#count);
    this.#note(this.#monitor.push(chunk, arrivalNs));
    for (const event of this.#demuxer.push(chunk)) this.#take(event);
  }

  finish(findings: ProbeFindings, cut = false): void {
    this.#cut = cut;
    for (const event of this.#demuxer.flush()) this.#take(event);
    this.#framer.flush(this.#count);
    this.#note(this.#monitor.flush());
    const prefix = this.#label === undefined ? "" : `${this.#label} `;
    const pcr: PcrReport[] = [];
    let clock: PcrReport | undefined;
    for (const trace of this.#traces.values()) {
      const analysis = trace.analyze();
      const { count, interval, discontinuities, discontinuityErrors, bitrate, accuracy, timing } =
        analysis;
      const report: PcrReport = {
        pid: trace.pid,
        count: count + trace.dropped,
        minIntervalMs: interval.minMs,
        meanIntervalMs: interval.meanMs,
        maxIntervalMs: interval.maxMs,
        durationMs: analysis.durationS * 1000,
        discontinuities,
        discontinuityErrors,
        bitrate: bitrate.mean === 0 ? undefined : bitrate.mean,
        maxErrorNs: accuracy?.maxErrorNs,
        timing: timing && { ...timing, frequencyErrorPpm: trace.rateErrorPpm() },
      };
      pcr.push(report);
      if (clock === undefined || report.count > clock.count) clock = report;
      const label = `${prefix}PID ${formatPid(trace.pid)}`;
      findings.traces.push({ label, trace, analysis });
    }
    findings.transportStreams.push({
      label: this.#label,
      packetSize: this.#stride ?? 0,
      packets: this.#packetsOfPid.reduce((all, count) => all + count, 0),
      nullPackets: this.#packetsOfPid[NULL_PID] as number,
      bitrate: clock?.bitrate,
      durationMs: clock?.bitrate === undefined ? undefined : clock.durationMs,
      programs: this.#programs(clock),
      pcr,
      tr101290: this.#verdicts(),
      issues: this.#issues.counts(),
    });
    for (const [pid, stream] of this.#streams)
      stream.finish(`${prefix}PID ${formatPid(pid)}`, findings);
    findings.problems.push(...this.#problems);
    if (this.#pmts.size === 0) findings.problems.push("no programme map was found");
  }

  readonly #count: PacketHandler = (bytes, start, count, stride, packet, offset) => {
    this.#arrivals.onPackets(bytes, start, count, stride, packet, offset);
    this.#stride = stride;
    for (let at = start; at < start + count * stride; at += stride) {
      const pid = (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number);
      this.#packetsOfPid[pid] = (this.#packetsOfPid[pid] as number) + 1;
    }
  };

  #note(violations: readonly TsViolation[]): void {
    const room = MAX_VIOLATIONS - this.#violations.length;
    if (room > 0) this.#violations.push(...violations.slice(0, room));
  }

  #take(event: TsEvent): void {
    switch (event.type) {
      case "pmt":
        this.#pmts.set(event.pmt.programNumber, { pmtPid: event.pid, pmt: event.pmt });
        break;
      case "pes": {
        const { pid, ptsUnwrapped } = event;
        if (ptsUnwrapped !== undefined) this.#firstPtsMs ??= ptsUnwrapped / 90;
        this.#stream(pid).push(event, this.#firstPtsMs ?? 0);
        break;
      }
      case "section":
        if (event.section.tableId === SDT_ACTUAL_TABLE_ID) this.#describe(event.section);
        else this.#stream(event.pid).section(event.bytes);
        break;
      case "pcr": {
        const { pid, pcr, packet, offset, discontinuity, extensionOutOfRange } = event;
        if (extensionOutOfRange) break;
        let trace = this.#traces.get(pid);
        if (trace === undefined) {
          trace = new PcrTrace(pid);
          this.#traces.set(pid, trace);
        }
        trace.add(pcr, packet, discontinuity, this.#arrivals.of(offset));
        break;
      }
      case "issue":
        if (event.issue.code === "truncated" && this.#cut) break;
        this.#issues.add(event.issue.code);
        if (event.issue.code === "truncated") this.#problems.push(event.issue.message);
        break;
    }
  }

  #stream(pid: number): StreamProbe {
    let stream = this.#streams.get(pid);
    if (stream === undefined) {
      stream = new StreamProbe();
      this.#streams.set(pid, stream);
    }
    return stream;
  }

  /** Names of services (EN 300 468 6.2.33). */
  #describe(section: PsiSection): void {
    try {
      for (const { serviceId, descriptors } of decodeSdt(section).services) {
        const data = findDescriptor(descriptors, SERVICE_DESCRIPTOR)?.data;
        if (data === undefined) continue;
        const at = 2 + (data[1] ?? 0);
        const name = dvbText(data.subarray(at + 1, at + 1 + (data[at] ?? 0)));
        if (name !== "") this.#services.set(serviceId, name);
      }
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#issues.add("sdt");
    }
  }

  #programs(clock: PcrReport | undefined): ProgramReport[] {
    const seconds = clock?.bitrate === undefined ? undefined : this.#seconds(clock.bitrate);
    return [...this.#pmts.values()].map(({ pmtPid, pmt }) => ({
      programNumber: pmt.programNumber,
      service: this.#services.get(pmt.programNumber),
      pmtPid,
      pcrPid: pmt.pcrPid,
      streams: pmt.streams.map((stream) => {
        const pid = stream.elementaryPid;
        return this.#stream(pid).report(stream, this.#packetsOfPid[pid] as number, seconds);
      }),
    }));
  }

  /** How long all packets take, those before the first and behind the last PCR included. */
  #seconds(bitrate: number): number {
    const packets = this.#packetsOfPid.reduce((all, count) => all + count, 0);
    return (packets * PACKET_SIZE * 8) / bitrate;
  }

  #verdicts(): TrReport {
    const { counts, durationS } = this.#monitor.report();
    return { durationMs: durationS * 1000, counts, first: this.#violations };
  }
}
