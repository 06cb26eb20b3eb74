import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { parseArgs } from "node:util";
import { describeSystemError, launch } from "@x/pipeline";
import { InputError, UsageError } from "./errors.js";
import { SIGNALS } from "./launch-command.js";
import { OutputFile } from "./output-file.js";
import { RepeatedWarnings } from "./repeated-warnings.js";

const HELP = `x convert [options] INPUT OUTPUT

Converts a file to another format; the names' extensions say which. The output
appears at the end: what fails leaves an old one as it was.

  pictures   jxs, y4m, png            in any direction; a PNG is the first picture
  captions   srt, vtt, scc, mcc, ts   in any direction; ts: CEA-708 in ST 2038

  --bits-per-pixel N    size of JPEG XS codestreams, as in 3 or 5/2 (default 3)
  --lossless            JPEG XS without loss
  --frame-rate F        of captions that are made, as in 25 or 30000/1001 (default 30)
`;

/** The elements that read and write a format: from the left to raw pictures, captions or text, and from there on. */
const READERS: Readonly<
  Record<string, { readonly kind: "video" | "text"; readonly chain: string }>
> = {
  jxs: { kind: "video", chain: "jpegxsdec" },
  y4m: { kind: "video", chain: "y4mdec" },
  png: { kind: "video", chain: "pngdec" },
  srt: { kind: "text", chain: "subparse" },
  vtt: { kind: "text", chain: "subparse" },
  scc: { kind: "text", chain: "sccparse ! cea608tott ! text/x-raw" },
  mcc: { kind: "text", chain: "mccparse ! cea708tott ! text/x-raw" },
  ts: { kind: "text", chain: "tsdemux ! st2038anctocc ! cea708tott ! text/x-raw" },
};

export async function convertCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      "bits-per-pixel": { type: "string", default: "3" },
      lossless: { type: "boolean", default: false },
      "frame-rate": { type: "string", default: "30" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [input, output, ...others] = positionals;
  if (input === undefined || output === undefined || others.length > 0) {
    throw new UsageError("convert needs an input and an output: try x convert --help");
  }
  const from = extension(input);
  const to = extension(output);
  const reader = READERS[from];
  if (reader === undefined) {
    throw new UsageError(`"${input}": convert reads ${Object.keys(READERS).join(", ")}`);
  }
  const writers: Readonly<Record<string, string>> =
    reader.kind === "video"
      ? {
          jxs: `jpegxsenc bits-per-pixel=${values["bits-per-pixel"]} lossless=${values.lossless}`,
          y4m: "y4menc",
          png: "pngenc snapshot=true",
        }
      : captionWriters(values["frame-rate"]);
  const writer = writers[to];
  if (writer === undefined) {
    throw new UsageError(`"${output}": ${from} converts into ${Object.keys(writers).join(", ")}`);
  }
  // An output that is written in place would lose the input before it is read.
  if (await isSameFile(input, output)) throw new UsageError("input and output are the same file");

  let failed = false;
  const warnings = new RepeatedWarnings();
  const file = await OutputFile.open(output);
  const interrupt = (signal: NodeJS.Signals): void => {
    file.discard();
    unlisten();
    process.kill(process.pid, signal);
  };
  const unlisten = (): void => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const description = `filesrc location="${quoted(input)}" ! ${reader.chain} ! ${writer} ! filesink location="${quoted(file.path)}"`;
    const pipeline = launch(description, {
      onMessage(message) {
        const { type, element, text } = message;
        failed ||= type === "error";
        if (type === "error" || (type === "warning" && warnings.admit(message))) {
          process.stderr.write(`${type}: ${element}: ${text}\n`);
        }
      },
    });
    await pipeline.run();
    // Of a damaged input there is what could be read.
    if (failed && (await file.size()) === 0) file.discard();
    else await file.keep();
  } catch (error) {
    file.discard();
    throw error;
  } finally {
    unlisten();
    process.stderr.write(warnings.summary());
  }
  return failed ? 1 : 0;
}

function captionWriters(rate: string): Readonly<Record<string, string>> {
  if (!/^0*[1-9]\d*(\/0*[1-9]\d*)?$/.test(rate)) {
    throw new UsageError(`--frame-rate: "${rate}" is no frame rate such as 25 or 30000/1001`);
  }
  const fraction = rate.includes("/") ? rate : `${rate}/1`;
  const cdp = `tttocea708 ! closedcaption/x-cea-708,framerate=${fraction} ! ccconverter ! closedcaption/x-cea-708,format=cdp`;
  return {
    srt: "srtenc",
    vtt: "webvttenc",
    scc: "tttocea608 ! closedcaption/x-cea-608,framerate=30000/1001 ! sccenc",
    mcc: `${cdp} ! mccenc`,
    ts: `${cdp} ! cctost2038anc ! mpegtsmux`,
  };
}

function extension(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

function quoted(path: string): string {
  return path.replace(/[\\"$]/g, "\\$&");
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [first, second] = await Promise.all([stat(a), stat(b)]);
    return first.dev === second.dev && first.ino === second.ino;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT") return false;
    throw new InputError(`cannot read "${a}": ${describeSystemError(error)}`);
  }
}
