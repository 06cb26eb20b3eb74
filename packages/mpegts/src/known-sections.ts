import { equalBytes } from "@x/bits";

/** Sections that are remembered; beyond it all are forgotten. */
const MAX_SECTIONS = 256;

/** Tells repetitions of table sections by their bytes. */
export class KnownSections {
  readonly #sections = new Map<string, Uint8Array>();

  /** True when the last section of that PID, table and number was the same. */
  has(pid: number, bytes: Uint8Array): boolean {
    const known = this.#sections.get(keyOf(pid, bytes));
    return known !== undefined && equalBytes(known, bytes);
  }

  /** `bytes` are kept. */
  add(pid: number, bytes: Uint8Array): void {
    if (this.#sections.size >= MAX_SECTIONS) this.#sections.clear();
    this.#sections.set(keyOf(pid, bytes), bytes);
  }

  /** Forget everything. */
  clear(): void {
    this.#sections.clear();
  }
}

/** table_id, table_id_extension and section_number. */
function keyOf(pid: number, bytes: Uint8Array): string {
  return `${pid}/${bytes[0]}/${bytes[3]}/${bytes[4]}/${bytes[6]}`;
}
