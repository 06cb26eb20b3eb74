import type { PipelineMessage } from "@x/pipeline";

/** How many warnings of one kind are shown as they come. */
const SHOWN_WARNINGS = 3;

/** Lets a few warnings of each kind through: a damaged stream has thousands of the same. */
export class RepeatedWarnings {
  readonly #kinds = new Map<string, { count: number; last: string }>();

  /** True when this one shall be shown. Warnings that differ in numbers and quoted words only are of one kind. */
  admit({ element, text }: PipelineMessage): boolean {
    const last = `${element}: ${text}`;
    const kind = last.replace(/"(?:[^"\\]|\\.)*"|\d+/g, "…");
    const count = (this.#kinds.get(kind)?.count ?? 0) + 1;
    this.#kinds.set(kind, { count, last });
    return count <= SHOWN_WARNINGS;
  }

  /** A line for each kind of which some were not shown: the last one of them. `hint`: how to see all. */
  summary(hint = ""): string {
    return [...this.#kinds.values()]
      .filter(({ count }) => count > SHOWN_WARNINGS)
      .map(({ count, last }) => `warning: ${last} (${count} in all${hint})\n`)
      .join("");
  }
}
