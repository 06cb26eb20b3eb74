import { TR_101_290_NAMES, type Tr101290Indicator } from "@x/mpegts";
import { isStandardInput } from "./input.js";
import { renderFlv } from "./render-flv.js";
import { renderElementary, renderMovie } from "./render-movie.js";
import {
  type AncReport,
  type CaptionReport,
  DRIFT_SECONDS,
  formatByte,
  formatPid,
  type PcrReport,
  type PictureReport,
  type ProbeReport,
  type RtpReport,
  type StreamReport,
  type TransportStreamReport,
  type TrReport,
} from "./report.js";
import { counted, formatText } from "./stream-format.js";

/** A report for people. `allCaptions`: print every cue, not only the first few. */
export function renderReport(report: ProbeReport, allCaptions: boolean): string {
  const name = isStandardInput(report.input) ? "standard input" : report.input;
  const lines = [`${name}: ${KINDS[report.kind]}, ${report.bytes} bytes`];
  for (const stream of report.transportStreams) lines.push(...transportStream(stream));
  for (const stream of report.rtp) lines.push(...rtp(stream));
  for (const stream of report.elementary) lines.push(...renderElementary(stream));
  for (const stream of report.ancillary) lines.push(...ancillary(stream));
  for (const stream of report.captions) lines.push(...captions(stream, allCaptions));
  for (const stream of report.pictures) lines.push(...picture(stream));
  for (const stream of report.flv) lines.push(...renderFlv(stream));
  for (const movie of report.movies) lines.push(...renderMovie(movie));
  for (const problem of report.problems) lines.push(`problem: ${problem}`);
  // What a file calls itself does not command the terminal.
  return `${lines.map((line) => line.replace(/\p{Cc}/gu, "\ufffd")).join("\n")}\n`;
}

const SHOWN_CAPTIONS = 8;

const KINDS: Readonly<Record<ProbeReport["kind"], string>> = {
  mpegts: "MPEG transport stream",
  capture: "network capture",
  live: "live stream",
  st2038: "ST 2038 ancillary data",
  jpegxs: "JPEG XS",
  flv: "FLV",
  mp4: "MP4 or QuickTime",
  elementary: "elementary stream",
  captions: "caption file",
  subtitles: "subtitles",
};

function transportStream(stream: TransportStreamReport): string[] {
  const { label, packetSize, packets, nullPackets, bitrate, durationMs } = stream;
  const rate = bitrate === undefined ? "" : `, ${(bitrate / 1e6).toFixed(3)} Mbit/s by PCR`;
  const duration = durationMs === undefined ? "" : `, ${(durationMs / 1000).toFixed(3)} s`;
  const lines = [
    `Transport stream${label === undefined ? "" : ` ${label}`}: ${packets} packets of ${packetSize} bytes` +
      `${nullPackets === 0 ? "" : `, ${nullPackets} null`}${rate}${duration}`,
  ];
  for (const { programNumber, service, pmtPid, pcrPid, streams } of stream.programs) {
    const name = service === undefined ? "" : ` "${service}"`;
    lines.push(
      `  Programme ${programNumber}${name}: PMT ${formatPid(pmtPid)}, PCR ${formatPid(pcrPid)}`,
    );
    for (const one of streams) lines.push(...elementaryStream(one));
  }
  for (const one of stream.pcr) lines.push(...pcr(one));
  lines.push(...verdicts(stream.tr101290));
  lines.push(...issues(stream.issues));
  return lines;
}

function elementaryStream(stream: StreamReport): string[] {
  const { format, unitsPerSecond, bitrate, languages, cues } = stream;
  const lines = [
    `    ${formatPid(stream.pid)}  type ${formatByte(stream.streamType)}  ${stream.kind}: ${stream.packets} packets, ${stream.pesPackets} PES packets, ${stream.pesBytes} bytes`,
  ];
  const details = [
    format === undefined ? "" : formatText(format),
    unitsPerSecond === undefined ? "" : `${unitsPerSecond.toFixed(3)} a second by DTS`,
    languages.join(", "),
    bitrate === undefined ? "" : `${(bitrate / 1e6).toFixed(3)} Mbit/s`,
    Object.entries(cues)
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
  ].filter((part) => part !== "");
  if (details.length > 0) lines.push(`            ${details.join("; ")}`);
  return lines;
}

function pcr(report: PcrReport): string[] {
  const { count, minIntervalMs, meanIntervalMs, maxIntervalMs, discontinuities } = report;
  const { discontinuityErrors, maxErrorNs, timing } = report;
  const intervals = [minIntervalMs, meanIntervalMs, maxIntervalMs].map((ms) => ms.toFixed(2));
  // One PCR, or none that follows another without a jump, has no interval.
  const interval =
    meanIntervalMs === 0 ? "" : `, interval ${intervals.join(" / ")} ms (min / mean / max)`;
  const breaks = discontinuities === 0 ? "" : `, discontinuities: ${discontinuities}`;
  const jumps = discontinuityErrors === 0 ? "" : `, unannounced jumps: ${discontinuityErrors}`;
  const lines = [`  PCR on ${formatPid(report.pid)}: ${count}${interval}${breaks}${jumps}`];
  if (maxErrorNs !== undefined) {
    lines.push(`    constant bit rate within ${maxErrorNs.toFixed(0)} ns`);
  }
  if (timing !== undefined && timing.overallJitterNs > 0) {
    const { overallJitterNs, frequencyOffsetPpm, frequencyErrorPpm, driftRateHzPerS } = timing;
    const drift =
      report.durationMs < DRIFT_SECONDS * 1000 ? "" : `, drift ${driftRateHzPerS.toFixed(4)} Hz/s`;
    lines.push(
      `    by arrival: jitter ${(overallJitterNs / 1e6).toFixed(3)} ms, sender's clock ${frequencyOffsetPpm.toFixed(3)} ± ${frequencyErrorPpm.toFixed(3)} ppm fast${drift}`,
    );
  }
  return lines;
}

