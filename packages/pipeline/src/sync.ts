import type { ElementContext } from "./element.js";
import { StoppedError } from "./errors.js";

/** Wait until the pipeline's clock has reached stream time `pts`; at once when it is unknown. */
export async function waitForPts(context: ElementContext, pts: bigint | undefined): Promise<void> {
  if (pts === undefined) return;
  try {
    await context.clock.sleepUntil(context.baseTime + pts, context.signal);
  } catch (error) {
    if (context.signal.aborted) throw new StoppedError();
    throw error;
  }
}
