import { concatBytes } from "@x/bits";
import { InputError } from "../errors.js";
import { HEAD_BYTES, probeFor } from "./detect.js";
import { foreignFormat } from "./foreign-formats.js";
import type { FormatProbe } from "./format-probe.js";
import { isStandardInput, openInput, type ProbeInput } from "./input.js";
import { noFindings, type ProbeResult, resultOf } from "./report.js";

const KNOWN =
  "a transport stream, a capture, FLV, MP4, an elementary stream, JPEG XS, an ST 2038 dump or captions";

/**
 * Say what is in a file, a pipe or, as `-`, in standard input. When the signal is given, what was read until then.
 * @param onProgress called with the bytes that were read, and their share, 0 to 1, when the size is known
 * @returns `undefined` when the signal came before anything else
 * @throws {InputError} when it cannot be read or nothing in it is known.
 */
export async function probeFile(
  path: string,
  signal: AbortSignal,
  onProgress: (bytes: number, share: number | undefined) => void = () => {},
): Promise<ProbeResult | undefined> {
  const input = await openInput(path, signal);
  if (input === undefined) return undefined;
  try {
    const head = await readHead(input);
    if (head.length === 0) {
      if (signal.aborted) return undefined;
      throw new InputError(`${nameOf(path)} is empty`);
    }
    const notKnown = (): InputError => {
      const what = foreignFormat(head) ?? `is none of what x knows: ${KNOWN}`;
      return new InputError(`${nameOf(path)} ${what}`);
    };
    const probe = probeFor(head.subarray(0, HEAD_BYTES), head.length < HEAD_BYTES, notKnown);
    await feed(probe, head, input, (bytes) => {
      onProgress(bytes, input.size === undefined ? undefined : Math.min(1, bytes / input.size));
    });
    await feedAgain(probe, input, signal);
    const bytes = Math.max(input.position, input.size ?? 0);
    const findings = noFindings();
    // Who ends standard input by a signal has seen enough of it, as has who set a time; a file has an end of its own.
    const isEnough = isStandardInput(path) || signal.reason?.name === "TimeoutError";
    if (signal.aborted && !isEnough) {
      findings.problems.push(`interrupted: only the first ${input.position} bytes were read`);
    }
    probe.finish(findings, signal.aborted, bytes);
    return resultOf({ input: path, bytes, kind: probe.kind }, findings);
  } finally {
    await input.close();
  }
}

async function readHead(input: ProbeInput): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  while (input.position < HEAD_BYTES) {
    const piece = await input.read();
    if (piece === undefined) break;
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}

async function feed(
  probe: FormatProbe,
  head: Uint8Array,
  input: ProbeInput,
  onProgress: (bytes: number) => void,
): Promise<void> {
  for (let chunk: Uint8Array | undefined = head; chunk !== undefined; chunk = await input.read()) {
    probe.push(chunk);
    if (probe.next !== undefined) await input.skipTo(probe.next);
    onProgress(input.position);
  }
}

async function feedAgain(
  probe: FormatProbe,
  input: ProbeInput,
  signal: AbortSignal,
): Promise<void> {
  const ranges = probe.revisit?.();
  if (ranges === undefined || input.readAt === undefined) return;
  for (let next = ranges.next(); next.done !== true && !signal.aborted; ) {
    const { offset, size } = next.value;
    next = ranges.next(await input.readAt(offset, size));
  }
}

function nameOf(path: string): string {
  return isStandardInput(path) ? "standard input" : `"${path}"`;
}
