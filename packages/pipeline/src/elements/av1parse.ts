import {
  Av1Parser,
  av1ConfigurationFromObus,
  decodeAv1SequenceHeader,
  encodeAv1Configuration,
  IvfParser,
  isAv1KeyFrame,
  isFormatError,
  joinObus,
  OBU_TYPE,
  splitObus,
} from "@x/es";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { type Caps, caps, type Fraction, formatCaps, fractionOf } from "../caps.js";
import {
  always,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
  passEvents,
} from "../element.js";
import { anyOf, bytesField, withFrameRate } from "./formats.js";
import { frameRateOr, pictureTime } from "./picture-times.js";

const OUTPUT: Caps = caps("video/x-av1", { "stream-format": "obu-stream", alignment: "tu" });
const IVF_SIGNATURE = "DKIF";

type Times = Partial<Pick<MediaBuffer, "pts" | "duration">>;

export const av1parse: ElementFactory = elementFactory({
  name: "av1parse",
  classification: "Codec/Parser/Converter/Video",
  description: "Cuts AV1, as OBUs, length-delimited or in IVF, into temporal units.",
  properties: {},
  pads: [always("sink", anyOf(caps("video/x-av1"), caps("video/x-ivf"))), always("src", OUTPUT)],
  create: () => ({
    async run(context) {
      const writer = new TemporalUnitWriter(context);
      let source: Source | undefined;
      let head = new Uint8Array(0);
      await forEachItem(context.sink(), {
        caps: (offered) => {
          writer.offered = fractionOf(offered, "framerate");
        },
        async buffer({ data, pts, duration }) {
          if (pts !== undefined) {
            // What has times is cut already.
            await writer.write(data, { pts, duration });
            return;
          }
          if (source === undefined) {
            head = Uint8Array.from([...head, ...data]);
            if (head.length < 4) return;
            source = open(head, writer);
            await source.push(head);
          } else await source.push(data);
        },
        otherwise: passEvents(context.src(), () => writer.begun),
      });
      source ??= open(head, writer);
      await source.push(new Uint8Array(0));
      await source.flush();
      writer.finish();
    },
  }),
});

interface Source {
  push(data: Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

function open(head: Uint8Array, writer: TemporalUnitWriter): Source {
  const isIvf = String.fromCharCode(...head.subarray(0, 4)) === IVF_SIGNATURE;
  return isIvf ? ivfSource(writer) : streamSource(writer);
}

/** Temporal units that are counted. */
function streamSource(writer: TemporalUnitWriter): Source {
  const parser = new Av1Parser();
  const take = async (events: ReturnType<Av1Parser["push"]>): Promise<void> => {
    for (const event of events) {
      if (event.type === "issue") writer.warn(event.issue.message);
      else await writer.count(event.data);
    }
  };
  return { push: (data) => take(parser.push(data)), flush: () => take(parser.flush()) };
}

/** Temporal units with the times of an IVF file. */
function ivfSource(writer: TemporalUnitWriter): Source {
  const parser = new IvfParser();
  let rate: Fraction | undefined;
  const take = async (events: ReturnType<IvfParser["push"]>): Promise<void> => {
    for (const event of events) {
      if (event.type === "issue") writer.warn(event.issue.message);
      else if (event.type === "header") {
        const { numerator, denominator } = event.header.timebase;
        rate = { numerator: denominator, denominator: numerator };
      } else if (rate !== undefined) {
        await writer.write(event.data, { pts: pictureTime(event.timestamp, 1, rate) });
      }
    }
  };
  return { push: (data) => take(parser.push(data)), flush: () => take(parser.flush()) };
}

class TemporalUnitWriter {
  offered: Fraction | undefined;
  readonly #context: ElementContext;
  #format: Caps | undefined;
  #announced = "";
  #rate: Fraction | undefined;
  #counted = 0;

  constructor(context: ElementContext) {
    this.#context = context;
  }

  /** A format was announced. */
  get begun(): boolean {
    return this.#announced !== "";
  }

  warn(text: string): void {
    this.#context.post({ type: "warning", text });
  }

  /** Write the next one of a stream without times. */
  async count(data: Uint8Array): Promise<void> {
    this.#rate ??= frameRateOr(this.offered ?? sequenceOf(data)?.frameRate, this.#context);
    const pts = pictureTime(this.#counted, 1, this.#rate);
    const duration = pictureTime(++this.#counted, 1, this.#rate) - pts;
    await this.write(data, { pts, duration });
  }

  async write(data: Uint8Array, times: Times): Promise<void> {
    try {
      const obus = splitObus(data);
      const format = this.#formatOf(data);
      const text = formatCaps(format);
      if (text !== this.#announced) await this.#context.src().caps(format);
      this.#announced = text;
      this.#format = format;
      const flags = { deltaUnit: !isAv1KeyFrame(obus) };
      await this.#context.src().buffer(mediaBuffer(joinObus(obus), { ...times, flags }));
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.warn(`a temporal unit is dropped: ${error.message}`);
    }
  }

  finish(): void {
    if (this.#format !== undefined) return;
    this.#context.post({ type: "error", text: "no temporal unit was found" });
  }

  /** By the unit's sequence header or, if it has none, as before. */
  #formatOf(data: Uint8Array): Caps {
    const sequence = sequenceOf(data);
    if (sequence === undefined) return this.#format ?? withFrameRate(OUTPUT, this.offered);
    const base = caps("video/x-av1", {
      "stream-format": "obu-stream",
      alignment: "tu",
      width: sequence.width,
      height: sequence.height,
      codec_data: bytesField(sequence.config),
    });
    return withFrameRate(base, this.offered ?? this.#rate ?? sequence.frameRate);
  }
}

interface Sequence {
  readonly width: number;
  readonly height: number;
  readonly frameRate: Fraction | undefined;
  /** An av1C record. */
  readonly config: Uint8Array;
}

function sequenceOf(data: Uint8Array): Sequence | undefined {
  const obus = splitObus(joinObus(splitObus(data)));
  const header = obus.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
  const configuration = av1ConfigurationFromObus(obus);
  if (header === undefined || configuration === undefined) return undefined;
  const { maxFrameWidth, maxFrameHeight, frameRate } = decodeAv1SequenceHeader(header.payload);
  const config = encodeAv1Configuration(configuration);
  return { width: maxFrameWidth, height: maxFrameHeight, frameRate, config };
}
