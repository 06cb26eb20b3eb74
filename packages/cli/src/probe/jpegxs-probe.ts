import { CodestreamSplitter, decodeHeader, describeProfile, samplingFormat } from "@x/jpegxs";
import { isFormatError } from "@x/st291";
import { InputError } from "../errors.js";
import type { PictureReport } from "./report.js";

/** True when the bytes begin with SOC and CAP (ISO/IEC 21122-1 A.4). */
export function isJpegXs(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0x10 && bytes[2] === 0xff && bytes[3] === 0x50;
}

/**
 * What the codestreams of a file are; deviations go to `problems`.
 * @throws {InputError} when the first header cannot be read.
 */
export function probeJpegXs(bytes: Uint8Array, problems: string[]): PictureReport {
  const splitter = new CodestreamSplitter({
    onIssue({ code, message }) {
      problems.push(code === "truncated" ? "the file ends inside a codestream" : message);
    },
  });
  let codestreams = 0;
  let first: { readonly length: number; readonly slices: number } | undefined;
  for (const { data, slices } of [...splitter.push(bytes), ...splitter.flush()]) {
    codestreams++;
    first ??= { length: data.length, slices: slices.length };
  }
  try {
    const header = decodeHeader(bytes);
    const { profile, level, sublevel, violations } = describeProfile(header);
    const { wf: width, hf: height } = header.pih;
    const codestreamSize = first?.length ?? bytes.length;
    return {
      codestreams,
      width,
      height,
      components: header.cdt.length,
      sampling: samplingFormat(header.cdt),
      bitDepth: header.cdt[0]?.b ?? 0,
      slices: first?.slices ?? 0,
      codestreamSize,
      bitsPerPixel: (codestreamSize * 8) / (width * height),
      profile: profile ?? `profile 0x${header.pih.ppih.toString(16)}`,
      level: level ?? "unknown",
      sublevel: sublevel ?? "unknown",
      violations: violations.map(({ field, message }) => `${field}: ${message}`),
    };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    throw new InputError(`the JPEG XS header cannot be read: ${error.message}`);
  }
}
