// Parsers of elementary video streams: two codecs, one job.
import {
  type AccessUnitEvent,
  AccessUnitParser,
  AccessUnitTimer,
  AVC_NAL,
  avcNalType,
  decodeAvcSps,
  decodeHevcSps,
  encodeAnnexB,
  HEVC_NAL,
  hevcNalType,
  isFormatError,
} from "@x/es";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Caps, caps, type Fraction, formatCaps, fractionOf, stringOf } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
  passTags,
} from "../element.js";
import { withFrameRate } from "./formats.js";
import { frameRateOr, pictureTime } from "./picture-times.js";

type Unit = Extract<AccessUnitEvent, { type: "access-unit" }>;
type Times = Pick<MediaBuffer, "pts" | "dts">;

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
        const writer = new UnitWriter(context, codec, mediaType);
        const take = async (events: readonly AccessUnitEvent[]): Promise<void> => {
          for (const event of events) {
            if (event.type === "access-unit") await writer.write(event);
            else context.post({ type: "warning", text: event.issue.message });
          }
        };
        let aligned = false;
        await forEachItem(context.sink(), {
          caps(offered) {
            writer.offered(fractionOf(offered, "framerate"));
            aligned = stringOf(offered, "alignment") === "au";
          },
          async buffer({ data, pts, dts }) {
            const timed = pts !== undefined || dts !== undefined;
            if (timed && aligned) {
              // A demuxer's time is that of the access unit that begins here: nothing has to be waited for.
              await take(units.flush());
              writer.timed = true;
              writer.next = { pts, dts };
              await take(units.push(data));
              return;
            }
            writer.timed ||= timed;
            // An access unit is complete when the next one begins, with the times of the data that it began in.
            await take(units.push(data));
            if (timed) writer.next ??= { pts, dts };
          },
          otherwise: passTags(context.src()),
        });
        await take(units.flush());
        await writer.finish();
      },
    }),
  });
}

/** Gives access units their times, and announces what the parameter sets say. */
class UnitWriter {
  /** The input has times. */
  timed = false;
  /** Of the unit that is read now. */
  next: Times | undefined;
  readonly #context: ElementContext;
  readonly #codec: "avc" | "hevc";
  readonly #mediaType: string;
  readonly #timer: AccessUnitTimer<Unit>;
  /** Units whose times were counted. */
  #counted = 0;
  #offered: Fraction | undefined;
  #announced = "";
  #format: Caps | undefined;
  #assumed: Fraction | undefined;

  constructor(context: ElementContext, codec: "avc" | "hevc", mediaType: string) {
    this.#context = context;
    this.#codec = codec;
    this.#mediaType = mediaType;
    this.#timer = new AccessUnitTimer({ codec });
  }

  offered(framerate: Fraction | undefined): void {
    this.#offered = framerate;
  }

  async write(unit: Unit): Promise<void> {
    if (this.timed) {
      // What came before the first time.
      if (this.#counted > 0) await this.#sendTimed(this.#timer.flush());
      this.#counted = 0;
      const times = this.next ?? {};
      this.next = undefined;
      await this.#send(unit, times);
      return;
    }
    this.#counted++;
    await this.#sendTimed(this.#timer.push(unit));
  }

  async finish(): Promise<void> {
    await this.#sendTimed(this.#timer.flush());
    if (this.#format === undefined) {
      this.#context.post({ type: "error", text: "no access unit was found" });
    }
  }

  async #sendTimed(units: ReturnType<AccessUnitTimer<Unit>["push"]>): Promise<void> {
    for (const { unit, presentationTime, decodeTime, duration } of units) {
      this.#assumed ??= frameRateOr(this.#offered ?? this.#timer.frameRate, this.#context);
      const rate = this.#assumed;
      const pts = pictureTime(presentationTime, 2, rate);
      const dts = pictureTime(decodeTime, 2, rate);
      const end = pictureTime(presentationTime + duration, 2, rate);
      await this.#send(unit, { pts, dts: dts === pts ? undefined : dts, duration: end - pts });
    }
  }

  async #send(
    unit: Unit,
    times: Partial<Pick<MediaBuffer, "pts" | "dts" | "duration">>,
  ): Promise<void> {
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
        const rate = this.#offered ?? this.#assumed ?? frameRate;
        return withFrameRate(caps(this.#mediaType, base), rate);
      }
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#context.post({ type: "warning", text: error.message });
    }
    const base = caps(this.#mediaType, { "stream-format": "byte-stream", alignment: "au" });
    return this.#format ?? withFrameRate(base, this.#offered);
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
