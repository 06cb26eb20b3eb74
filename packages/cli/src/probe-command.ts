import { fstatSync } from "node:fs";
import { parseArgs } from "node:util";
import { convertError, InputError, UsageError } from "./errors.js";
import { probeFile } from "./probe/file-probe.js";
import { isStandardInput } from "./probe/input.js";
import { probeLive } from "./probe/live-probe.js";
import { renderReport } from "./probe/render.js";
import type { ProbeResult } from "./probe/report.js";
import { warningsOf } from "./probe/warnings.js";
import { writeCaptions } from "./probe/write-captions.js";
import { writePlot } from "./probe/write-plot.js";

const HELP = `x probe [options] INPUT...

Says what is in each INPUT: a file, a pipe, "-" for standard input, or a live stream: udp://[HOST]:PORT,
rtp://[HOST]:PORT, srt://[HOST]:PORT?...

  transport streams    of 188, 192, 204 or 208 byte packets: programmes, streams with picture sizes and audio formats,
                       bit rates, PCR intervals, the verdicts of TR 101 290, ancillary data, captions as text
  captures             pcap and pcapng, with RTP or transport streams in it
  FLV, MP4, QuickTime  tracks
  elementary streams   H.264, H.265, MPEG video, AV1, IVF; AAC in ADTS, MP3, AC-3, E-AC-3, FLAC, Opus and FLAC in Ogg
  others               dumps of ST 2038 records, JPEG XS, SubRip, WebVTT, SCC and MCC

  --json          for programs: one object a line for each input, as @x/cli's README describes it
  --captions      every cue, not only the first ones
  --strict        exit with 1 also when a transport stream has an error of priority 1 or 2 by TR 101 290, or anything
                  gives an issue; they are named on standard error
  --duration S    seconds to listen to a live stream (default 5), or to a pipe (default: up to its end)
  --srt F, --vtt F, --scc F, --mcc F
                  write the captions to a file: text of one service, line 21, caption distribution packets
  --service S     which service for --srt and --vtt: 1 to 6 of CEA-708, CC1 to CC4 of CEA-608
  --plot F        write a page with the PCRs of transport streams as charts: interval, accuracy, bit rate, and of what
                  was received jitter and the sender's clock

Exit codes: 0 it could be read, 1 it could not, or not up to its end, 2 the command line is wrong.
An interrupt ends the reading, and what was read until then is reported.
`;

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  json: { type: "boolean", default: false },
  captions: { type: "boolean", default: false },
  strict: { type: "boolean", default: false },
  srt: { type: "string" },
  vtt: { type: "string" },
  scc: { type: "string" },
  mcc: { type: "string" },
  service: { type: "string" },
  plot: { type: "string" },
  duration: { type: "string" },
} as const;

/** How long a live stream is listened to. */
const LIVE_SECONDS = 5;
/** Three weeks; a timer cannot wait longer than four. */
const MAX_SECONDS = 2_000_000;

