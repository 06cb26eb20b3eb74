import type { Component } from "./geometry.js";

/** What CDT amounts to. */
export type SamplingFormat = "4:0:0" | "4:2:0" | "4:2:2" | "4:4:4" | "4:2:2:4" | "4:4:4:4";

/** Horizontal and vertical factors of every component. */
export const SAMPLING: Readonly<Record<SamplingFormat, readonly (readonly [number, number])[]>> = {
  "4:0:0": [[1, 1]],
  "4:2:0": [
    [1, 1],
    [2, 2],
    [2, 2],
  ],
  "4:2:2": [
    [1, 1],
    [2, 1],
    [2, 1],
  ],
  "4:4:4": [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  "4:2:2:4": [
    [1, 1],
    [2, 1],
    [2, 1],
    [1, 1],
  ],
  "4:4:4:4": [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ],
};

/** The sampling format of a component table, or `undefined` when it is none of the known. */
export function samplingFormat(
  cdt: readonly Pick<Component, "sx" | "sy">[],
): SamplingFormat | undefined {
  const key = cdt.map(({ sx, sy }) => [sx, sy]).join();
  const found = Object.entries(SAMPLING).find(([, factors]) => factors.join() === key);
  return found?.[0] as SamplingFormat | undefined;
}
