import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeAll, expect } from "vitest";
import type { ProbeReport } from "../src/probe/report.js";

const here = fileURLToPath(new URL(".", import.meta.url));
export const fixtures: string = join(here, "../../../fixtures");

/** Inside the package: @x/jpegxs finds its WASM beside its own build. */
const command = join(here, `../.results/bundle/x-${threadId}.mjs`);
let built: Promise<unknown> | undefined;

/** The command as a user runs it: a process. It is bundled from the sources, so that no build is needed first. */
function buildCommand(): Promise<unknown> {
  built ??= build({
    entryPoints: [join(here, "../src/main.ts")],
    outfile: command,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@x/source"],
    external: ["@x/jpegxs", "koffi"],
    banner: {
      js: 'import{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);',
    },
  });
  return built;
}

/** A folder for the files of a test file, which goes at its end; the command is there before its first test. */
export function commandFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "x-cli-"));
  beforeAll(buildCommand);
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

export interface Result {
  /** The shell's: 128 and its number for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, running. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
}

const PATIENCE_MS = 30_000;

/** Start it, with nothing on standard input unless `stdio` says otherwise. */
export function start(args: readonly string[], stdio: StdioOptions = "ignore"): Running {
  const [stdin = "ignore", stdout = "pipe", stderr = "pipe"] = Array.isArray(stdio) ? stdio : [];
  const child = spawn(process.execPath, [command, ...args], {
    stdio: [stdin, stdout, stderr],
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (piece: string) => {
      text[name] += piece;
    });
  }
  const ended = new Promise<Result>((resolve) => {
    child.once("close", (code, signal) => {
      const killed = signal === null ? -1 : 128 + constants.signals[signal];
      resolve({ code: code ?? killed, ...text });
    });
  });
  return { child, ended };
}

/** Run it to its end. */
export function x(...args: string[]): Promise<Result> {
  return start(args).ended;
}

/** Run it with `input` on standard input. */
export function xReading(input: Uint8Array, ...args: string[]): Promise<Result> {
  const { child, ended } = start(args, ["pipe"]);
  child.stdin?.on("error", () => {}).end(input);
  return ended;
}

/** One sentence on stderr, nothing like a stack trace, and the exit code. */
export function expectSentence(result: Result, code: 1 | 2, message: RegExp | string): void {
  expect(result.stderr).toMatch(message);
  expect(result.stderr.trim().split("\n")).toHaveLength(1);
  expect(result.stderr).not.toMatch(/\n\s+at |node:internal/);
  expect(result.code).toBe(code);
}

/** The same of a command line. */
export async function expectFailure(
  code: 1 | 2,
  message: RegExp | string,
  ...args: string[]
): Promise<void> {
  expectSentence(await x(...args), code, message);
}

/** Longer than the command takes to start, however busy the machine is: a whole run takes longer. */
export async function startTimeMs(): Promise<number> {
  const before = performance.now();
  await x("launch", "-q", "fakesrc num-buffers=1 ! fakesink");
  return 500 + 2 * (performance.now() - before);
}

/** Run the command, send it `signals` one after the other, and say how it ended. */
export async function interrupted(signals: number, ...args: string[]): Promise<Result> {
  const startMs = await startTimeMs();
  const { child, ended } = start(args);
  for (let i = 0; i < signals; i++) {
    await new Promise((resolve) => setTimeout(resolve, i === 0 ? startMs : 200));
    child.kill("SIGINT");
  }
  return ended;
}

/** What `x probe --json` says. */
export async function probeJson(...args: string[]): Promise<ProbeReport> {
  return JSON.parse((await x("probe", "--json", ...args)).stdout) as ProbeReport;
}
