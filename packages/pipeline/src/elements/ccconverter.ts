import { CcRepacker, CdpWriter, isFormatError } from "@x/cea708";
import { frameTime, type MediaBuffer, mediaBuffer } from "../buffer.js";
import {
  type Caps,
  type CapsStructure,
  capsAreEmpty,
  type Fraction,
  formatCaps,
  fractionOf,
  intersectCaps,
} from "../caps.js";
import { type CaptionFormat, captionFormatOf, fromCcData, toCcData } from "../caption-formats.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
  withDiscont,
} from "../element.js";
import { PipelineError } from "../errors.js";
import type { SrcPad } from "../pad.js";
import { captionsWithoutFormat } from "./caption-input.js";
import {
  anyOf,
  CC_DATA_CAPS,
  CDP_CAPS,
  RAW_608_CAPS,
  S334_1A_CAPS,
  withFrameRate,
} from "./formats.js";

const FORMATS: Caps = anyOf(CDP_CAPS, CC_DATA_CAPS, S334_1A_CAPS, RAW_608_CAPS);

export const ccconverter: ElementFactory = elementFactory({
  name: "ccconverter",
  classification: "Filter/ClosedCaption",
  description: "Converts captions between their formats, and to another frame rate when caps ask.",
  properties: {},
  pads: [always("sink", FORMATS), always("src", FORMATS)],
  create: () => ({
    async run(context) {
      const src = context.src();
      let conversion: Conversion | undefined;
      await forEachItem(context.sink(), {
        async caps(offered) {
          await conversion?.finish();
          const output = chooseOutput(offered, src.peerCaps());
          if (output === undefined) {
            const message = `cannot make ${formatCaps(src.peerCaps())} of ${formatCaps(offered)}`;
            throw new PipelineError("stream", context.name, message);
          }
          conversion = new Conversion(context, src, offered, [output]);
          await src.caps([output]);
        },
        async buffer(buffer) {
          if (conversion === undefined) throw captionsWithoutFormat(context.name);
          await conversion.push(buffer);
        },
        otherwise: (item) => src.push(item),
      });
      await conversion?.finish();
    },
  }),
});

/** From one format and rate to another. */
class Conversion {
  readonly #context: ElementContext;
  readonly #src: SrcPad;
  readonly #from: CaptionFormat;
  readonly #to: CaptionFormat;
  readonly #rate: Fraction | undefined;
  readonly #repacker: CcRepacker | undefined;
  readonly #writer: CdpWriter | undefined;
  #start: bigint | undefined;
  #frames = 0;

  constructor(context: ElementContext, src: SrcPad, input: Caps, output: Caps) {
    this.#context = context;
    this.#src = src;
    this.#from = captionFormatOf(input);
    this.#to = captionFormatOf(output);
    const inputRate = fractionOf(input, "framerate");
    this.#rate = fractionOf(output, "framerate");
    if (inputRate !== undefined && this.#rate !== undefined && differ(inputRate, this.#rate)) {
      this.#repacker = new CcRepacker({ inputRate, outputRate: this.#rate });
    }
    if (this.#to === "cdp" && (this.#from !== "cdp" || this.#repacker !== undefined)) {
      if (this.#rate === undefined)
        throw new Error("a CDP needs a frame rate: none is in the caps");
      this.#writer = new CdpWriter({ frameRate: this.#rate });
    }
  }

  async push(buffer: MediaBuffer): Promise<void> {
    if (this.#from === this.#to && this.#repacker === undefined) return this.#src.buffer(buffer);
    const { pts, duration } = buffer;
    let ccData: Uint8Array;
    try {
      ccData = toCcData(buffer.data, this.#from);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#context.post({ type: "warning", text: error.message });
      return;
    }
    this.#start ??= pts;
    if (this.#repacker === undefined) {
      const flags = withDiscont(buffer);
      await this.#src.buffer(mediaBuffer(this.#encode(ccData), { pts, duration, flags }));
    } else {
      await this.#sendFrames(this.#repacker.push(ccData));
    }
  }

  async finish(): Promise<void> {
    if (this.#repacker !== undefined) await this.#sendFrames(this.#repacker.flush());
  }

  /** Frames of the new rate get their times by counting. */
  async #sendFrames(frames: readonly Uint8Array[]): Promise<void> {
    const rate = this.#rate as Fraction;
    for (const ccData of frames) {
      const at = frameTime(this.#frames, rate);
      const duration = frameTime(++this.#frames, rate) - at;
      const pts = (this.#start ?? 0n) + at;
      await this.#src.buffer(mediaBuffer(this.#encode(ccData), { pts, duration }));
    }
  }

  #encode(ccData: Uint8Array): Uint8Array {
    if (this.#writer !== undefined) return this.#writer.write(ccData);
    return this.#to === "cdp" ? ccData : fromCcData(ccData, this.#to);
  }
}

/** The input's format when it is accepted, else the first that is. The frame rate changes only when caps ask. */
function chooseOutput(offered: Caps, wanted: Caps): CapsStructure | undefined {
  const rate = fractionOf(offered, "framerate");
  const candidates = anyOf(offered, withFrameRate(FORMATS, rate), FORMATS);
  const possible = intersectCaps(candidates, wanted);
  return capsAreEmpty(possible) || possible === "ANY" ? undefined : possible[0];
}

function differ(a: Fraction, b: Fraction): boolean {
  return a.numerator * b.denominator !== b.numerator * a.denominator;
}