export async function probeCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const inputs = positionals.length === 0 && isPiped() ? ["-"] : positionals;
  if (inputs.length === 0) {
    throw new UsageError(
      "probe needs a file, a URL, or something on standard input: try x probe --help",
    );
  }
  checkOutputs(inputs, values);
  const seconds = values.duration === undefined ? undefined : Number(values.duration);
  if (seconds !== undefined && !(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new UsageError(
      `--duration: "${values.duration}" is no time up to ${MAX_SECONDS} seconds`,
    );
  }

  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  let code = 0;
  let told = 0;
  try {
    for (const input of inputs) {
      // Nobody reads it any more, or nobody wants to.
      if (process.stdout.errored || interrupt.signal.aborted) break;
      try {
        const result = await probe(input, seconds, interrupt.signal);
        if (result === undefined) break;
        if (!values.json && told++ > 0) process.stdout.write("\n");
        code = Math.max(code, await tell(result, values));
      } catch (error) {
        if (inputs.length === 1) throw error;
        // What is wrong with one is no reason not to look at the others.
        const failure = convertError(error, "probe");
        process.stderr.write(`x: ${failure.message}\n`);
        code = Math.max(code, failure.code);
      }
    }
  } finally {
    process.off("SIGINT", onInterrupt);
  }
  // So that a loop in a shell ends too. Who listens to a stream ends that in no other way.
  const isEndless = inputs.every((input) => isLive(input) || isStandardInput(input));
  if (interrupt.signal.aborted && !isEndless) process.kill(process.pid, "SIGINT");
  return code;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

/** Files that are written are of one input. */
function checkOutputs(inputs: readonly string[], values: Values): void {
  const output = (["srt", "vtt", "scc", "mcc", "plot"] as const).find(
    (name) => values[name] !== undefined,
  );
  if (output !== undefined && inputs.length > 1) {
    throw new UsageError(`--${output} writes what is in one input, "${inputs[1]}" is a second`);
  }
  if (output !== undefined && values[output] === "") {
    throw new UsageError(`--${output} needs the name of a file`);
  }
  if (values.service !== undefined && values.srt === undefined && values.vtt === undefined) {
    throw new UsageError("--service says which captions to write: it goes with --srt or --vtt");
  }
  if (inputs.filter(isStandardInput).length > 1) {
    throw new UsageError("standard input can be read once only");
  }
}

async function probe(
  input: string,
  seconds: number | undefined,
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  if (isLive(input)) return probeLive(input, seconds ?? LIVE_SECONDS, signal);
  const [, protocol] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(input) ?? [];
  if (protocol !== undefined) {
    throw new UsageError(
      `"${input}": probe listens to udp, rtp and srt; record ${protocol} first, with x launch or another program`,
    );
  }
  const progress = showProgress();
  // Not AbortSignal.timeout: what only a combined signal depends on may be collected before its time has come.
  const enough = new AbortController();
  const end = (): void => enough.abort(new DOMException("enough", "TimeoutError"));
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  try {
    const either = AbortSignal.any([signal, enough.signal]);
    const result = await probeFile(input, either, progress.show);
    if (result === undefined && !signal.aborted) {
      throw new InputError(`nothing arrived on "${input}" in ${seconds} s`);
    }
    return result;
  } finally {
    clearTimeout(timer);
    progress.clear();
  }
}

/** Print the report and write the files that are wanted; returns the exit code. */
async function tell({ report, collected, traces }: ProbeResult, values: Values): Promise<number> {
  process.stdout.write(
    values.json ? `${JSON.stringify(report)}\n` : renderReport(report, values.captions ?? false),
  );
  await writeCaptions(collected, values);
  if (values.plot !== undefined) await writePlot(values.plot, report, traces);
  const warnings = values.strict ? warningsOf(report) : [];
  if (warnings.length > 0) {
    process.stderr.write(`x: ${report.input} is not clean: ${warnings.join("; ")}\n`);
  }
  return report.problems.length + warnings.length === 0 ? 0 : 1;
}

function isLive(input: string): boolean {
  return /^(udp|rtp|srt):\/\//i.test(input);
}

/** True when standard input is a pipe or a file: without arguments, that is meant. */
function isPiped(): boolean {
  try {
    const status = fstatSync(0);
    return status.isFIFO() || status.isSocket() || status.isFile();
  } catch {
    // It was closed.
    return false;
  }
}

/** A percentage or, where the end is not known, megabytes on stderr, when somebody looks at it. */
function showProgress(): {
  readonly show: (bytes: number, share: number | undefined) => void;
  readonly clear: () => void;
} {
  let shown = "";
  return {
    show(bytes, share) {
      if (!process.stderr.isTTY) return;
      const text =
        share === undefined ? `${Math.floor(bytes / 1e6)} MB` : `${Math.floor(share * 100)} %`;
      if (text === shown) return;
      shown = text;
      process.stderr.write(`\r${text}`);
    },
    clear() {
      if (shown !== "") process.stderr.write("\r\x1b[K");
    },
  };
}
