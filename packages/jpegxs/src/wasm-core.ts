import type { Call, Core, CoreFunctions } from "./core.js";
import { startWorker, type WorkerHandle } from "./worker.js";

const PAGE = 65536;
/** Bytes of stack for each worker. */
const STACK = 65536;

interface Exports extends CoreFunctions {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
}

/** An instance of the WASM module with memory of its own, on the caller's thread only. */
export function wasmCore(module: WebAssembly.Module): Core {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  return {
    functions: exports,
    base: align(Number(exports.__heap_base.value)),
    jobs: 1,
    run: async (calls) => calls.map((call) => callOn(exports, call)),
    close: () => {},
    ...heapOf(exports.memory),
  };
}

/** The same with workers that share its memory. `module` is the threaded one. */
export function wasmThreadsCore(module: WebAssembly.Module, threads: number): Core {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  // Stacks grow down; each worker has its own above what the module itself uses.
  const stacks = align(Number(exports.__heap_base.value));
  const base = stacks + threads * STACK;
  const { heap, growths, reserve } = heapOf(memory);
  reserve(base);
  let workers: WorkerHandle[] | undefined;
  const start = (): WorkerHandle[] =>
    Array.from({ length: threads }, (_, i) =>
      startWorker({ module, memory, stack: stacks + (i + 1) * STACK }),
    );
  return {
    functions: exports,
    base,
    jobs: threads,
    async run(calls) {
      workers ??= start();
      const all = workers;
      return Promise.all(calls.map((call, i) => (all[i] as WorkerHandle).run(call)));
    },
    close() {
      for (const worker of workers ?? []) worker.close();
      workers = undefined;
    },
    heap,
    growths,
    reserve,
  };
}

function callOn(functions: CoreFunctions, { name, args }: Call): number {
  return Number((functions[name] as (...args: number[]) => number | undefined)(...args) ?? 0);
}

function heapOf(memory: WebAssembly.Memory): Pick<Core, "heap" | "growths" | "reserve"> {
  let growths = 0;
  return {
    heap: () => memory.buffer,
    growths: () => growths,
    reserve(size) {
      const missing = size - memory.buffer.byteLength;
      if (missing <= 0) return;
      growths++;
      memory.grow(Math.ceil(missing / PAGE));
    },
  };
}

function align(offset: number): number {
  return (offset + 63) & ~63;
}
