// What tttocea608 and tttocea708 have in common.
import type { Cea608Report } from "@x/cea608";
import { cueText, type SchedulerEvent } from "@x/cea708";
import type { MediaBuffer } from "../buffer.js";
import type { Fraction } from "../caps.js";
import { cueOf } from "../cue-buffer.js";
import { type ElementContext, forEachItem } from "../element.js";

/** Characters of a caption by which a warning names it. */
const NAME_LENGTH = 30;

export const DEFAULT_RATE: Fraction = { numerator: 30, denominator: 1 };

/** Properties of both, of which the first changes how everything is done. */
export const TEXT_TO_CAPTIONS_PROPERTIES = {
  "gst-compat": {
    type: "boolean",
    default: false,
    description: "Byte for byte what GStreamer's element makes, late as it is, of plain text",
  },
  "origin-row": {
    type: "integer",
    default: -1,
    min: -1,
    max: 14,
    description: "First row with gst-compat; -1: as low as the text allows",
  },
  "origin-column": {
    type: "integer",
    default: 0,
    min: 0,
    max: 31,
    description: "First column with gst-compat",
  },
  "roll-up-timeout": {
    type: "nanoseconds",
    default: -1n,
    min: -1n,
    description: "When text that scrolled in is erased after its end; -1: as the mode has it",
  },
} as const;

interface CommonValues {
  readonly "origin-row": number;
  readonly "origin-column": number;
  readonly "roll-up-timeout": bigint;
}

/** The options of GStreamer's elements that both have. */
export function gstOptions(properties: CommonValues): {
  readonly originRow?: number;
  readonly originColumn: number;
  readonly rollUpTimeoutMs?: number;
} {
  const row = properties["origin-row"];
  return {
    ...(row < 0 ? {} : { originRow: row }),
    originColumn: properties["origin-column"],
    ...rollUpTimeout(properties),
  };
}

/** The option of schedulers, absent for their default. */
export function rollUpTimeout(properties: CommonValues): { readonly rollUpTimeoutMs?: number } {
  const timeout = properties["roll-up-timeout"];
  return timeout < 0n ? {} : { rollUpTimeoutMs: Number(timeout) / 1e6 };
}

/** GStreamer's way: whole cues in, at the end what is left; `send` gets the frames of each. */
export async function translateText<Frame>(
  context: ElementContext,
  translator: {
    readonly push: (startMs: number, endMs: number, text: string) => readonly Frame[];
    readonly gap: (startMs: number, endMs: number) => readonly Frame[];
    readonly flush: () => readonly Frame[];
  },
  toBuffer: (frame: Frame) => MediaBuffer,
): Promise<void> {
  const { stopSignal } = context;
  const send = async (frames: readonly Frame[]): Promise<void> => {
    for (const frame of frames) {
      if (stopSignal.aborted) return;
      await context.src().buffer(toBuffer(frame));
    }
  };
  await forEachItem(context.sink(), {
    async buffer(buffer) {
      const cue = cueOf(buffer, context.name);
      await send(translator.push(cue.startMs, cue.endMs, cueText(cue)));
    },
    async otherwise(item) {
      if (item.type !== "gap") return;
      const start = Number(item.pts) / 1e6;
      await send(translator.gap(start, start + Number(item.duration ?? 0n) / 1e6));
    },
  });
  await send(translator.flush());
}

/** What a report about line 21 says to people. */
export function line21Warning(report: Cea608Report): string {
  const { start, lines } = report.cue;
  const text = lines.flatMap((runs) => (typeof runs === "string" ? runs : plain(runs))).join(" ");
  const caption = captionName(start, text);
  switch (report.type) {
    case "late":
      return `${caption} appears ${Math.round(report.lateMs)} ms late: line 21 has no room`;
    case "split":
      return `${caption} was split into ${report.parts}: it has more rows than are shown`;
    case "unmappable":
      return `${caption} has ${characterList(report.characters)}, which CEA-608 does not have`;
    default:
      return report satisfies never;
  }
}

/** What a scheduler of CEA-708 says about a cue, `undefined` when all is well. */
export function dtvccWarning(event: SchedulerEvent): string | undefined {
  const caption = captionName(event.cue.startMs, cueText(event.cue));
  switch (event.kind) {
    case "cleared":
      return undefined;
    case "shown":
      if (event.lateFrames <= 0) return undefined;
      return `${caption} appears ${event.lateFrames} frames late: the frames have no room`;
    case "split":
      return `${caption} was split into ${event.parts}: it has more rows than fit`;
    case "unmappable":
      return `${caption} has ${characterList(event.characters)}, which CEA-708 does not have`;
    default:
      return event satisfies never;
  }
}

function plain(runs: readonly { readonly text: string }[]): string {
  return runs.map(({ text }) => text).join("");
}

/** A caption by the time that it is to appear at, and its beginning. */
function captionName(startMs: number, text: string): string {
  const ms = Math.max(0, Math.round(startMs));
  const hours = String(Math.floor(ms / 3_600_000)).padStart(2, "0");
  const time = `${hours}:${new Date(ms % 3_600_000).toISOString().slice(14, 23)}`;
  const line = text.replace(/\s+/g, " ").trim();
  const letters = [...line];
  const short =
    letters.length > NAME_LENGTH ? `${letters.slice(0, NAME_LENGTH - 1).join("")}…` : line;
  return `the caption ${JSON.stringify(short)} at ${time}`;
}

function characterList(characters: readonly string[]): string {
  return JSON.stringify(characters.join(" "));
}
