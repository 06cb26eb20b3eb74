import { InputError } from "../errors.js";
import { writeOutput } from "../output-file.js";
import { renderPage } from "./plot/page.js";
import type { PlottedTrace, ProbeReport } from "./report.js";

/**
 * Write the PCRs of a report as a page.
 * @throws {InputError} when there are none, or it cannot be written.
 */
export async function writePlot(
  path: string,
  report: ProbeReport,
  traces: readonly PlottedTrace[],
): Promise<void> {
  if (traces.length === 0) throw new InputError("no PCRs were found for --plot");
  await writeOutput(path, renderPage(report, traces));
}
