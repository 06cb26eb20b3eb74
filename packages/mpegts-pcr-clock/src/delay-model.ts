import { normalHazard } from "./normal-hazard.js";

/**
 * How far samples lie below the delay floor: a Gaussian part of width `sigma` (PCR stamping, arrival stamping) plus an
 * exponential part with mean `tau` (queueing, which only delays). Both in ns.
 */
export interface DelayModel {
  sigma: number;
  tau: number;
}

/**
 * The floor that makes the residuals `residuals[0..count)` most likely: Newton's method on a concave likelihood.
 * @param start where to begin
 */
export function likeliestFloor(
  residuals: Float64Array,
  count: number,
  model: DelayModel,
  start: number,
): number {
  const { sigma, tau } = model;
  let floor = start;
  for (let round = 0; round < 12; round++) {
    let score = 0;
    let weight = 0;
    for (let i = 0; i < count; i++) {
      const zeta = (floor - (residuals[i] as number)) / sigma - sigma / tau;
      const m = normalHazard(zeta);
      score += m / sigma - 1 / tau;
      weight += Math.max(m * (m + zeta), 1e-9) / (sigma * sigma);
    }
    const step = score / weight;
    floor += Math.max(-2 * sigma, Math.min(2 * sigma, step));
  }
  return floor;
}
