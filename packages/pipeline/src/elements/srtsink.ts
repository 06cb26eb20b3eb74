import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
} from "../element.js";
import { PipelineError } from "../errors.js";
import { SRT_PAYLOAD_SIZE, SrtError } from "../srt/srt-binding.js";
import type { SrtConnection } from "../srt/srt-connection.js";
import { SrtEndpoint } from "../srt/srt-endpoint.js";
import { loadSrt, type SrtLoader, systemSrt } from "../srt/srt-runtime.js";
import { SRT_PROPERTIES, srtSettings } from "../srt/srt-settings.js";
import { waitForPts } from "../sync.js";

/** srtsink on the libsrt that `load` finds. */
export function srtsinkOn(load: SrtLoader): ElementFactory {
  return elementFactory({
    name: "srtsink",
    classification: "Sink/Network",
    description: "Sends buffers over SRT, with the system's libsrt, to one peer or to all callers.",
    properties: {
      ...SRT_PROPERTIES,
      "wait-for-connection": {
        type: "boolean",
        default: true,
        description: "Hold the stream while nobody is connected, instead of dropping it",
      },
      sync: { type: "boolean", default: true, description: "Send each buffer at its time" },
    },
    pads: [always("sink", "ANY")],
    create(properties) {
      const settings = srtSettings(properties);
      const send = async (context: ElementContext, peers: Peers): Promise<void> => {
        await forEachItem(context.sink(), {
          async buffer({ data, pts }) {
            if (properties.sync) await waitForPts(context, pts);
            for (let at = 0; at < data.length; at += SRT_PAYLOAD_SIZE) {
              if (properties["wait-for-connection"]) await peers.arrival();
              await peers.send(data.subarray(at, at + SRT_PAYLOAD_SIZE));
            }
          },
        });
        await peers.drain();
      };

      return {
        async run(context) {
          const runtime = await loadSrt(load, context);
          await runtime.use(async () => {
            const peers = new Peers(context, new SrtEndpoint(runtime, settings, "send", context));
            try {
              await Promise.race([send(context, peers), peers.failed]);
            } finally {
              await peers.close();
            }
            peers.postDropped();
          });
        },
      };
    },
  });
}

export const srtsink: ElementFactory = srtsinkOn(systemSrt());

/** Everybody who is connected. */
class Peers {
  readonly #context: ElementContext;
  readonly #connected = new Set<SrtConnection>();
  readonly #closing = new AbortController();
  readonly #accepting: Promise<void>;
  /** Rejected when nobody can be connected any more. */
  readonly failed: Promise<never>;
  #ended = false;
  #wake: () => void = () => {};
  #dropped = 0;

  constructor(context: ElementContext, endpoint: SrtEndpoint) {
    this.#context = context;
    context.signal.addEventListener("abort", this.#onAbort);
    context.stopSignal.addEventListener("abort", this.#onStop);
    this.#accepting = this.#accept(endpoint);
    this.failed = this.#accepting.then(() => new Promise(() => {}));
    this.failed.catch(() => {});
  }

  /** Wait until somebody is connected, or it is no use: nobody can come any more, or the pipeline drains. */
  async arrival(): Promise<void> {
    const { stopSignal } = this.#context;
    while (this.#connected.size === 0 && !this.#ended && !stopSignal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Send one message to everybody. The one and only peer sets the pace; of several, a slow one loses the message. */
  async send(message: Uint8Array): Promise<void> {
    if (this.#connected.size === 0) {
      if (this.#ended) {
        const text = "the connection has ended, and auto-reconnect is off";
        throw new PipelineError("resource", this.#context.name, text);
      }
      this.#dropped++;
    }
    const { signal } = this.#closing;
    for (const connection of this.#connected) {
      try {
        while (!connection.trySend(message) && !signal.aborted) {
          if (this.#connected.size > 1) {
            this.#dropped++;
            break;
          }
          await connection.writable(signal);
        }
      } catch (error) {
        if (!(error instanceof SrtError)) throw error;
        this.#dropped++;
        this.#connected.delete(connection);
        await connection.close();
      }
    }
  }

  async drain(): Promise<void> {
    const all = [...this.#connected];
    await Promise.all(all.map((connection) => connection.drain(this.#closing.signal)));
  }

  async close(): Promise<void> {
    this.#context.signal.removeEventListener("abort", this.#onAbort);
    this.#context.stopSignal.removeEventListener("abort", this.#onStop);
    this.#closing.abort();
    await Promise.all([...this.#connected].map((connection) => connection.close()));
    await this.#accepting.catch(() => {});
  }

  postDropped(): void {
    if (this.#dropped === 0) return;
    this.#context.post({
      type: "statistics",
      text: `${this.#dropped} messages were dropped: nobody was connected, or somebody was too slow`,
      details: { dropped: this.#dropped },
    });
  }

  readonly #onAbort = (): void => this.#closing.abort();
  readonly #onStop = (): void => this.#wake();

  async #accept(endpoint: SrtEndpoint): Promise<void> {
    try {
      for await (const connection of endpoint.connections(this.#closing.signal)) {
        if (this.#closing.signal.aborted) await connection.close();
        else this.#connected.add(connection);
        this.#wake();
      }
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }
}
