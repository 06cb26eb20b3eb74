import type { ElementContext } from "../element.js";
import { PipelineError } from "../errors.js";
import { openLibsrt } from "./libsrt.js";
import type { SrtBinding } from "./srt-binding.js";
import { SrtPoller } from "./srt-poller.js";

/** libsrt as the elements of a process share it. */
export class SrtRuntime {
  readonly binding: SrtBinding;
  readonly poller: SrtPoller;
  /** Milliseconds between two attempts to connect. */
  readonly retryMs: number;
  #users = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(binding: SrtBinding, retryMs = 1_000) {
    this.binding = binding;
    this.poller = new SrtPoller(binding);
    this.retryMs = retryMs;
  }

  /** Run `action` between the start-up of libsrt and its clean-up, which the first and the last user do. */
  async use(action: () => Promise<void>): Promise<void> {
    await this.#inTurn(() => {
      if (this.#users === 0) this.binding.startUp();
      this.#users++;
    });
    try {
      await action();
    } finally {
      await this.#inTurn(async () => {
        if (--this.#users > 0) return;
        await this.poller.idle();
        await this.binding.cleanUp();
      });
    }
  }

  async #inTurn(action: () => void | Promise<void>): Promise<void> {
    const mine = this.#turn.then(action);
    this.#turn = mine.catch(() => {});
    await mine;
  }
}

/** Makes what the elements run on; called when a pipeline runs. */
export type SrtLoader = () => Promise<SrtRuntime>;

/** The system's libsrt, opened once. */
export function systemSrt(): SrtLoader {
  let opened: Promise<SrtRuntime> | undefined;
  return () => {
    opened ??= openLibsrt().then((binding) => new SrtRuntime(binding));
    return opened;
  };
}

/** @throws {PipelineError} `graph`: there is no libsrt, which is no fault of the input */
export async function loadSrt(load: SrtLoader, context: ElementContext): Promise<SrtRuntime> {
  try {
    const runtime = await load();
    context.post({ type: "info", text: runtime.binding.description });
    return runtime;
  } catch (error) {
    throw new PipelineError("graph", context.name, (error as Error).message, error);
  }
}
