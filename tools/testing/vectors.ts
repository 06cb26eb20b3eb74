// Where vectors are: a folder named like the package, under X_VECTORS_DIR or under fixtures/.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));

/** The vectors' root in force: `X_VECTORS_DIR`, else `fixtures/`. */
export const vectorsRoot: string = process.env.X_VECTORS_DIR ?? fixtures;

/** Every file under `<root>/<folder>`, depth first, as paths relative to it with `/`. Throws if there is none. */
export function vectorFiles(folder: string): string[] {
  const top = join(vectorsRoot, folder);
  const files: string[] = [];
  const walk = (directory: string): void => {
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      if (statSync(path).isDirectory()) walk(path);
      else files.push(relative(top, path).replaceAll("\\", "/"));
    }
  };
  if (existsSync(top)) walk(top);
  if (files.length === 0) throw new Error(`no vectors in ${top}`);
  return files;
}

/** A vector's bytes; `.gz` is unpacked. */
export function vectorBytes(folder: string, file: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(join(vectorsRoot, folder, file));
  return new Uint8Array(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** A vector's JSON. The shape is the caller's claim: see the folder's README. */
export function vectorJson<T>(folder: string, file: string): T {
  return JSON.parse(new TextDecoder().decode(vectorBytes(folder, file))) as T;
}

/** Bytes of a hex string. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 !== 0) throw new Error(`odd number of hex digits: ${hex.length}`);
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Lower-case hex digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Counts what a vectors test checked, and prints it at the end: `st2038: 14 files, 812 expectations`. */
export class VectorTally {
  readonly #folder: string;
  readonly #files = new Set<string>();
  #expectations = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Note `expectations` checks of `file`. */
  add(file: string, expectations = 1): void {
    this.#files.add(file);
    this.#expectations += expectations;
  }

  get expectations(): number {
    return this.#expectations;
  }

  get files(): number {
    return this.#files.size;
  }

  /** Print the counts to stdout; vitest shows them below the test file. */
  print(): void {
    console.info(`${this.#folder}: ${this.#files.size} files, ${this.#expectations} expectations`);
  }
}
