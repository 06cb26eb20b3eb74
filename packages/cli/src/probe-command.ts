import { parseArgs } from "node:util";
import { UsageError } from "./errors.js";
import { probeFile } from "./probe/file-probe.js";
import { probeLive } from "./probe/live-probe.js";
import { renderReport } from "./probe/render.js";
import { writeCaptions } from "./probe/write-captions.js";
import { writePlot } from "./probe/write-plot.js";

const HELP = `x probe [--json] [--captions] [--duration SECONDS] FILE | udp://[HOST]:PORT | rtp://[HOST]:PORT | srt://[HOST]:PORT?…

Says what is in a transport stream (188, 192, 204 or 208 byte packets), a pcap or pcapng capture with RTP or transport
streams, FLV, a dump of ST 2038 records, a JPEG XS or a caption file: programmes, streams with picture sizes and audio
formats, bit rates, PCR intervals, the verdicts of TR 101 290, ancillary data by DID and SDID, captions as text, and
what is wrong.

  --json          everything, for programs
  --srt F, --vtt F, --scc F, --mcc F
                  write the captions to a file: text of one service, line 21, caption distribution packets
  --service S     which service for --srt and --vtt: 1 to 6 of CEA-708, CC1 to CC4 of CEA-608
  --captions      every cue, not only the first ones
  --plot F        write a page with the PCRs of transport streams as charts: interval, accuracy, bit rate, and of what
                  was received jitter and the sender's clock
  --duration S    how long to listen to a live stream (default 5)
`;

export async function probeCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      json: { type: "boolean", default: false },
      captions: { type: "boolean", default: false },
      srt: { type: "string" },
      vtt: { type: "string" },
      scc: { type: "string" },
      mcc: { type: "string" },
      service: { type: "string" },
      plot: { type: "string" },
      duration: { type: "string", default: "5" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [input, ...others] = positionals;
  if (input === undefined) throw new UsageError("probe needs a file or a URL: try x probe --help");
  if (others.length > 0) throw new UsageError(`probe takes one input, "${others[0]}" is a second`);
  const seconds = Number(values.duration);
  if (!(seconds > 0)) throw new UsageError(`--duration: "${values.duration}" is no time`);

  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const { report, collected, traces } = /^(udp|rtp|srt):\/\//.test(input)
      ? await probeLive(input, seconds, interrupt.signal)
      : await probeFile(input, showProgress());
    process.stdout.write(
      values.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, values.captions),
    );
    writeCaptions(collected, values);
    if (values.plot !== undefined) writePlot(values.plot, report, traces);
    return report.problems.length === 0 ? 0 : 1;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

/** A percentage on stderr, when somebody looks at it. */
function showProgress(): (share: number) => void {
  if (!process.stderr.isTTY) return () => {};
  let shown = -1;
  return (share) => {
    const percent = Math.floor(share * 100);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(percent === 100 ? "\r\x1b[K" : `\r${percent} %`);
  };
}
