import { PipelineError } from "@x/pipeline";
import { isFormatError } from "@x/st291";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The input or the system failed: exit code 1. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/**
 * One sentence and an exit code for whatever was thrown. A defect of ours keeps its stack.
 * @param command whose options were given
 */
export function convertError(
  error: unknown,
  command: string,
): { readonly message: string; readonly code: 1 | 2 } {
  if (error instanceof PipelineError) {
    const usage = error.code === "syntax" || error.code === "graph";
    return { message: error.message, code: usage ? 2 : 1 };
  }
  if (error instanceof UsageError) return { message: error.message, code: 2 };
  if (error instanceof InputError || isFormatError(error)) {
    return { message: error.message, code: 1 };
  }
  const { code } = error as { code?: string };
  // What node:util's parseArgs says about an option, without its advice.
  if (code?.startsWith("ERR_PARSE_ARGS")) {
    const [sentence = ""] = (error as Error).message.split(/\.\s/);
    return { message: `${sentence}: try x ${command} --help`, code: 2 };
  }
  return { message: (error as Error).stack ?? String(error), code: 1 };
}
