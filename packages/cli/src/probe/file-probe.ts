import { type FileHandle, open, stat } from "node:fs/promises";
import { cueText, isFormatError, parseSubtitles } from "@x/cea708";
import { describeSystemError } from "@x/pipeline";
import { parseUnit } from "@x/st2038";
import { InputError } from "../errors.js";
import { AncCollector } from "./anc-collector.js";
import { probeCaptionFile } from "./caption-file-probe.js";
import { isCapture, readCapture } from "./capture.js";
import { FlvProbe, isFlv } from "./flv-probe.js";
import { isJpegXs, probeJpegXs } from "./jpegxs-probe.js";
import {
  noFindings,
  type ProbeFindings,
  type ProbeReport,
  type ProbeResult,
  resultOf,
} from "./report.js";
import { DatagramProbe } from "./rtp-probe.js";
import { TsProbe } from "./ts-probe.js";

const CHUNK = 1 << 20;
/** Formats that are read whole are small; a transport stream or FLV is read in chunks and may be any size. */
const MAX_WHOLE = 1 << 30;
/** Enough to see the sync bytes of several packets of the largest size. */
const HEAD = 208 * 8;

/**
 * Say what is in a file.
 * @param onProgress called with the share that was read, 0 to 1
 * @throws {InputError} when it cannot be read or nothing in it is known.
 */
export async function probeFile(
  path: string,
  onProgress: (share: number) => void,
): Promise<ProbeResult> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`cannot read "${path}": ${describeSystemError(error)}`);
  });
  try {
    const { size } = await stat(path);
    if ((await file.stat()).isDirectory()) throw new InputError(`"${path}" is a folder`);
    if (size === 0) throw new InputError(`"${path}" is empty`);
    const head = new Uint8Array(Math.min(size, HEAD));
    await file.read(head, 0, head.length, 0);
    const findings = noFindings();
    let kind: ProbeReport["kind"];
    // A capture of transport streams has their sync bytes too.
    if (looksLikeTs(head) && !isCapture(head)) {
      kind = "mpegts";
      const probe = new TsProbe();
      await readThrough(file, size, (chunk) => probe.push(chunk), onProgress);
      probe.finish(findings);
    } else if (isFlv(head)) {
      kind = "flv";
      const probe = new FlvProbe();
      await readThrough(file, size, (chunk) => probe.push(chunk), onProgress);
      findings.flv.push(probe.finish());
    } else {
      if (size > MAX_WHOLE) throw new InputError(`"${path}" is too large for what it looks like`);
      const bytes = new Uint8Array(size);
      await file.read(bytes, 0, size, 0);
      kind = probeWhole(path, bytes, findings);
    }
    return resultOf({ input: path, bytes: size, kind }, findings);
  } finally {
    await file.close();
  }
}

async function readThrough(
  file: FileHandle,
  size: number,
  push: (chunk: Uint8Array) => void,
  onProgress: (share: number) => void,
): Promise<void> {
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return;
    // The demuxer hands out views of what it was given: each chunk is its own.
    push(chunk.slice(0, bytesRead));
    at += bytesRead;
    onProgress(at / size);
  }
}

function probeWhole(path: string, bytes: Uint8Array, findings: ProbeFindings): ProbeReport["kind"] {
  if (isCapture(bytes)) {
    const { datagrams, truncated } = readCapture(bytes);
    const probe = new DatagramProbe();
    for (const datagram of datagrams) probe.push(datagram);
    probe.finish(findings);
    if (truncated) findings.problems.push("the capture ends inside a packet");
    if (datagrams.length === 0) findings.problems.push("the capture has no UDP datagrams");
    return "capture";
  }
  if (isJpegXs(bytes)) {
    findings.pictures.push(probeJpegXs(bytes, findings.problems));
    return "jpegxs";
  }
  if (probeCaptionFile(bytes, findings)) return "captions";
  if (probeUnits(bytes, findings)) return "st2038";
  try {
    const { cues } = parseSubtitles(bytes);
    findings.collected.push({
      services: [{ name: "subtitles", language: undefined, cues }],
      pairs: [],
      cdps: [],
      frameRate: undefined,
    });
    findings.captions.push({
      label: "subtitles",
      services: [],
      cues: cues.map((cue) => ({
        service: undefined,
        startMs: cue.startMs,
        endMs: cue.endMs,
        text: cueText(cue),
      })),
    });
    return "subtitles";
  } catch (error) {
    if (!isFormatError(error)) throw error;
    const known = "a transport stream, a capture, FLV, an ST 2038 dump, JPEG XS or subtitles";
    throw new InputError(`"${path}" is none of what x knows: ${known}`);
  }
}

/** Records one behind the other, as a PES payload or a dump of several has them. */
function probeUnits(bytes: Uint8Array, findings: ProbeFindings): boolean {
  const { packets, diagnostics, unparsedBytes } = parseUnit(bytes);
  const whole = packets.filter((packet) => packet.words.length > 0);
  const wrong = diagnostics.filter(({ code }) => code === "checksum").length;
  // Random bytes give a record now and then, but never mostly right checksums.
  if (whole.length === 0 || wrong * 2 > whole.length) return false;
  const collector = new AncCollector();
  for (const { code } of diagnostics) collector.issue(code);
  collector.push(packets, 0);
  collector.finish("ST 2038 records", findings);
  if (unparsedBytes > 0) {
    findings.problems.push(
      `${unparsedBytes} bytes from offset ${bytes.length - unparsedBytes} on are no records`,
    );
  }
  return true;
}

/** Three sync bytes at one of the packet sizes, wherever the first one is. */
function looksLikeTs(head: Uint8Array): boolean {
  for (const size of [188, 192, 204, 208]) {
    const needed = Math.min(3, Math.floor(head.length / size));
    if (needed === 0) continue;
    for (let start = 0; start < size; start++) {
      let found = 0;
      while (found < needed && head[start + found * size] === 0x47) found++;
      if (found === needed && (needed > 1 || start === 0)) return true;
    }
  }
  return false;
}
