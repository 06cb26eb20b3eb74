// Which received cue is which sent one, and how far apart their times are.
import { cueText } from "@x/cea708";

/** @typedef {import("@x/cea708").Cue} Cue */
/** @typedef {{ sent: Cue, received: Cue | undefined, startErrorMs: number, endErrorMs: number, ok: boolean }} Pair */

/**
 * Pair each sent cue with the received one of the same text that is nearest in time. A cue may be claimed once.
 * @param {readonly Cue[]} sent
 * @param {readonly Cue[]} received
 * @param {number} frameMs what counts as on time
 * @returns {Pair[]}
 */
export function pairCues(sent, received, frameMs) {
  const free = new Set(received);
  return sent.map((cue) => {
    /** @type {Cue | undefined} */
    let best;
    for (const candidate of free) {
      if (cueText(candidate) !== cueText(cue)) continue;
      const distance = Math.abs(candidate.startMs - cue.startMs);
      if (best === undefined || distance < Math.abs(best.startMs - cue.startMs)) best = candidate;
    }
    if (best === undefined) {
      return {
        sent: cue,
        received: undefined,
        startErrorMs: Number.NaN,
        endErrorMs: Number.NaN,
        ok: false,
      };
    }
    free.delete(best);
    const startErrorMs = best.startMs - cue.startMs;
    const endErrorMs = best.endMs - cue.endMs;
    const ok = Math.abs(startErrorMs) <= frameMs && Math.abs(endErrorMs) <= frameMs;
    return { sent: cue, received: best, startErrorMs, endErrorMs, ok };
  });
}
