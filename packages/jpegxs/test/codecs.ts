// Every backend and family of kernels that this machine has.
import { type Codec, isFormatError, loadCodecSync } from "../src/index.js";

const COMBINATIONS = [
  ["wasm", "scalar"],
  ["wasm", "v128"],
  ["native", "scalar"],
  ["native", "v128"],
  ["native", "avx2"],
] as const;

/** Name and codec of each; those that are not there are named on the console. */
export function allCodecs(): (readonly [string, Codec])[] {
  const found: (readonly [string, Codec])[] = [];
  for (const [backend, kernels] of COMBINATIONS) {
    try {
      found.push([`${backend}, ${kernels}`, loadCodecSync({ backend, kernels })]);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      console.warn(`SKIPPED ${backend}, ${kernels}: ${error.message}`);
    }
  }
  return found;
}
