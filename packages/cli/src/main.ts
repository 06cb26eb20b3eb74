#!/usr/bin/env node
import { describeSystemError } from "@x/pipeline";
import { version } from "../package.json";
import { convertCommand } from "./convert-command.js";
import { convertError, UsageError } from "./errors.js";
import { inspectCommand } from "./inspect-command.js";
import { launchCommand } from "./launch-command.js";
import { didYouMean } from "./nearest.js";
import { probeCommand } from "./probe-command.js";

const HELP = `x: broadcast formats from the command line

  x launch "<pipeline>"    run a pipeline in gst-launch syntax
  x inspect [element]      list the elements, or the properties and pads of one
  x probe INPUT...         say what is in a transport stream, a capture, FLV, MP4, an elementary stream, ST 2038,
                           JPEG XS or captions: a file, "-", udp://HOST:PORT, rtp://HOST:PORT or srt://HOST:PORT
  x convert INPUT OUTPUT   pictures and captions from one format to another

  x <command> --help       the options of a command
  x --version              the version

Exit codes: 0 done, 1 the input or the system failed, 2 the command line is wrong.
`;

const COMMANDS = {
  launch: launchCommand,
  inspect: inspectCommand,
  probe: probeCommand,
  convert: convertCommand,
} as const;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  if (name === "--version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (["help", "--help", "-h"].includes(name)) {
    const [topic] = rest;
    if (topic !== undefined) return commandOf(topic)(["--help"]);
    process.stdout.write(HELP);
    return 0;
  }
  return commandOf(name)(rest);
}

function commandOf(name: string): (args: string[]) => Promise<number> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name as keyof typeof COMMANDS];
  const what = name.startsWith("-") ? "option" : "command";
  const names = [...Object.keys(COMMANDS), "--help", "--version"];
  throw new UsageError(
    `there is no ${what} "${name}"${didYouMean(name, names) || ": try x --help"}`,
  );
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has gone away (x probe … | head) is no error: what else there is to write is written.
  if (error.code === "EPIPE") return;
  process.stderr.write(`x: cannot write to standard output: ${describeSystemError(error)}\n`);
  process.exitCode = 1;
});
// Nor is one of the messages: the work goes on.
process.stderr.on("error", () => {});

/** The worst of what was found. */
function exitWith(code: number): void {
  process.exitCode = Math.max(code, Number(process.exitCode ?? 0));
}

const args = process.argv.slice(2);
main(args).then(exitWith, (error: unknown) => {
  const { message, code } = convertError(error, args[0] ?? "");
  process.stderr.write(`x: ${message}\n`);
  exitWith(code);
});
