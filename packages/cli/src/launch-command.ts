import { parseArgs } from "node:util";
import { launch, PipelineError, type PipelineMessage } from "@x/pipeline";
import { convertError, UsageError } from "./errors.js";
import { RepeatedWarnings } from "./repeated-warnings.js";

const HELP = `x launch [-q | -v] [--json] "<pipeline>"

Runs a pipeline in gst-launch syntax until its end. Interrupt once to drain it, twice to end it at once.

  -q, --quiet     say nothing but errors
  -v, --verbose   also what is only information, and every warning
  --json          messages as one JSON object a line
  $NAME in the pipeline is taken from the environment.

Example: x launch 'filesrc location=in.ts ! tsdemux ! st2038anctocc ! cea708tott ! application/x-subtitle ! filesink location=out.srt'
`;

/** What ends a command. */
export const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** How long a second interrupt waits for files and sockets to be closed. */
const GRACE_MS = 1_000;

export async function launchCommand(args: string[]): Promise<number> {
  const { own, description } = split(args);
  const { values } = parseArgs({
    args: own,
    options: {
      help: { type: "boolean", short: "h", default: false },
      quiet: { type: "boolean", short: "q", default: false },
      verbose: { type: "boolean", short: "v", default: false },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (description.length === 0)
    throw new UsageError("launch needs a pipeline: try x launch --help");

  let failed = false;
  const warnings = new RepeatedWarnings();
  const onMessage = (message: PipelineMessage): void => {
    failed ||= message.type === "error";
    if (values.quiet && message.type !== "error") return;
    if (message.type === "info" && !values.verbose) return;
    const all = values.json || values.verbose || message.type !== "warning";
    if (!all && !warnings.admit(message)) return;
    process.stderr.write(`${values.json ? toJson(message) : toLine(message)}\n`);
  };
  try {
    const code = await run(joinArguments(description), onMessage);
    return failed ? 1 : code;
  } catch (error) {
    if (!values.json || !(error instanceof PipelineError)) throw error;
    const { message: text, element = "" } = error;
    onMessage({ type: "error", element, text });
    return convertError(error, "launch").code;
  } finally {
    if (!values.quiet) process.stderr.write(warnings.summary("; -v shows them"));
  }
}

/** Run it, and end it when a signal comes; returns the exit code. */
async function run(
  description: string,
  onMessage: (message: PipelineMessage) => void,
): Promise<number> {
  const pipeline = launch(description, { environment: process.env, onMessage });
  let interrupts = 0;
  const listen = (): void => {
    for (const signal of SIGNALS) process.on(signal, interrupt);
  };
  const unlisten = (): void => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
  const interrupt = (signal: NodeJS.Signals): void => {
    if (++interrupts === 1) {
      pipeline.stop();
      return;
    }
    // From here on a signal has its usual effect: a read that blocks, of a pipe that nobody writes to, ends in no
    // other way.
    unlisten();
    setTimeout(() => process.kill(process.pid, signal), GRACE_MS).unref();
    pipeline.abort();
  };
  listen();
  try {
    await pipeline.run();
  } finally {
    unlisten();
  }
  return interrupts > 1 ? 1 : 0;
}

function toLine({ type, element, text }: PipelineMessage): string {
  return `${type === "error" || type === "warning" ? `${type}: ` : ""}${element}: ${text}`;
}

/** Options stand before the pipeline, or behind it: in it, what begins with "-" is a value. */
function split(args: readonly string[]): { own: string[]; description: string[] } {
  const first = args.findIndex((arg) => !arg.startsWith("-"));
  if (first < 0) return { own: [...args], description: [] };
  let end = args.length;
  while (OPTION.test(args[end - 1] ?? "")) end--;
  return {
    own: [...args.slice(0, first), ...args.slice(end)],
    description: args.slice(first, end),
  };
}

/** An option as it may stand at the end; a number below 0 may be a value. */
const OPTION = /^-(-|[a-z]+$)/;

/** Several arguments are one pipeline whose quotes the shell has removed already: their spaces are protected. */
function joinArguments(args: readonly string[]): string {
  if (args.length === 1) return args[0] as string;
  return args.map((arg) => arg.replace(/[\s"'\\]/g, "\\$&")).join(" ");
}

function toJson(message: PipelineMessage): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
