// Where the codec's vectors are. Streams made by jxs_encoder do not travel with this repository (that encoder's
// licence); they lie beside it in some checkouts, and are read from there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import type { SourcePlane } from "../src/index.js";

const FOLDER = "jpegxs-codec";
const beside = fileURLToPath(new URL("../../../../shared/vectors/jpegxs-codec", import.meta.url));

export interface ExpectedStream {
  readonly file: string;
  readonly bytes: number;
  readonly made_by: string;
  readonly header: Readonly<Record<string, number | string>> & {
    readonly comps: readonly { B: number; sx: number; sy: number; w: number; h: number }[];
  };
  readonly gain: readonly number[];
  readonly priority: readonly number[];
  readonly plane_md5: readonly string[] | readonly (readonly string[])[];
  readonly bytes_per_sample: readonly number[];
  readonly source?: { readonly file: string; readonly kind: string; readonly format: string };
  readonly lossless?: boolean;
  readonly psnr_per_plane_db?: readonly (number | null)[];
  readonly svt_options?: {
    readonly decomp_h: number;
    readonly decomp_v: number;
    readonly quantization: number;
    readonly slice_height: number;
    readonly coding_signs: number;
    readonly coding_sigf: number;
    readonly coding_vpred: number;
    readonly rc: number;
    readonly bpp: number;
  };
  readonly byte_identical_second_encoder?: boolean;
  readonly proxy?: Readonly<
    Record<string, { readonly planes: readonly { w: number; h: number; md5: string }[] }>
  >;
  readonly frames?: number;
  readonly frame_bytes?: readonly number[];
}

export interface ExpectedMalformed {
  readonly file: string;
  readonly expect: string;
  readonly why: string;
}

export interface CodecVectors {
  readonly streams: readonly ExpectedStream[];
  readonly malformed: readonly ExpectedMalformed[];
  /** Streams that expected.json names and no folder holds. */
  readonly absent: readonly string[];
}

/** Every expected.json in the folder, joined; entries whose file is nowhere are named in `absent`. */
export function codecVectors(): CodecVectors {
  const indexes = vectorFiles(FOLDER).filter((file) => file.endsWith("expected.json"));
  if (indexes.length === 0) throw new Error(`no expected.json in ${FOLDER}`);
  const streams: ExpectedStream[] = [];
  const malformed: ExpectedMalformed[] = [];
  const absent: string[] = [];
  for (const index of indexes) {
    const all = vectorJson<{ streams?: ExpectedStream[]; malformed?: ExpectedMalformed[] }>(
      FOLDER,
      index,
    );
    for (const entry of all.streams ?? []) {
      if (pathOf(entry.file) === undefined) absent.push(entry.file);
      else streams.push(entry);
    }
    for (const entry of all.malformed ?? []) {
      if (pathOf(entry.file) === undefined) absent.push(entry.file);
      else malformed.push(entry);
    }
  }
  return { streams, malformed, absent };
}

/** The bytes of a vector, unpacked. */
export function codecVector(file: string): Uint8Array<ArrayBuffer> {
  const path = pathOf(file);
  if (path === undefined) throw new Error(`no vector ${file}`);
  if (path.startsWith(vectorsRoot)) return vectorBytes(FOLDER, file);
  return new Uint8Array(readFileSync(path));
}

/** The planes of a source picture, tightly packed as the README of the vectors says. */
export function sourcePlanes(expected: ExpectedStream): SourcePlane[] {
  const raw = codecVector((expected.source as { file: string }).file);
  let at = 0;
  return expected.header.comps.map(({ w, h, B }) => {
    const data =
      B > 8 ? new Uint16Array(raw.buffer, at, w * h) : new Uint8Array(raw.buffer, at, w * h);
    at += data.byteLength;
    return { data, stride: w };
  });
}

function pathOf(file: string): string | undefined {
  return [join(vectorsRoot, FOLDER, file), join(beside, file)].find((path) => existsSync(path));
}
