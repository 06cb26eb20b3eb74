import type { Core, CoreFunctions } from "./core.js";
import type { SvtAddon } from "./svt-core.js";

type Bound<Function extends (...args: never[]) => unknown, Result> = (
  heap: ArrayBuffer,
  ...args: Parameters<Function>
) => Result;

/** The Node-API addon: every function of the C interface, with the heap in front of its arguments. */
export type Addon = {
  readonly [Name in keyof CoreFunctions]: Bound<
    CoreFunctions[Name],
    ReturnType<CoreFunctions[Name]>
  >;
} & {
  /** The same on other threads; not in the WASM build of the addon. */
  readonly async?: {
    readonly [Name in keyof CoreFunctions]: Bound<CoreFunctions[Name], Promise<number>>;
  };
  readonly svt?: SvtAddon;
};

/** The addon, or why it is not there. */
export interface NativeResult {
  readonly addon?: Addon;
  readonly reasons: readonly string[];
}

/** Offsets have 32 bits. */
const MAX_HEAP = 2 ** 32 - 65536;

/** `ArrayBuffer` of ES2024. */
type ResizableBuffer = ArrayBuffer & { resize(length: number): void };

/**
 * An instance of the native core. Its heap grows in place, so pointers into it stay valid: only address space is reserved
 * beforehand. Its threads are Node's own.
 */
export function nativeCore(addon: Addon, jobs = 1, heap: ArrayBuffer = growingHeap()): Core {
  const { async, svt, ...sync } = addon;
  const functions: Record<string, unknown> = {};
  for (const [name, native] of Object.entries(sync)) {
    functions[name] = (...args: number[]) => callOf(native)(heap, ...args);
  }
  let growths = 0;
  return {
    functions: functions as unknown as CoreFunctions,
    base: 64,
    jobs,
    heap: () => heap,
    growths: () => growths,
    reserve(size: number) {
      if (size <= heap.byteLength) return;
      growths++;
      (heap as ResizableBuffer).resize(Math.ceil(size / 65536) * 65536);
    },
    run: (calls) =>
      Promise.all(calls.map(({ name, args }) => callOf((async ?? sync)[name])(heap, ...args))),
    close: () => {},
  };
}

function callOf(native: unknown): (heap: ArrayBuffer, ...args: readonly number[]) => number {
  return native as (heap: ArrayBuffer, ...args: readonly number[]) => number;
}

/** Threads that Node has for such work: 4, unless the environment says otherwise. */
export function nativeThreads(): number {
  const size = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? "4", 10);
  return Math.max(1, Math.min(Number.isNaN(size) ? 1 : size, 1024));
}

function growingHeap(): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ResizableBuffer;
  return new Resizable(65536, { maxByteLength: MAX_HEAP });
}

/**
 * Look for the addon: the file that `X_JPEGXS_NATIVE` names, a build in a checkout, the package of this platform. Absence
 * is a reason; anything else that goes wrong while it is loaded is thrown.
 */
export function loadNative(): NativeResult {
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) return { reasons: ["native: not in Node"] };
  const require = builtin("node:module").createRequire(import.meta.url);
  const named = process.env.X_JPEGXS_NATIVE;
  const candidates: readonly (readonly [string, () => unknown])[] = [
    ...(named === undefined ? [] : [[named, () => require(named)] as const]),
    ["a build in a checkout", () => require("../dist/native/jpegxs.node")],
    ["the platform's package", () => platformPackage(require)],
  ];
  const reasons: string[] = [];
  for (const [what, load] of candidates) {
    try {
      return { addon: load() as Addon, reasons };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "MODULE_NOT_FOUND" && code !== "ERR_DLOPEN_FAILED") throw error;
      reasons.push(`native: ${what}: ${message.split("\n")[0]}`);
    }
  }
  return { reasons };
}

/** Bundlers and file tracers follow literal names only. */
function platformPackage(require: NodeJS.Require): unknown {
  switch (`${process.platform}-${process.arch}`) {
    case "linux-x64":
      return require("@x/jpegxs-linux-x64");
    case "linux-arm64":
      return require("@x/jpegxs-linux-arm64");
    case "darwin-arm64":
      return require("@x/jpegxs-darwin-arm64");
    case "win32-x64":
      return require("@x/jpegxs-win32-x64");
    default:
      throw Object.assign(new Error(`none for ${process.platform}-${process.arch}`), {
        code: "MODULE_NOT_FOUND",
      });
  }
}
