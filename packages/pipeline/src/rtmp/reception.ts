import { LateJoinHeaders, type MuxedTag, storedTag } from "@x/eflv/rtmp";
import type { ElementContext } from "../element.js";
import { RtmpAudience } from "./audience.js";
import { LostConnection } from "./connection.js";
import type { FlvOutput } from "./flv-output.js";
import {
  RtmpListener,
  type RtmpListenerOptions,
  type RtmpRequest,
  type RtmpServedClient,
} from "./listener.js";
import { pathOf, postListening } from "./settings.js";

/** A stream that one publisher comes with, and that players may have as well. */
export class RtmpReception {
  readonly #options: RtmpListenerOptions;
  readonly #context: ElementContext;
  readonly #output: FlvOutput;
  readonly #headers = new LateJoinHeaders();
  readonly #audience: RtmpAudience = new RtmpAudience(this.#headers);
  readonly #over: Promise<Error | undefined>;
  #end: (loss: Error | undefined) => void = () => {};
  #listener: RtmpListener | undefined;
  #publisher: RtmpServedClient | undefined;

  constructor(options: RtmpListenerOptions, context: ElementContext, output: FlvOutput) {
    this.#options = options;
    this.#context = context;
    this.#output = output;
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /**
   * Until the publisher has ended the stream, or {@link stop}.
   * @returns what was lost when the publisher went without a word
   * @throws {Error} with one sentence when the place is not to be had
   */
  async run(): Promise<Error | undefined> {
    const listener = await RtmpListener.listen(this.#options, {
      decide: (request, client) => this.#decide(request, client),
      admitted: ({ role }, client) => {
        if (role === "play") this.#audience.add(client);
        else this.#context.post({ type: "info", text: "a publisher has come" });
      },
      tags: (tags) => this.#tags(tags),
      issue: ({ message }) => this.#context.post({ type: "warning", text: message }),
      gone: (client, orderly) => {
        this.#audience.remove(client);
        if (client !== this.#publisher) return;
        this.#end(orderly ? undefined : new LostConnection("the publisher went without a word"));
      },
      failed: (error) => this.#end(error as Error),
    });
    this.#listener = listener;
    postListening(this.#context, this.#options.settings.url, listener.port);
    const loss = await this.#over;
    await listener.close();
    return loss;
  }

  stop(): void {
    this.#end(undefined);
  }

  destroy(): void {
    this.#end(undefined);
    this.#listener?.destroy();
  }

  #decide({ role, path }: RtmpRequest, client: RtmpServedClient): string | undefined {
    const { url } = this.#options.settings;
    const own = pathOf(url);
    const isRight = url.streamName === "" ? path.startsWith(own) : path === own;
    if (!isRight) return "there is no such stream";
    if (role === "play") return undefined;
    if (this.#publisher !== undefined) return "the stream is being published already";
    this.#publisher = client;
    return undefined;
  }

  async #tags(tags: readonly MuxedTag[]): Promise<void> {
    for (const tag of tags) {
      const role = this.#headers.push(tag);
      const stored = storedTag(tag);
      if (stored !== undefined) this.#audience.push(stored, role);
    }
    await this.#output.write(tags);
  }
}
