import { mediaBuffer } from "./buffer.js";
import { type Caps, caps } from "./caps.js";
import { anyOf } from "./elements/formats.js";
import type { SrcPad } from "./pad.js";

/** Pictures without pixels. */
export const PICTURE_CAPS: Caps = anyOf(caps("image/svg+xml"), caps("text/html"));

/** Properties of elements that draw. */
export const SIZE_PROPERTIES = {
  width: {
    type: "integer",
    default: 1280,
    min: 16,
    max: 16_384,
    description: "Of the picture, in units of SVG",
  },
  height: {
    type: "integer",
    default: 720,
    min: 16,
    max: 16_384,
    description: "Of the picture, in units of SVG",
  },
} as const;

/** Sends a picture when it differs from the one before, with the time that it stayed. */
export class PictureOutput {
  readonly #src: SrcPad;
  readonly #mediaType: string;
  readonly #encoder = new TextEncoder();
  #shown: { readonly picture: string; readonly since: bigint } | undefined;
  #until = 0n;

  constructor(src: SrcPad, mediaType: "image/svg+xml" | "text/html") {
    this.#src = src;
    this.#mediaType = mediaType;
  }

  async start(): Promise<void> {
    await this.#src.caps(caps(this.#mediaType));
  }

  /** `picture` is on the screen from `since` to `until` at least. */
  async show(picture: string, since: bigint, until: bigint): Promise<void> {
    this.#until = until;
    if (this.#shown?.picture === picture) return;
    await this.#send(since);
    this.#shown = { picture, since };
  }

  /** Send the last picture. */
  async finish(): Promise<void> {
    await this.#send(this.#until);
  }

  async #send(end: bigint): Promise<void> {
    if (this.#shown === undefined) return;
    const { picture, since } = this.#shown;
    const data = this.#encoder.encode(picture);
    await this.#src.buffer(mediaBuffer(data, { pts: since, duration: end - since }));
  }
}
