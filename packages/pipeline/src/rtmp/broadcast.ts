import type { LateJoinHeaders, MuxedTag, TagRole } from "@x/eflv/rtmp";
import type { ElementContext } from "../element.js";
import { RtmpAudience } from "./audience.js";
import { RtmpListener } from "./listener.js";
import { pathOf, postListening, type RtmpSettings } from "./settings.js";

/** A stream that players come for. */
export class RtmpBroadcast {
  readonly #settings: RtmpSettings;
  readonly #context: ElementContext;
  readonly #audience: RtmpAudience;
  readonly #waits: boolean;
  readonly #failed: (error: unknown) => void;
  #listener: RtmpListener | undefined;
  #somebody: () => void = () => {};
  #first: Promise<void> | undefined;

  /** @param waits the first tag waits for the first player, and every tag for the slowest one */
  constructor(
    settings: RtmpSettings,
    context: ElementContext,
    headers: LateJoinHeaders,
    failed: (error: unknown) => void,
    { waitForPlayer, waits }: { readonly waitForPlayer: boolean; readonly waits: boolean },
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#audience = new RtmpAudience(headers);
    this.#waits = waits;
    this.#failed = failed;
    if (!waitForPlayer) return;
    this.#first = new Promise((resolve) => {
      this.#somebody = resolve;
    });
  }

  /** @throws {Error} with one sentence */
  async open(): Promise<void> {
    const { stopSignal, post } = this.#context;
    const path = pathOf(this.#settings.url);
    this.#listener = await RtmpListener.listen(
      { settings: this.#settings },
      {
        decide(request) {
          if (request.role === "publish") return "this server only plays";
          return request.path === path ? undefined : "there is no such stream";
        },
        admitted: (_, client) => {
          this.#audience.add(client);
          this.#somebody();
        },
        tags: () => Promise.resolve(),
        issue: ({ message }) => post({ type: "warning", text: message }),
        gone: (client) => this.#audience.remove(client),
        failed: this.#failed,
      },
    );
    postListening(this.#context, this.#settings.url, this.#listener.port);
    if (stopSignal.aborted) this.#somebody();
    stopSignal.addEventListener("abort", () => this.#somebody(), { once: true });
  }

  async send(tag: MuxedTag, role: TagRole): Promise<void> {
    if (this.#first !== undefined) {
      await this.#first;
      this.#first = undefined;
    }
    this.#audience.push(tag, role);
    if (this.#waits) await this.#audience.drained();
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    const { dropped } = this.#audience;
    if (dropped === 0) return;
    const text = `${dropped} tags were left out for players that were too slow`;
    this.#context.post({ type: "statistics", text, details: { dropped } });
  }

  destroy(): void {
    this.#listener?.destroy();
  }
}
