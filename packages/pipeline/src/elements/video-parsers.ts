// Parsers of elementary video streams: two codecs, one job.
import {
  type AccessUnitEvent,
  AccessUnitParser,
  AVC_NAL,
  avcNalType,
  decodeAvcSps,
  decodeHevcSps,
  encodeAnnexB,
  HEVC_NAL,
  hevcNalType,
  isFormatError,
} from "@x/es";
import { mediaBuffer } from "../buffer.js";
import { type Caps, caps, type Fraction, formatCaps, fractionOf, stringOf } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
  passEvents,
} from "../element.js";
import { BufferTimes, type Times, type UnitOutput, UnitTimes } from "../unit-times.js";
import { withFrameRate } from "./formats.js";
import { frameRateOr } from "./picture-times.js";

type Unit = Extract<AccessUnitEvent, { type: "access-unit" }>;

function parser(name: string, codec: "avc" | "hevc", mediaType: string): ElementFactory {
  const output = caps(mediaType, { "stream-format": "byte-stream", alignment: "au" });
  return elementFactory({
    name,
    classification: "Codec/Parser/Converter/Video",
    description: `Cuts a byte stream of ${codec === "avc" ? "H.264" : "H.265"} into access units.`,
    properties: {},
    pads: [always("sink", caps(mediaType)), always("src", output)],
    create: () => ({
      async run(context) {
        const units = new AccessUnitParser({ codec });
        const buffers = new BufferTimes();
        const writer = new UnitWriter(context, codec, mediaType);
        const take = async (events: readonly AccessUnitEvent[]): Promise<void> => {
          for (const event of events) {
            if (event.type === "access-unit") await writer.write(event, buffers.take(event.offset));
            else context.post({ type: "warning", text: event.issue.message });
          }
        };
        const pass = passEvents(context.src(), () => writer.begun);
        let aligned = false;
        await forEachItem(context.sink(), {
          caps(offered) {
            writer.offered = fractionOf(offered, "framerate");
            aligned = stringOf(offered, "alignment") === "au";
          },
          async buffer({ data, pts, dts }) {
            const timed = pts !== undefined || dts !== undefined;
            buffers.push(data.length, timed ? { pts, dts } : undefined);
            await take(units.push(data));
            // An access unit is complete when the next one begins, if its end is not told otherwise.
            if (!timed || !aligned) return;
            await take(units.flush());
            buffers.reset();
          },
          async otherwise(item) {
            if (item.type === "gap") {
              // Nothing more of the unit at hand comes.
              await take(units.flush());
              buffers.reset();
            }
            await pass(item);
          },
        });
        await take(units.flush());
        await writer.finish();
      },
    }),
  });
}

/** Sends access units with their times, and announces what the parameter sets say. */
class UnitWriter implements UnitOutput<Unit> {
  offered: Fraction | undefined;
  readonly #context: ElementContext;
  readonly #codec: "avc" | "hevc";
  readonly #mediaType: string;
  readonly #times: UnitTimes<Unit>;
  #announced = "";
  #format: Caps | undefined;
  #assumed: Fraction | undefined;

  constructor(context: ElementContext, codec: "avc" | "hevc", mediaType: string) {
    this.#context = context;
    this.#codec = codec;
    this.#mediaType = mediaType;
    this.#times = new UnitTimes(codec, this);
  }

  /** A format was announced. */
  get begun(): boolean {
    return this.#format !== undefined;
  }

  /** `times`: its own, `undefined` when it has none. */
  write(unit: Unit, times: Times | undefined): Promise<void> {
    return this.#times.push(unit, times);
  }

  async finish(): Promise<void> {
    await this.#times.flush();
    if (this.#format === undefined) {
      this.#context.post({ type: "error", text: "no access unit was found" });
    }
  }

  assumed(told: Fraction | undefined): Fraction {
    this.#assumed ??= frameRateOr(told, this.#context);
    return this.#assumed;
  }

  async send(unit: Unit, times: Times): Promise<void> {
    const format = this.#formatOf(unit);
    const text = formatCaps(format);
    if (text !== this.#announced) await this.#context.src().caps(format);
    this.#announced = text;
    this.#format = format;
    const flags = { deltaUnit: !unit.isKey };
    await this.#context.src().buffer(mediaBuffer(encodeAnnexB(unit.nals), { ...times, flags }));
  }

  /** By the unit's sequence parameter set or, if it has none, as before. */
  #formatOf({ nals }: Unit): Caps {
    try {
      const sps = this.#parameters(nals);
      if (sps !== undefined) {
        const { width, height, frameRate } = sps;
        const base = { "stream-format": "byte-stream", alignment: "au", width, height };
        const rate = this.offered ?? this.#assumed ?? frameRate;
        return withFrameRate(caps(this.#mediaType, base), rate);
      }
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#context.post({ type: "warning", text: error.message });
    }
    const base = caps(this.#mediaType, { "stream-format": "byte-stream", alignment: "au" });
    return this.#format ?? withFrameRate(base, this.offered);
  }

  #parameters(
    nals: readonly Uint8Array[],
  ): { width: number; height: number; frameRate: Fraction | undefined } | undefined {
    if (this.#codec === "avc") {
      const nal = nals.find((one) => avcNalType(one) === AVC_NAL.sps);
      return nal && decodeAvcSps(nal);
    }
    const nal = nals.find((one) => hevcNalType(one) === HEVC_NAL.sps);
    if (nal === undefined) return undefined;
    const sps = decodeHevcSps(nal);
    return { ...sps, frameRate: sps.tail?.frameRate };
  }
}

export const h264parse: ElementFactory = parser("h264parse", "avc", "video/x-h264");
export const h265parse: ElementFactory = parser("h265parse", "hevc", "video/x-h265");
