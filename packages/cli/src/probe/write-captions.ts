import { formatScc, sccLines } from "@x/cea608";
import { formatMcc, formatSrt, formatWebVtt, type MccRate } from "@x/cea708";
import { frameNumber, timeCodeAt } from "@x/st291";
import { InputError, UsageError } from "../errors.js";
import { writeOutput } from "../output-file.js";
import type { CollectedCaptions } from "./caption-collector.js";

/** Files to write captions to. */
export interface CaptionFiles {
  readonly srt?: string | undefined;
  readonly vtt?: string | undefined;
  readonly scc?: string | undefined;
  readonly mcc?: string | undefined;
  /** `service 1`, `1`, `CC1`…; default: the first service that has text. */
  readonly service?: string | undefined;
}

/**
 * Write the captions of the first stream that has any.
 * @throws {InputError} when there are none of the kind that was asked for; {UsageError} for an unknown service.
 */
export async function writeCaptions(
  collected: readonly CollectedCaptions[],
  files: CaptionFiles,
): Promise<void> {
  const { srt, vtt, scc, mcc, service } = files;
  if (srt !== undefined || vtt !== undefined) {
    const services = collected.flatMap((stream) => stream.services);
    const withText = services.filter(({ cues }) => cues.length > 0);
    const wanted =
      service === undefined
        ? withText[0]
        : withText.find(({ name }) => name === service || name === `service ${service}`);
    if (wanted === undefined && service !== undefined) {
      const names = withText.map(({ name }) => name).join(", ");
      throw new UsageError(`no captions of "${service}": there is ${names || "nothing"}`);
    }
    if (wanted === undefined) throw new InputError("no captions were found");
    if (srt !== undefined) await writeOutput(srt, formatSrt(wanted.cues));
    if (vtt !== undefined) await writeOutput(vtt, formatWebVtt(wanted.cues));
  }
  if (scc !== undefined) {
    const pairs = collected.find((stream) => stream.pairs.length > 0)?.pairs;
    if (pairs === undefined) throw new InputError("no line-21 captions were found for --scc");
    const frames = framesFromZero(pairs.map(({ frame }) => frame));
    const placed = pairs.map(({ word }, i) => ({ frame: frames[i] as number, word }));
    await writeOutput(scc, formatScc({ lines: sccLines(placed) }));
  }
  if (mcc !== undefined) {
    const stream = collected.find(({ cdps }) => cdps.length > 0);
    if (stream === undefined)
      throw new InputError("no caption distribution packets were found for --mcc");
    await writeOutput(mcc, mccOf(stream));
  }
}

/**
 * Frames that a time code can label: those before 0 come as early as they can, and push on what follows them without a
 * gap. Captions are before 0 when the first time stamp of a stream is not its earliest.
 */
function framesFromZero(frames: readonly number[]): number[] {
  let free = 0;
  return frames.map((frame) => {
    const placed = Math.max(frame, free);
    if (placed === free) free++;
    return placed;
  });
}

function mccOf({ cdps, frameRate = { numerator: 30, denominator: 1 } }: CollectedCaptions): string {
  const { numerator, denominator } = frameRate;
  const nominal = Math.round(numerator / denominator);
  const drop = denominator === 1001 && nominal !== 24;
  const frames = framesFromZero(
    cdps.map(({ timeMs }) => Math.round((timeMs * numerator) / denominator / 1000)),
  );
  const timeCodeRate = `${nominal}${drop ? "DF" : ""}` as MccRate;
  return formatMcc({
    version: timeCodeRate === "60DF" ? "2.0" : "1.0",
    timeCodeRate,
    header: [
      ["UUID", crypto.randomUUID().toUpperCase()],
      ["Creation Program", "x probe"],
    ],
    comments: [],
    lines: cdps.map(({ data }, i) => {
      const time = timeCodeAt(frames[i] as number, frameRate, drop);
      return {
        // Above 30 Hz ST 12-2 counts pairs of frames, MCC each one.
        timeCode: { ...time, frames: frameNumber(time, frameRate) },
        field: undefined,
        packetNumber: undefined,
        did: 0x61,
        sdid: 0x01,
        data,
        checksum: undefined,
      };
    }),
  });
}
