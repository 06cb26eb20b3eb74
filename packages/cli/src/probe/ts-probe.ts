import { CaptionReorderer, decodeSeiCaptions } from "@x/cea708";
import { splitAnnexB } from "@x/es";
import {
  type PacketHandler,
  type Pmt,
  streamKind,
  TsDemuxer,
  type TsEvent,
  TsFramer,
  type TsPcrEvent,
  type TsPesEvent,
} from "@x/mpegts";
import { parseUnit } from "@x/st2038";
import { AncCollector } from "./anc-collector.js";
import { CaptionCollector } from "./caption-collector.js";
import {
  addCaptions,
  Counter,
  type PcrReport,
  type ProbeFindings,
  type ProgramReport,
} from "./report.js";

const NULL_PID = 0x1fff;
const PCR_MODULUS = 2 ** 33 * 300;
/** A step of more than this is a jump, not an interval: 27 MHz. */
const PCR_JUMP = 27_000_000;

/** Looks through a transport stream, chunk by chunk. */
export class TsProbe {
  readonly #label: string | undefined;
  readonly #demuxer = new TsDemuxer();
  readonly #framer = new TsFramer();
  readonly #packetsOfPid = new Uint32Array(0x2000);
  readonly #pmts = new Map<number, { readonly pmtPid: number; readonly pmt: Pmt }>();
  readonly #pes = new Map<number, { packets: number; bytes: number }>();
  readonly #pcrs = new Map<number, PcrStatistics>();
  readonly #anc = new Map<number, AncCollector>();
  readonly #video = new Map<
    number,
    { readonly captions: CaptionCollector; readonly reorderer: CaptionReorderer }
  >();
  readonly #issues = new Counter();
  readonly #problems: string[] = [];
  #stride: number | undefined;
  #firstPtsMs: number | undefined;

  /** `label`: where the stream came from, when there can be several. */
  constructor(label?: string) {
    this.#label = label;
  }

