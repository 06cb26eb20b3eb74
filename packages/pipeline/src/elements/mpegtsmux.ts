import { type LateUnit, type MuxProgram, TsMuxer } from "@x/mpegts";
import type { Item } from "../buffer.js";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError } from "../errors.js";
import { earliestFirst, type MergeGroup } from "../merge.js";
import { MPEGTS_CAPS } from "./formats.js";
import { MuxInput } from "./mux-input.js";
import { MuxOutput } from "./mux-output.js";
import { type ProgramMap, readProgramMap } from "./program-map.js";
import { ticks } from "./ts-stream.js";
import { MUX_CAPS } from "./ts-stream-formats.js";

/** GStreamer's first PID. */
const FIRST_PID = 0x41;
const NOTHING = new Uint8Array(0);

export const mpegtsmux: ElementFactory = elementFactory({
  name: "mpegtsmux",
  classification: "Codec/Muxer",
  description: "Multiplexes streams into an MPEG transport stream of one programme or several.",
  properties: {
    alignment: {
      type: "integer",
      default: -1,
      min: -1,
      max: 255,
      description:
        "Transport packets a buffer; 7 fit a UDP datagram; 0: as they come; -1: 0 in front of a file, else 7",
    },
    bitrate: {
      type: "integer",
      default: 0,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      description: "Bits a second of a constant rate with null packets; 0: variable",
    },
    "start-time": {
      type: "nanoseconds",
      default: 3_600_000_000_000n,
      description: "Added to every time: GStreamer's hour, so that no PCR lies before 0",
    },
    "prog-num": {
      type: "integer",
      default: 1,
      min: 1,
      max: 65_535,
      description: "Number of the programme of pads that prog-map does not name",
    },
    "prog-map": {
      type: "structure",
      default: undefined,
      description:
        "Programmes: program_map,sink_300=1,PMT_1=4096,PCR_1=sink_300,SERVICE_1=name,PROVIDER_1=name",
    },
  },
  pads: [
    {
      name: "sink_%d",
      direction: "sink",
      presence: "request",
      caps: MUX_CAPS,
      firstNumber: FIRST_PID,
    },
    always("src", MPEGTS_CAPS),
  ],
  create(properties) {
    const map = readProgramMap(properties["prog-map"]);
    const startTime = properties["start-time"];
    const bitrate = properties.bitrate > 0 ? { bitrate: properties.bitrate } : {};
    return {
      async run(context) {
        const output = new MuxOutput(context.src(), properties.alignment, properties.bitrate);
        const inputs = context.sinks.map(
          (sink) => new MuxInput(context, sink, map.pads.get(sink.name) ?? properties["prog-num"]),
        );
        warnOfUnused(map, inputs, context);
        await output.start();
        // Every format is known before the first unit is sent.
        for (const input of inputs) await input.begin();
        const programs = programsOf(inputs, map, context);
        if (programs.length === 0) return;
        const late = { units: 0, worst: 0 };
        const onLate = ({ lateBy }: LateUnit): void => {
          late.units++;
          late.worst = Math.max(late.worst, lateBy);
        };
        const muxer = configured(context, () => new TsMuxer({ programs, onLate, ...bitrate }));

        const feed = (input: MuxInput, item: Item): Uint8Array => {
          if (item.type === "caps" || item.type === "tags") input.describe(item);
          else if (item.type === "gap") {
            return muxer.advance(ticks(item.pts + startTime), input.programNumber);
          } else if (item.type === "buffer") return input.unit(item.buffer, muxer, startTime);
          return NOTHING;
        };
        for await (const [index, item] of earliestFirst(context.sinks, groupsOf(inputs))) {
          const input = inputs[index] as MuxInput;
          if (item.type === "buffer" && input.identify(item.buffer.data)) {
            const changed = programsOf(inputs, map, context);
            await output.write(configured(context, () => muxer.setPrograms(changed)));
          }
          // The times of another programme's clock say nothing about the first one's.
          const isFirst = input.programNumber === programs[0]?.programNumber;
          const time = isFirst ? timeOf(item) : undefined;
          await output.write(feed(input, item), time);
        }
        await output.write(muxer.flush());
        await output.finish();
        if (late.units > 0) {
          const text = `${late.units} units were sent too late, by up to ${Math.ceil(late.worst / 90)} ms`;
          context.post({ type: "warning", text, details: late });
        }
      },
    };
  },
});

/** The programmes in the order of their first pads; without those of whose streams nothing came. */
function programsOf(
  inputs: readonly MuxInput[],
  map: ProgramMap,
  context: ElementContext,
): MuxProgram[] {
  return [...byProgram(inputs)].flatMap(([programNumber, members]): MuxProgram[] => {
    const streams = members.flatMap((input) => input.stream ?? []);
    if (streams.length === 0) return [];
    const { pmtPid, pcr, service, provider } = map.programs.get(programNumber) ?? {};
    const pcrPid = typeof pcr === "string" ? pidOf(pcr, inputs, context) : pcr;
    const named = service !== undefined || provider !== undefined;
    return [
      {
        programNumber,
        streams,
        ...(pmtPid === undefined ? {} : { pmtPid }),
        ...(pcrPid === undefined ? {} : { pcrPid }),
        ...(named ? { service: { name: service ?? "", provider: provider ?? "" } } : {}),
      },
    ];
  });
}

function byProgram(inputs: readonly MuxInput[]): Map<number, MuxInput[]> {
  const programs = new Map<number, MuxInput[]>();
  for (const input of inputs) {
    const members = programs.get(input.programNumber) ?? [];
    programs.set(input.programNumber, [...members, input]);
  }
  return programs;
}

/** Programmes may come from different senders, each with its own time. */
function groupsOf(inputs: readonly MuxInput[]): MergeGroup[] {
  return [...byProgram(inputs).values()].map((members) =>
    members.map((input) => {
      return { index: inputs.indexOf(input), maxGap: input.sparse ? SPARSE_GAP : GAP };
    }),
  );
}

/** The steps that TsMuxer takes for jumps. */
const GAP = 10_000_000_000n;
const SPARSE_GAP = 600_000_000_000n;

function warnOfUnused(
  { pads, programs }: ProgramMap,
  inputs: readonly MuxInput[],
  context: ElementContext,
): void {
  const unused = [
    ...[...pads.keys()].filter((pad) => inputs.every(({ name }) => name !== pad)),
    ...[...programs.keys()]
      .filter((number) => inputs.every(({ programNumber }) => programNumber !== number))
      .map((number) => `programme ${number}`),
  ];
  for (const what of unused) {
    context.post({ type: "warning", text: `prog-map: nothing is linked to ${what}` });
  }
}

function pidOf(pad: string, inputs: readonly MuxInput[], context: ElementContext): number {
  const found = inputs.find(({ name }) => name === pad);
  if (found !== undefined) return found.pid;
  const text = `prog-map: nothing is linked to ${pad}, which shall have the PCR`;
  throw new PipelineError("graph", context.name, text);
}

/** `make`, whose complaints are about properties and pad names. */
function configured<T>(context: ElementContext, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PipelineError("graph", context.name, error.message, error);
  }
}

function timeOf(item: Item): bigint | undefined {
  return item.type === "buffer" ? (item.buffer.dts ?? item.buffer.pts) : undefined;
}