function verdicts({ counts, first }: TrReport): string[] {
  const violated = Object.entries(counts).filter(([, count]) => count > 0);
  if (violated.length === 0) return ["  TR 101 290: no error of priority 1 or 2"];
  return [
    "  TR 101 290:",
    ...violated.map(([key, count]) => {
      const indicator = key as Tr101290Indicator;
      const example = first.find((violation) => violation.indicator === indicator);
      const on = example?.pid === undefined ? "" : ` on ${formatPid(example.pid)}`;
      const where =
        example === undefined ? "" : `, first at packet ${example.packet}${on}: ${example.message}`;
      return `    ${indicator} ${TR_101_290_NAMES[indicator]}: ${count}${where}`;
    }),
  ];
}

function rtp(stream: RtpReport): string[] {
  const { source, destination, ssrc, payloadType, packets, content } = stream;
  const frames =
    content === "smpte291"
      ? `, ${stream.frames} frames or fields, ${stream.completeFrames} complete`
      : "";
  return [
    `RTP ${source} to ${destination}, SSRC ${ssrc}, payload type ${payloadType}: ${content}, ${packets} packets${frames}`,
    ...(stream.format === undefined ? [] : [`  ${formatText(stream.format)}`]),
    ...issues(stream.issues),
  ];
}

function ancillary(stream: AncReport): string[] {
  const lines = [`Ancillary data, ${stream.label}: ${stream.packets} packets`];
  for (const kind of stream.kinds) {
    const second = kind.sdid === undefined ? "  " : formatByte(kind.sdid);
    const shown = kind.lines.slice(0, 6).join(", ") + (kind.lines.length > 6 ? ", …" : "");
    const parity = kind.parityErrors === 0 ? "" : `, ${kind.parityErrors} with wrong parity`;
    const sums = kind.checksumErrors === 0 ? "" : `, ${kind.checksumErrors} with wrong checksum`;
    lines.push(
      `  ${formatByte(kind.did)}/${second}  ${kind.name}: ${kind.packets} packets, line ${shown}${parity}${sums}`,
    );
  }
  lines.push(...issues(stream.issues));
  return lines;
}

function captions(stream: CaptionReport, all: boolean): string[] {
  const { label, services, cues } = stream;
  const lines = [`Captions, ${label}: ${counted(cues.length, "cue")}`];
  for (const service of services) {
    const language = service.language === undefined ? "" : ` (${service.language})`;
    lines.push(`  ${service.name}${language}: ${counted(service.cues, "cue")}`);
  }
  for (const { service, startMs, endMs, text } of all ? cues : cues.slice(0, SHOWN_CAPTIONS)) {
    const name = service === undefined ? "" : `${service}  `;
    lines.push(`  ${name}${clock(startMs)} to ${clock(endMs)}  ${text.replaceAll("\n", " | ")}`);
  }
  if (!all && cues.length > SHOWN_CAPTIONS) {
    lines.push(`  … ${cues.length - SHOWN_CAPTIONS} more: --captions shows all`);
  }
  return lines;
}

function picture(stream: PictureReport): string[] {
  const { codestreams, width, height, components, sampling, bitDepth, slices } = stream;
  const { codestreamSize, bitsPerPixel, profile, level, sublevel, violations } = stream;
  return [
    `${counted(codestreams, "codestream")}: ${width} x ${height}, ${sampling ?? `${components} components`}, ${bitDepth} bits, ${counted(slices, "slice")}`,
    `  ${profile}, level ${level}, sublevel ${sublevel}; ${codestreamSize} bytes, ${bitsPerPixel.toFixed(3)} bits a pixel`,
    ...violations.map((violation) => `  not as the profile wants: ${violation}`),
  ];
}

function issues(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([code, count]) => `  issue ${code}: ${count}`);
}

function clock(ms: number): string {
  const rounded = Math.round(ms);
  // What is shown before the first time stamp of a stream comes before 0.
  const sign = rounded < 0 ? "-" : "";
  const whole = Math.abs(rounded);
  const part = (value: number, digits: number): string => String(value).padStart(digits, "0");
  return `${sign}${part(Math.floor(whole / 3_600_000), 2)}:${part(Math.floor(whole / 60_000) % 60, 2)}:${part(Math.floor(whole / 1000) % 60, 2)}.${part(whole % 1000, 3)}`;
}
