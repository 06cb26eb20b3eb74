// The Node-API binding as WASM: built by scripts/build-emnapi.mjs (`npm run test:emnapi`), skipped where it is not.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateNapiModuleSync } from "@emnapi/core";
import { getDefaultContext } from "@emnapi/runtime";
import { describe, expect, test } from "vitest";
import type { Core } from "../src/core.js";
import { Decoder } from "../src/decoder.js";
import { loadCodecSync } from "../src/index.js";
import { type Addon, nativeCore } from "../src/native-core.js";
import { codecVector, codecVectors } from "./codec-vectors.js";

const file = fileURLToPath(
  new URL("../../../native/jpegxs/build/jpegxs.emnapi.wasm", import.meta.url),
);
const built = existsSync(file);
if (!built) console.warn("SKIPPED: jpegxs.emnapi.wasm is not built (npm run test:emnapi)");

/** emnapi copies the heap at every call, so it has a fixed, small size here. */
function emnapiCore(): Core {
  const { napiModule } = instantiateNapiModuleSync(readFileSync(file), {
    context: getDefaultContext(),
  });
  return nativeCore(napiModule.exports as Addon, 1, new ArrayBuffer(8 * 2 ** 20));
}

describe.skipIf(!built)("the Node-API binding on emnapi", () => {
  test("decodes every small vector as the flat module does", () => {
    const decoder = new Decoder(emnapiCore(), () => {}, 1, {});
    const reference = loadCodecSync({ backend: "wasm" }).createDecoder();
    const small = codecVectors()
      .streams.map((stream) => codecVector(stream.file))
      .filter((bytes) => bytes.length < 20_000);
    expect(small.length).toBeGreaterThan(0);
    for (const bytes of small) {
      const planes = decoder.decode(bytes).planes.map((p) => p.data.join());
      expect(planes).toEqual(reference.decode(bytes).planes.map((p) => p.data.join()));
    }
  });
});
