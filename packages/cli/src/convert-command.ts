import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { parseArgs } from "node:util";
import { type FrameRate, frameRateOfCdp } from "@x/cea708";
import {
  always,
  describeSystemError,
  type ElementFactory,
  elementFactory,
  forEachItem,
  launch,
  PipelineError,
} from "@x/pipeline";
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
  const reader = Object.hasOwn(READERS, from) ? READERS[from] : undefined;
  if (reader === undefined) {
    throw new UsageError(`${named(input)}: convert reads ${Object.keys(READERS).join(", ")}`);
  }
  const writers: Readonly<Record<string, string>> =
    reader.kind === "video"
      ? {
          jxs: `jpegxsenc bits-per-pixel=${values["bits-per-pixel"]} lossless=${values.lossless}`,
          y4m: "y4menc",
          png: "pngenc snapshot=true",
        }
      : captionWriters(values["frame-rate"]);
  const writer = Object.hasOwn(writers, to) ? writers[to] : undefined;
  if (writer === undefined) {
    throw new UsageError(
      `${named(output)}: ${from} converts into ${Object.keys(writers).join(", ")}`,
    );
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
  const counter = new BufferCounter();
  // Where nothing comes out, one sentence says so: warnings about what follows from that are noise.
  const held: string[] = [];
  try {
    const description = `filesrc location="${quoted(input)}" ! ${reader.chain} ! ${COUNTER} ! ${writer} ! filesink location="${quoted(file.path)}"`;
    const pipeline = launch(description, {
      elements: [counter.factory],
      onMessage(message) {
        const { type, text } = message;
        const element = `"${input}"`;
        const line = `${type}: ${element}: ${text}\n`;
        failed ||= type === "error";
        if (type === "error") process.stderr.write(line);
        else if (type === "warning" && warnings.admit({ ...message, element })) held.push(line);
        if (counter.count > 0) process.stderr.write(held.splice(0).join(""));
      },
    });
    await pipeline.run();
    // Of a damaged input there is what could be read.
    if (counter.count > 0) await file.keep();
    else file.discard();
  } catch (error) {
    file.discard();
    if (!(error instanceof PipelineError)) throw error;
    throw inWords(error, { input, output, part: file.path, chain: reader.chain });
  } finally {
    unlisten();
    if (counter.count > 0) process.stderr.write(held.join("") + warnings.summary());
  }
  if (counter.count === 0 && !failed) {
    const what = reader.kind === "video" ? "picture" : "caption";
    const hint = from === "ts" ? "; x probe --srt finds those inside the video too" : "";
    throw new InputError(`"${input}": no ${what} was found in it${hint}`);
  }
  return failed ? 1 : 0;
}

const COUNTER = "counter";

/** An element between reader and writer: what an input has is known by what passes. */
class BufferCounter {
  count = 0;
  readonly factory: ElementFactory = elementFactory({
    name: COUNTER,
    classification: "Generic",
    description: "Counts what passes.",
    properties: {},
    pads: [always("sink", "ANY"), always("src", "ANY")],
    create: () => ({
      acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
      run: async (context) => {
        const src = context.src();
        await forEachItem(context.sink(), {
          buffer: async (buffer) => {
            if (buffer.data.length > 0) this.count++;
            await src.buffer(buffer);
          },
          otherwise: (item) => src.push(item),
        });
      },
    }),
  });
}

/** What a pipeline that nobody sees said, about files and options instead of elements. */
function inWords(
  { message, element = "", code }: PipelineError,
  about: {
    readonly input: string;
    readonly output: string;
    readonly part: string;
    readonly chain: string;
  },
): Error {
  const bare = message.startsWith(`${element}: `) ? message.slice(element.length + 2) : message;
  const text = bare.replaceAll(`"${about.part}"`, `"${about.output}"`);
  const isReader = about.chain.split(" ! ").some((name) => element.startsWith(name));
  const sentence = isReader ? `"${about.input}": ${text}` : text;
  const isUsage = code === "syntax" || code === "graph";
  return isUsage ? new UsageError(sentence) : new InputError(sentence);
}

/** Frame rates of caption distribution packets (SMPTE ST 334-2 table 3). */
const RATES: readonly FrameRate[] = [1, 2, 3, 4, 5, 6, 7, 8]
  .map(frameRateOfCdp)
  .filter((rate) => rate !== undefined);

function captionWriters(wanted: string): Readonly<Record<string, string>> {
  const [, a, b = "1"] = /^(\d+)(?:\/(0*[1-9]\d*))?$/.exec(wanted) ?? [];
  const rate = RATES.find((one) => one.numerator * Number(b) === one.denominator * Number(a));
  if (rate === undefined) {
    const known = RATES.map(({ numerator, denominator }) =>
      denominator === 1 ? `${numerator}` : `${numerator}/${denominator}`,
    );
    throw new UsageError(
      `--frame-rate: "${wanted}" is no frame rate that captions have: ${known.join(", ")}`,
    );
  }
  const fraction = `${rate.numerator}/${rate.denominator}`;
  const cdp = `tttocea708 ! closedcaption/x-cea-708,framerate=${fraction} ! ccconverter ! closedcaption/x-cea-708,format=cdp`;
  return {
    srt: "srtenc",
    vtt: "webvttenc",
    scc: "tttocea608 ! closedcaption/x-cea-608,framerate=30000/1001 ! sccenc",
    // Version 1 has no drop-frame labels of 60 frames.
    mcc: `${cdp} ! mccenc version=${fraction === "60000/1001" ? "2.0" : "1.0"}`,
    ts: `${cdp} ! cctost2038anc ! mpegtsmux`,
  };
}

function extension(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

/** A path whose extension is not the right one. */
function named(path: string): string {
  return extname(path) === "" ? `"${path}" has no extension that says its format` : `"${path}"`;
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