  push(chunk: Uint8Array): void {
    this.#framer.push(chunk, this.#count);
    for (const event of this.#demuxer.push(chunk)) this.#take(event);
  }

  /** Add everything to `findings`; call it once, at the end. */
  finish(findings: ProbeFindings): void {
    for (const event of this.#demuxer.flush()) this.#take(event);
    this.#framer.flush(this.#count);
    const pcr = [...this.#pcrs].map(([pid, statistics]) => statistics.report(pid));
    const clock = [...this.#pcrs.values()].sort((a, b) => b.count - a.count)[0];
    findings.transportStreams.push({
      label: this.#label,
      packetSize: this.#stride ?? 0,
      packets: this.#packetsOfPid.reduce((all, count) => all + count, 0),
      nullPackets: this.#packetsOfPid[NULL_PID] as number,
      bitrate: clock?.bitrate(188),
      durationMs: clock?.durationMs,
      programs: this.#programs(),
      pcr,
      issues: this.#issues.counts(),
    });
    const prefix = this.#label === undefined ? "" : `${this.#label} `;
    for (const [pid, collector] of this.#anc) {
      collector.finish(`${prefix}PID ${hex(pid)}`, findings);
    }
    for (const [pid, { captions, reorderer }] of this.#video) {
      for (const { ccData, pts } of reorderer.flush()) captions.push(ccData, pts);
      addCaptions(`${prefix}PID ${hex(pid)}, in the video`, captions.finish(), findings);
    }
    findings.problems.push(...this.#problems);
    if (this.#pmts.size === 0) findings.problems.push("no programme map was found");
  }

  readonly #count: PacketHandler = (bytes, start, count, stride) => {
    this.#stride = stride;
    for (let at = start; at < start + count * stride; at += stride) {
      const pid = (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number);
      this.#packetsOfPid[pid] = (this.#packetsOfPid[pid] as number) + 1;
    }
  };

  #take(event: TsEvent): void {
    switch (event.type) {
      case "pmt":
        this.#pmts.set(event.pmt.programNumber, { pmtPid: event.pid, pmt: event.pmt });
        break;
      case "pes":
        this.#takePes(event);
        break;
      case "pcr": {
        const statistics = this.#pcrs.get(event.pid) ?? new PcrStatistics();
        this.#pcrs.set(event.pid, statistics);
        statistics.add(event);
        break;
      }
      case "issue":
        this.#issues.add(event.issue.code);
        if (event.issue.code === "truncated") this.#problems.push(event.issue.message);
        break;
    }
  }

  #takePes({ pid, stream, data, ptsUnwrapped }: TsPesEvent): void {
    const count = this.#pes.get(pid) ?? { packets: 0, bytes: 0 };
    this.#pes.set(pid, count);
    count.packets++;
    count.bytes += data.length;
    const ms = ptsUnwrapped === undefined ? 0 : ptsUnwrapped / 90;
    if (ptsUnwrapped !== undefined) this.#firstPtsMs ??= ms;
    if (stream === undefined) return;
    const kind = streamKind(stream);
    if (kind === "h264" || kind === "hevc") {
      this.#takeVideo(pid, kind === "h264" ? "h264" : "h265", data, ms);
      return;
    }
    if (kind !== "smpte-2038") return;
    const collector = this.#anc.get(pid) ?? new AncCollector();
    this.#anc.set(pid, collector);
    const { packets, diagnostics } = parseUnit(data);
    for (const { code } of diagnostics) collector.issue(code);
    collector.push(packets, ms - (this.#firstPtsMs ?? 0));
  }

  /** Captions in SEI messages, put into the order of presentation. */
  #takeVideo(pid: number, codec: "h264" | "h265", data: Uint8Array, ms: number): void {
    const video = this.#video.get(pid) ?? {
      captions: new CaptionCollector(),
      reorderer: new CaptionReorderer(),
    };
    this.#video.set(pid, video);
    const origin = this.#firstPtsMs ?? 0;
    for (const nal of splitAnnexB(data)) {
      for (const { ccData } of decodeSeiCaptions(nal, codec)) {
        for (const due of video.reorderer.push({ pts: ms - origin, ccData: ccData.slice() })) {
          video.captions.push(due.ccData, due.pts);
        }
      }
    }
  }

  #programs(): ProgramReport[] {
    return [...this.#pmts.values()].map(({ pmtPid, pmt }) => ({
      programNumber: pmt.programNumber,
      pmtPid,
      pcrPid: pmt.pcrPid,
      streams: pmt.streams.map((stream) => ({
        pid: stream.elementaryPid,
        streamType: stream.streamType,
        kind: streamKind(stream),
        packets: this.#packetsOfPid[stream.elementaryPid] as number,
        pesPackets: this.#pes.get(stream.elementaryPid)?.packets ?? 0,
        pesBytes: this.#pes.get(stream.elementaryPid)?.bytes ?? 0,
      })),
    }));
  }
}

/** Intervals between PCRs of one PID. */
class PcrStatistics {
  count = 0;
  #discontinuities = 0;
  #intervals = 0;
  #ticks = 0;
  #packets = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #last: { readonly pcr: number; readonly packet: number } | undefined;

  get durationMs(): number | undefined {
    return this.#intervals === 0 ? undefined : this.#ticks / 27_000;
  }

  add({ pcr, packet, discontinuity }: TsPcrEvent): void {
    this.count++;
    const last = this.#last;
    this.#last = { pcr, packet };
    if (last === undefined) return;
    const step = (pcr - last.pcr + PCR_MODULUS) % PCR_MODULUS;
    if (discontinuity || step > PCR_JUMP) {
      this.#discontinuities++;
      return;
    }
    this.#intervals++;
    this.#ticks += step;
    this.#packets += packet - last.packet;
    this.#min = Math.min(this.#min, step);
    this.#max = Math.max(this.#max, step);
  }

  /** Bits a second of packets of `size` bytes. */
  bitrate(size: number): number | undefined {
    return this.#ticks === 0 ? undefined : (this.#packets * size * 8 * 27_000_000) / this.#ticks;
  }

  report(pid: number): PcrReport {
    const ms = (ticks: number): number => ticks / 27_000;
    return {
      pid,
      count: this.count,
      meanIntervalMs: this.#intervals === 0 ? 0 : ms(this.#ticks / this.#intervals),
      minIntervalMs: this.#intervals === 0 ? 0 : ms(this.#min),
      maxIntervalMs: ms(this.#max),
      discontinuities: this.#discontinuities,
    };
  }
}

function hex(pid: number): string {
  return `0x${pid.toString(16).padStart(4, "0")}`;
}
