#!/usr/bin/env node
import { version } from "../package.json";
import { convertCommand } from "./convert-command.js";
import { convertError, UsageError } from "./errors.js";
import { inspectCommand } from "./inspect-command.js";
import { launchCommand } from "./launch-command.js";
import { probeCommand } from "./probe-command.js";

const HELP = `x: broadcast formats from the command line

  x launch "<pipeline>"      run a pipeline in gst-launch syntax
  x inspect [element]        list the elements, or the properties and pads of one
  x probe FILE | udp://[HOST]:PORT | rtp://[HOST]:PORT | srt://[HOST]:PORT
                             say what is in a transport stream, a capture, FLV,
                             an ST 2038 dump, a JPEG XS or a caption file
  x convert INPUT OUTPUT     pictures and captions from one format to another

  x <command> --help         the options of a command
  x --version                the version

Exit codes: 0 done, 1 the input or the system failed, 2 the command line is wrong.
`;

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  launch: launchCommand,
  inspect: inspectCommand,
  probe: probeCommand,
  convert: convertCommand,
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new UsageError(`there is no command "${name}": try x --help`);
  }
  return command(rest);
}

// A reader that has gone away (x probe … | head) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
// Nor is one of the messages: the work goes on.
process.stderr.on("error", () => {});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { message, code } = convertError(error);
    process.stderr.write(`x: ${message}\n`);
    process.exitCode = code;
  },
);
