import type { CapsStructure, CapsValue } from "../caps.js";

/** The property prog-map of mpegtsmux, in GStreamer's words. */
export interface ProgramMap {
  /** Programme of each pad that is named. */
  readonly pads: ReadonlyMap<string, number>;
  readonly programs: ReadonlyMap<number, MappedProgram>;
}

/** What the map says of a programme. */
export interface MappedProgram {
  pmtPid?: number;
  /** A pad's name, or a PID. */
  pcr?: string | number;
  service?: string;
  provider?: string;
}

/**
 * Read a programme map: `sink_300=1` puts a pad into programme 1, `PMT_1=4096` gives its map a PID, `PCR_1=sink_300` its
 * clock to a pad's stream. `SERVICE_1="News"` and `PROVIDER_1="X"`, which GStreamer does not know, name it in a service
 * description table.
 * @throws {RangeError} with one sentence
 */
export function readProgramMap(fields: CapsStructure["fields"] = {}): ProgramMap {
  const pads = new Map<string, number>();
  const programs = new Map<number, MappedProgram>();
  for (const [key, value] of Object.entries(fields)) {
    if (/^sink_\d+$/.test(key)) {
      pads.set(key, integer(key, value, 1, 0xffff));
      continue;
    }
    const found = /^(PMT|PCR|SERVICE|PROVIDER)_(\d+)$/.exec(key);
    if (found === null) {
      throw new RangeError(`${key} is none of sink_N, PMT_N, PCR_N, SERVICE_N and PROVIDER_N`);
    }
    const number = Number(found[2]);
    const program = programs.get(number) ?? {};
    programs.set(number, program);
    if (found[1] === "PMT") program.pmtPid = integer(key, value, 0x10, 0x1ffe);
    else if (found[1] === "SERVICE") program.service = text(key, value);
    else if (found[1] === "PROVIDER") program.provider = text(key, value);
    else program.pcr = typeof value === "string" ? value : integer(key, value, 0x10, 0x1ffe);
  }
  return { pads, programs };
}

function integer(key: string, value: CapsValue, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${key} is not an integer from ${min} to ${max}`);
  }
  return value;
}

function text(key: string, value: CapsValue): string {
  if (typeof value !== "string" && typeof value !== "number") {
    throw new RangeError(`${key} is no text`);
  }
  return String(value);
}
