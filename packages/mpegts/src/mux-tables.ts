import { concatBytes } from "@x/bits";
import { PAT_PID, SDT_PID } from "./constants.js";
import type { ResolvedProgram } from "./mux-config.js";
import { encodePat } from "./pat.js";
import { encodePmt } from "./pmt.js";
import { encodeSdt } from "./sdt.js";

/** A table to repeat: its sections in order. */
export interface MuxTable {
  readonly pid: number;
  readonly sections: readonly Uint8Array[];
}

const PROGRAMS_PER_SECTION = 253;
const SERVICE_TAG = 0x48;

/** PAT, PMTs and, when a programme has a service, the SDT. */
export function muxTables(
  programs: readonly ResolvedProgram[],
  transportStreamId: number,
  versionNumber: number,
): MuxTable[] {
  const tables: MuxTable[] = [
    { pid: PAT_PID, sections: patSections(programs, transportStreamId, versionNumber) },
  ];
  for (const program of programs) {
    const section = encodePmt({
      programNumber: program.programNumber,
      versionNumber,
      currentNextIndicator: true,
      pcrPid: program.pcrPid,
      descriptors: program.descriptors,
      streams: program.streams.map(({ streamType, pid, descriptors }) => ({
        streamType,
        elementaryPid: pid,
        descriptors,
      })),
    });
    tables.push({ pid: program.pmtPid, sections: [section] });
  }
  if (programs.some((program) => program.service !== undefined)) {
    const sections = [sdtSection(programs, transportStreamId, versionNumber)];
    tables.push({ pid: SDT_PID, sections });
  }
  return tables;
}

function patSections(
  programs: readonly ResolvedProgram[],
  transportStreamId: number,
  versionNumber: number,
): Uint8Array[] {
  const lastSectionNumber = Math.ceil(programs.length / PROGRAMS_PER_SECTION) - 1;
  const sections: Uint8Array[] = [];
  for (let sectionNumber = 0; sectionNumber <= lastSectionNumber; sectionNumber++) {
    const from = sectionNumber * PROGRAMS_PER_SECTION;
    sections.push(
      encodePat({
        transportStreamId,
        versionNumber,
        currentNextIndicator: true,
        sectionNumber,
        lastSectionNumber,
        programs: programs
          .slice(from, from + PROGRAMS_PER_SECTION)
          .map(({ programNumber, pmtPid }) => ({ programNumber, pid: pmtPid })),
      }),
    );
  }
  return sections;
}

function sdtSection(
  programs: readonly ResolvedProgram[],
  transportStreamId: number,
  versionNumber: number,
): Uint8Array {
  return encodeSdt({
    actual: true,
    transportStreamId,
    originalNetworkId: 0xff01,
    versionNumber,
    currentNextIndicator: true,
    sectionNumber: 0,
    lastSectionNumber: 0,
    services: programs.flatMap(({ programNumber, service }) =>
      service === undefined
        ? []
        : [
            {
              serviceId: programNumber,
              eitScheduleFlag: false,
              eitPresentFollowingFlag: false,
              runningStatus: 4,
              freeCaMode: false,
              descriptors: [serviceDescriptor(service)],
            },
          ],
    ),
  });
}

/** EN 300 468 6.2.33. */
function serviceDescriptor(service: NonNullable<ResolvedProgram["service"]>): {
  descriptorTag: number;
  data: Uint8Array;
} {
  const provider = dvbText(service.provider ?? "");
  const name = dvbText(service.name);
  const data = concatBytes(
    Uint8Array.of(service.type ?? 1, provider.length),
    provider,
    Uint8Array.of(name.length),
    name,
  );
  return { descriptorTag: SERVICE_TAG, data };
}

/** EN 300 468 annex A: ASCII as it is, anything else as UTF-8 behind 0x15. */
function dvbText(text: string): Uint8Array {
  const bytes: number[] = [];
  let ascii = true;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code > 0x7e) ascii = false;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    } else {
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
    }
  }
  const all = ascii ? bytes : [0x15, ...bytes];
  if (all.length > 120) throw new RangeError(`service: ${text} is longer than 120 bytes`);
  return Uint8Array.from(all);
}
