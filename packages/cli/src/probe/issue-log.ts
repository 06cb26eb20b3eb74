import type { IssueReport } from "./report.js";

/** Issues by code: how many, and the first one of each. */
export class IssueLog {
  readonly #issues = new Map<string, { count: number; offset: number; message: string }>();

  add(code: string, offset: number, message: string): void {
    const known = this.#issues.get(code);
    if (known === undefined) this.#issues.set(code, { count: 1, offset, message });
    else known.count++;
  }

  reports(): IssueReport[] {
    return [...this.#issues].map(([code, { count, offset, message }]) => ({
      code,
      count,
      firstOffset: offset,
      message,
    }));
  }
}

/** An issue for people. */
export function issueLine({ code, count, firstOffset, message }: IssueReport): string {
  const where = firstOffset === 0 ? "" : `, first at byte ${firstOffset}`;
  return `  issue ${code}: ${count}${where}: ${message}`;
}
