import { writeFileSync } from "node:fs";
import { describeSystemError } from "@x/pipeline";
import { InputError } from "../errors.js";
import { renderPage } from "./plot/page.js";
import type { PlottedTrace, ProbeReport } from "./report.js";

/**
 * Write the PCRs of a report as a page.
 * @throws {InputError} when there are none, or it cannot be written.
 */
export function writePlot(
  path: string,
  report: ProbeReport,
  traces: readonly PlottedTrace[],
): void {
  if (traces.length === 0) throw new InputError(`no PCRs were found for --plot`);
  try {
    writeFileSync(path, renderPage(report, traces));
  } catch (error) {
    throw new InputError(`cannot write "${path}": ${describeSystemError(error)}`);
  }
}
