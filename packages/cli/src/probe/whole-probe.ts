import { concatBytes } from "@x/bits";
import { cueText, isFormatError, parseSubtitles } from "@x/cea708";
import { parseUnit } from "@x/st2038";
import type { InputError } from "../errors.js";
import { AncCollector } from "./anc-collector.js";
import { probeCaptionFile } from "./caption-file-probe.js";
import type { FormatProbe } from "./format-probe.js";
import type { ProbeFindings, ProbeReport } from "./report.js";

/** Formats that are read whole are small. */
const MAX_WHOLE = 1 << 28;

/** Looks through what can only be told when all of it is there: caption files and dumps of ST 2038 records. */
export class WholeProbe implements FormatProbe {
  #kind: ProbeReport["kind"] = "subtitles";
  readonly #notKnown: () => InputError;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** `notKnown`: the error when it is none of these. */
  constructor(notKnown: () => InputError) {
    this.#notKnown = notKnown;
  }

  get kind(): ProbeReport["kind"] {
    return this.#kind;
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_WHOLE) throw this.#notKnown();
    this.#chunks.push(chunk);
  }

  finish(findings: ProbeFindings): void {
    const bytes = concatBytes(...this.#chunks);
    if (probeCaptionFile(bytes, findings)) this.#kind = "captions";
    else if (probeUnits(bytes, findings)) this.#kind = "st2038";
    else this.#subtitles(bytes, findings);
  }

  #subtitles(bytes: Uint8Array, findings: ProbeFindings): void {
    try {
      const { cues } = parseSubtitles(bytes);
      findings.collected.push({
        services: [{ name: "subtitles", language: undefined, cues }],
        pairs: [],
        cdps: [],
        frameRate: undefined,
      });
      findings.captions.push({
        label: "subtitles",
        services: [],
        cues: cues.map((cue) => ({
          service: undefined,
          startMs: cue.startMs,
          endMs: cue.endMs,
          text: cueText(cue),
        })),
      });
    } catch (error) {
      if (!isFormatError(error)) throw error;
      throw this.#notKnown();
    }
  }
}

/** Records of ST 2038 one behind the other, as a PES payload or a dump of several has them. */
export function hasRecords({ packets, diagnostics }: ReturnType<typeof parseUnit>): boolean {
  const whole = packets.filter(({ words }) => words.length > 0).length;
  const wrong = diagnostics.filter(({ code }) => code === "checksum").length;
  // Random bytes give a record now and then, but never mostly right checksums.
  return whole > 0 && wrong * 2 <= whole;
}

function probeUnits(bytes: Uint8Array, findings: ProbeFindings): boolean {
  const unit = parseUnit(bytes);
  if (!hasRecords(unit)) return false;
  const { packets, diagnostics, unparsedBytes } = unit;
  const collector = new AncCollector();
  for (const { code } of diagnostics) collector.issue(code);
  collector.push(packets, 0);
  collector.finish("ST 2038 records", findings);
  if (unparsedBytes > 0) {
    findings.problems.push(
      `${unparsedBytes} bytes from offset ${bytes.length - unparsedBytes} on are no records`,
    );
  }
  return true;
}
