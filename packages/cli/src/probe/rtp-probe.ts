import { decodeRtpHeader, isFormatError, type RtpHeader, Unwrapper } from "@x/bits";
import { AncDepacketizer, type AncFrame, parsePayload } from "@x/rfc8331";
import { AncCollector } from "./anc-collector.js";
import type { CapturedDatagram } from "./capture.js";
import { Counter, type ProbeFindings, type RtpReport } from "./report.js";
import { readStreamFormat, type StreamFormat } from "./stream-format.js";
import { TsProbe } from "./ts-probe.js";

const TS_SYNC = 0x47;
const TS_PACKET_SIZE = 188;
/** Other traffic looks like RTP one time in four, each time like another stream; and senders can be forged. */
const MAX_STREAMS = 1000;

/** Sorts UDP datagrams into streams and looks through each. */
export class DatagramProbe {
  readonly #rtp = new Map<string, RtpStream>();
  readonly #plainTs = new Map<string, TsProbe>();
  #unknown = 0;
  #beyond = 0;

  push(datagram: CapturedDatagram): void {
    const { payload, source, destination } = datagram;
    if (isTs(payload)) {
      const key = `${source}>${destination}`;
      let probe = this.#plainTs.get(key);
      if (probe === undefined) {
        if (this.#isFull()) return;
        probe = new TsProbe(destination);
        this.#plainTs.set(key, probe);
      }
      probe.push(payload, datagram.timeNs);
      return;
    }
    const header = rtpHeader(payload);
    if (header === undefined) {
      this.#unknown++;
      return;
    }
    const key = `${source}>${destination}/${header.ssrc}/${header.payloadType}`;
    let stream = this.#rtp.get(key);
    if (stream === undefined) {
      if (this.#isFull()) return;
      stream = new RtpStream(datagram, header);
      this.#rtp.set(key, stream);
    }
    stream.push(datagram, header);
  }

  /** True, and counted, when there is no room for one more stream. */
  #isFull(): boolean {
    if (this.#rtp.size + this.#plainTs.size < MAX_STREAMS) return false;
    this.#beyond++;
    return true;
  }

  /** Add everything to `findings`; call it once, at the end. `cut`: somebody stopped to listen. */
  finish(findings: ProbeFindings, cut = false): void {
    for (const probe of this.#plainTs.values()) probe.finish(findings, cut);
    for (const stream of this.#rtp.values()) stream.finish(findings, cut);
    if (this.#beyond > 0) {
      findings.problems.push(
        `only the first ${MAX_STREAMS} streams are listed: ${this.#beyond} datagrams are of others`,
      );
    }
    if (this.#unknown > 0) {
      findings.problems.push(
        `${this.#unknown} datagrams are neither RTP nor transport stream packets`,
      );
    }
  }
}

class RtpStream {
  readonly #source: string;
  readonly #destination: string;
  readonly #header: RtpHeader;
  #content: RtpReport["content"];
  #format: StreamFormat | undefined;
  readonly #issues = new Counter();
  readonly #anc = new AncCollector();
  #ts: TsProbe | undefined;
  readonly #depacketizer: AncDepacketizer;
  readonly #time = new Unwrapper(2 ** 32);
  #firstTicks: number | undefined;
  #packets = 0;
  #frames = 0;
  #completeFrames = 0;

  constructor({ source, destination, payload }: CapturedDatagram, header: RtpHeader) {
    this.#source = source;
    this.#destination = destination;
    this.#header = header;
    this.#content = contentOf(payload.subarray(header.payloadStart, header.payloadEnd));
    this.#depacketizer = new AncDepacketizer({ onIssue: ({ code }) => this.#issues.add(code) });
  }

  push({ payload, timeNs }: CapturedDatagram, header: RtpHeader): void {
    this.#packets++;
    if (this.#content === "mpegts") {
      this.#ts ??= new TsProbe(this.#destination);
      this.#ts.push(payload.subarray(header.payloadStart, header.payloadEnd), timeNs);
    } else if (this.#content === "smpte291") {
      this.#take(this.#depacketizer.push(payload, timeNs));
    } else if (this.#format === undefined) {
      // RFC 9134: the first packet of a picture has the codestream's header.
      this.#format = readStreamFormat(
        "jpegxs",
        payload.subarray(header.payloadStart, header.payloadEnd),
      );
      if (this.#format !== undefined) this.#content = "jpegxs";
    }
  }

  finish(findings: ProbeFindings, cut: boolean): void {
    if (this.#content === "smpte291") this.#take(this.#depacketizer.flush());
    findings.rtp.push({
      source: this.#source,
      destination: this.#destination,
      ssrc: this.#header.ssrc,
      payloadType: this.#header.payloadType,
      packets: this.#packets,
      content: this.#content,
      format: this.#format,
      issues: this.#issues.counts(),
      frames: this.#frames,
      completeFrames: this.#completeFrames,
    });
    this.#ts?.finish(findings, cut);
    this.#anc.finish(`RTP ${this.#destination} SSRC ${this.#header.ssrc}`, findings);
  }

  #take(frames: readonly AncFrame[]): void {
    for (const { timestamp, packets, complete, diagnostics } of frames) {
      this.#frames++;
      if (complete) this.#completeFrames++;
      for (const { code } of diagnostics) this.#anc.issue(code);
      const ticks = this.#time.next(timestamp);
      this.#firstTicks ??= ticks;
      this.#anc.push(packets, (ticks - this.#firstTicks) / 90);
    }
  }
}

function rtpHeader(payload: Uint8Array): RtpHeader | undefined {
  try {
    const header = decodeRtpHeader(payload);
    // RTCP shares the version bits; its packet types lie where a marked payload type of 72 to 76 would.
    const isRtcp = header.payloadType >= 72 && header.payloadType <= 76;
    return isRtcp ? undefined : header;
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

function isTs(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length % TS_PACKET_SIZE !== 0) return false;
  for (let at = 0; at < bytes.length; at += TS_PACKET_SIZE) {
    if (bytes[at] !== TS_SYNC) return false;
  }
  return true;
}

/** RTP does not say what it carries; a dynamic payload type without SDP is told by its content. */
function contentOf(payload: Uint8Array): RtpReport["content"] {
  if (isTs(payload)) return "mpegts";
  const { diagnostics, unparsedBytes } = parsePayload(payload);
  const clean = unparsedBytes === 0 && !diagnostics.some(({ severity }) => severity === "error");
  return clean && payload.length >= 8 ? "smpte291" : "unknown";
}
