import { intersectCaps } from "./caps.js";
import { type Clock, systemClock } from "./clock.js";
import type { ElementContext, ElementFactory, PipelineMessage } from "./element.js";
import { PipelineError, StoppedError } from "./errors.js";
import { buildGraph, connectSometimes, type Graph, type Node } from "./graph.js";
import { whenIdle } from "./idle.js";
import { parseLaunch } from "./launch-syntax.js";
import { type SinkPad, SrcPad } from "./pad.js";
import { elementRegistry } from "./registry.js";

/** Options of {@link launch}. */
export interface LaunchOptions {
  /** Called for every message of an element. Default: messages are dropped. */
  readonly onMessage?: (message: PipelineMessage) => void;
  /** Values for `$NAME` in the description. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Elements beyond, or instead of, those of {@link elementRegistry}. */
  readonly elements?: readonly ElementFactory[];
  /** Default: the clock of the first element that has one, else the system's monotonic clock. */
  readonly clock?: Clock;
}

/** A pipeline that has been built and can run once. */
export interface Pipeline {
  /** Names of the elements, in the order of the description. */
  readonly elements: readonly string[];
  /**
   * Run until every element has finished.
   * @throws {PipelineError} the first error of an element; by then everything is closed.
   */
  run(): Promise<void>;
  /** Ask the sources to end the stream; what is under way is drained and `run` resolves. */
  stop(): void;
  /** Tear down without draining; `run` resolves once everything is closed. */
  abort(): void;
}

/**
 * Build a pipeline from gst-launch syntax. Nothing is opened before {@link Pipeline.run}.
 *
 * @throws {PipelineError} `syntax` or `graph`.
 * @example
 * await launch("filesrc location=in.srt ! subparse ! fakesink").run();
 */
export function launch(description: string, options: LaunchOptions = {}): Pipeline {
  const registry = new Map(elementRegistry);
  for (const factory of options.elements ?? []) registry.set(factory.name, factory);
  const graph = buildGraph(parseLaunch(description, options.environment), registry);
  return new RunningPipeline(graph, options);
}

class RunningPipeline implements Pipeline {
  readonly elements: readonly string[];
  readonly #graph: Graph;
  readonly #onMessage: ((message: PipelineMessage) => void) | undefined;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #stop = new AbortController();
  #error: PipelineError | undefined;
  #started = false;

  constructor(graph: Graph, options: LaunchOptions) {
    this.#graph = graph;
    this.#onMessage = options.onMessage;
    const provided = graph.nodes.find(({ element }) => element.clock !== undefined);
    this.#clock = options.clock ?? provided?.element.clock ?? systemClock();
    this.elements = graph.nodes.map(({ name }) => name);
  }

  async run(): Promise<void> {
    if (this.#started) throw new TypeError("a pipeline runs once");
    this.#started = true;
    const baseTime = this.#clock.now();
    const unwatch = whenIdle(() => this.#giveUp());
    try {
      await Promise.all(this.#graph.nodes.map((node) => this.#runNode(node, baseTime)));
    } finally {
      unwatch();
    }
    if (this.#error !== undefined) throw this.#error;
  }

  /** Elements wait for each other for ever: say which, and stop. */
  #giveUp(): void {
    const { nodes } = this.#graph;
    const starving = ({ sinks }: Node): SinkPad[] =>
      sinks.filter(({ link }) => link?.starves === true);
    const joiner = nodes.find(
      (node) => starving(node).length > 0 && node.sinks.some(({ link }) => link?.full === true),
    );
    const missing = nodes.flatMap(({ name, waiting }) =>
      waiting.map(({ to }) => `${name} has found no stream for ${to.name}`),
    );
    const pads = (joiner === undefined ? [] : starving(joiner)).map(({ name }) => name);
    const cure = missing.join(" and ") || "put a queue in front of each, or a larger one";
    const text =
      joiner === undefined
        ? "the elements wait for each other"
        : `nothing comes to ${pads.join(" and ")} while its other pads are full: ${cure}`;
    this.#error ??= new PipelineError("stream", joiner?.name, text);
    this.abort();
  }

  stop(): void {
    this.#stop.abort();
  }

  abort(): void {
    this.#stop.abort();
    this.#abort.abort();
    for (const link of this.#graph.links) link.stop();
  }

  async #runNode(node: Node, baseTime: bigint): Promise<void> {
    try {
      await node.element.run(this.#context(node, baseTime));
      await this.#endWaiting(node);
      for (const src of node.srcs) await src.eos();
      // Whoever still pushes here must not wait for a reader that has gone.
      await Promise.all(node.sinks.map(drain));
    } catch (error) {
      if (error instanceof StoppedError || this.#abort.signal.aborted) return;
      this.#error ??=
        error instanceof PipelineError && error.element !== undefined
          ? error
          : new PipelineError(
              error instanceof PipelineError ? error.code : "stream",
              node.name,
              (error as Error).message,
              error,
            );
      this.abort();
    }
  }

  /** Sink pads whose sometimes pad never appeared get the end of stream, and the user a warning. */
  async #endWaiting(node: Node): Promise<void> {
    for (const { pad, to, sink } of node.waiting.splice(0)) {
      const what = pad === undefined ? "stream" : `pad "${pad}"`;
      this.#post(node, {
        type: "warning",
        text: `the stream ended without a ${what} for ${to.name}`,
      });
      await sink.link?.push({ type: "eos" });
    }
  }

  #post(node: Node, message: Omit<PipelineMessage, "element">): void {
    this.#onMessage?.({ ...message, element: node.name });
  }

  #context(node: Node, baseTime: bigint): ElementContext {
    return {
      name: node.name,
      signal: this.#abort.signal,
      stopSignal: this.#stop.signal,
      clock: this.#clock,
      baseTime,
      sinks: node.sinks,
      srcs: node.srcs,
      sink: (name = "sink") => found(node.sinks, name),
      src: (name = "src") => found(node.srcs, name),
      addSrc: (name, template, caps) => {
        const pad = new SrcPad(name, template);
        node.srcs.push(pad);
        connectSometimes(node, pad, intersectCaps(template.caps, caps));
        return pad;
      },
      post: (message) => this.#post(node, message),
      launch: (description, elements) =>
        launch(description, { elements, onMessage: (message) => this.#onMessage?.(message) }),
    };
  }
}

async function drain(sink: SinkPad): Promise<void> {
  for (;;) if ((await sink.pull()).type === "eos") return;
}

function found<Pad extends { readonly name: string }>(pads: readonly Pad[], name: string): Pad {
  const pad = pads.find((candidate) => candidate.name === name);
  if (pad === undefined) throw new TypeError(`there is no pad "${name}"`);
  return pad;
}
