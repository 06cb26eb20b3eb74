import type { Core, CoreFunctions } from "./core.js";

const PAGE = 65536;

interface Exports extends CoreFunctions {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
}

/** An instance of the WASM module with memory of its own. */
export function wasmCore(module: WebAssembly.Module): Core {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  const { memory } = exports;
  return {
    functions: exports,
    base: (Number(exports.__heap_base.value) + 63) & ~63,
    heap: () => memory.buffer,
    reserve(size) {
      const missing = size - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    },
  };
}
