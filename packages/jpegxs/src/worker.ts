import type { Call } from "./core.js";

/** What a worker needs to become another thread of an instance. */
export interface WorkerInit {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Top of its stack. */
  readonly stack: number;
}

/** A thread that runs calls, one at a time. */
export interface WorkerHandle {
  run(call: Call): Promise<number>;
  close(): void;
}

/** The worker's whole program; `on` and `post` are what Node and browsers have in common. */
const PROGRAM = `
let functions;
on((message) => {
  if (message.module) {
    const { exports } = new WebAssembly.Instance(message.module, { env: { memory: message.memory } });
    exports.__stack_pointer.value = message.stack;
    functions = exports;
  } else {
    post(Number(functions[message.name](...message.args) ?? 0));
  }
});
`;

const NODE_PROGRAM = `
const { parentPort } = require("node:worker_threads");
const on = (f) => parentPort.on("message", f), post = (m) => parentPort.postMessage(m);
${PROGRAM}`;

const BROWSER_PROGRAM = `
const on = (f) => { onmessage = ({ data }) => f(data); }, post = (m) => postMessage(m);
${PROGRAM}`;

/** True where memory can be shared with workers: Node, and cross-origin isolated pages. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  return isNode() || globalThis.crossOriginIsolated === true;
}

/** Start a thread. It does not keep a Node program alive while it has nothing to do. */
export function startWorker(init: WorkerInit): WorkerHandle {
  return isNode() ? startNodeWorker(init) : startWebWorker(init);
}

function isNode(): boolean {
  return globalThis.process?.getBuiltinModule !== undefined;
}

function startNodeWorker(init: WorkerInit): WorkerHandle {
  const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads");
  const worker = new NodeWorker(NODE_PROGRAM, { eval: true });
  worker.unref();
  const pending = new Pending();
  worker.on("message", (result: number) => {
    worker.unref();
    pending.resolve(result);
  });
  worker.on("error", (error) => pending.reject(error));
  worker.postMessage(init);
  return {
    run(call) {
      worker.ref();
      worker.postMessage(call);
      return pending.wait();
    },
    close: () => void worker.terminate(),
  };
}

function startWebWorker(init: WorkerInit): WorkerHandle {
  const url = URL.createObjectURL(new Blob([BROWSER_PROGRAM], { type: "text/javascript" }));
  const worker = new Worker(url);
  const pending = new Pending();
  worker.onmessage = ({ data }: MessageEvent<number>) => pending.resolve(data);
  worker.onerror = (event) => pending.reject(new Error(event.message));
  worker.postMessage(init);
  return {
    run(call) {
      worker.postMessage(call);
      return pending.wait();
    },
    close() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

/** The answer that a worker owes. */
class Pending {
  #resolve: ((result: number) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #failed: Error | undefined;

  wait(): Promise<number> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(result: number): void {
    this.#resolve?.(result);
  }

  reject(error: Error): void {
    this.#failed = error;
    this.#reject?.(error);
  }
}
