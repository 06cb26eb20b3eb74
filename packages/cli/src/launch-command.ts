import { parseArgs } from "node:util";
import { launch, type PipelineMessage } from "@x/pipeline";
import { UsageError } from "./errors.js";

const HELP = `x launch [-q | -v] [--json] "<pipeline>"

Runs a pipeline in gst-launch syntax until its end. Interrupt once to drain it, twice to end it at once.

  -q, --quiet     say nothing but errors
  -v, --verbose   also what is only information
  --json          messages as one JSON object a line
  $NAME in the pipeline is taken from the environment.

Example: x launch 'filesrc location=in.ts ! tsdemux ! st2038anctocc ! cea708tott ! application/x-subtitle ! filesink location=out.srt'
`;

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
  const onMessage = (message: PipelineMessage): void => {
    failed ||= message.type === "error";
    if (values.quiet && message.type !== "error") return;
    if (message.type === "info" && !values.verbose) return;
    process.stderr.write(
      values.json ? `${toJson(message)}\n` : `${message.element}: ${message.text}\n`,
    );
  };
  const pipeline = launch(joinArguments(description), { environment: process.env, onMessage });
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts++;
    if (interrupts === 1) pipeline.stop();
    else pipeline.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    await pipeline.run();
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
  return failed ? 1 : 0;
}

/** Options come before the pipeline: "-" may stand inside it. */
function split(args: readonly string[]): { own: string[]; description: string[] } {
  const first = args.findIndex((arg) => !arg.startsWith("-"));
  if (first < 0) return { own: [...args], description: [] };
  return { own: args.slice(0, first), description: args.slice(first) };
}

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
