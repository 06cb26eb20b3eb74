import { constants, rmSync } from "node:fs";
import { access, open, realpath, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeSystemError } from "@x/pipeline";
import { InputError } from "./errors.js";

/** An output that takes its name only once it is complete: what fails leaves everything as it was. */
export class OutputFile {
  /** Where to write: a new file beside the output, or the output itself where that cannot be. */
  readonly path: string;
  readonly #target: string | undefined;

  private constructor(path: string, target?: string) {
    this.path = path;
    this.#target = target;
  }

  /** Never throws: what is wrong with `output` shows when it is written to. */
  static async open(output: string): Promise<OutputFile> {
    try {
      const { target, mode } = await placeOf(output);
      const path = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
      const file = await open(path, "wx");
      if (mode !== undefined) await file.chmod(mode);
      await file.close();
      return new OutputFile(path, target);
    } catch {
      return new OutputFile(output);
    }
  }

  /** Bytes that were written so far. */
  async size(): Promise<number> {
    return (await stat(this.path)).size;
  }

  /**
   * It is complete: give it its name.
   * @throws {InputError} when the system refuses.
   */
  async keep(): Promise<void> {
    if (this.#target === undefined) return;
    await rename(this.path, this.#target).catch((error: unknown) => {
      throw unwritable(this.#target ?? "", error);
    });
  }

  /** Remove it; at once, so that it can be done when a signal comes. */
  discard(): void {
    if (this.#target !== undefined) rmSync(this.path, { force: true });
  }
}

/**
 * Write a file that is whole or not there.
 * @throws {InputError} when the system refuses
 */
export async function writeOutput(path: string, text: string): Promise<void> {
  const file = await OutputFile.open(path);
  try {
    await writeFile(file.path, text);
    await file.keep();
  } catch (error) {
    file.discard();
    throw error instanceof InputError ? error : unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): InputError {
  return new InputError(`cannot write "${path}": ${describeSystemError(error)}`);
}

/** The file that `output` names, behind links, with the mode that it has if it exists. */
async function placeOf(
  output: string,
): Promise<{ readonly target: string; readonly mode?: number }> {
  let target: string;
  try {
    target = await realpath(output);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
    return { target: output };
  }
  const stats = await stat(target);
  if (!stats.isFile()) throw new Error("a pipe or a device is not replaced");
  await access(target, constants.W_OK);
  return { target, mode: stats.mode & 0o777 };
}
