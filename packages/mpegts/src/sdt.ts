import { concatBytes, FormatError, uint16 } from "@x/bits";
import { type Descriptor, decodeDescriptors, encodeDescriptors } from "./descriptor.js";
import { encodeSection, type PsiSection } from "./section.js";

/** A service of the {@link Sdt}. */
export interface SdtService {
  /** The programme's number. */
  readonly serviceId: number;
  readonly eitScheduleFlag: boolean;
  readonly eitPresentFollowingFlag: boolean;
  /** 3 bits: 0 undefined, 1 not running, 2 starts soon, 3 pausing, 4 running, 5 off-air. */
  readonly runningStatus: number;
  /** `true`: some streams are scrambled. */
  readonly freeCaMode: boolean;
  readonly descriptors: readonly Descriptor[];
  /** The six reserved bits, when they are not ones. */
  readonly reserved?: number;
}

/** One section of the service description table (EN 300 468 5.2.3). */
export interface Sdt {
  /** `true`: of the transport stream that carries it. */
  readonly actual: boolean;
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  readonly versionNumber: number;
  /** `false`: valid only later. */
  readonly currentNextIndicator: boolean;
  readonly sectionNumber: number;
  readonly lastSectionNumber: number;
  readonly services: readonly SdtService[];
  /** The reserved byte, when it is not 0xFF. */
  readonly reserved?: number;
}

/** table_id of a service description section of the actual transport stream. */
export const SDT_ACTUAL_TABLE_ID = 0x42;
/** table_id of a service description section of another transport stream. */
export const SDT_OTHER_TABLE_ID = 0x46;

const CLAUSE = "EN 300 468 5.2.3";

/**
 * The service description table in a section. Descriptor data are views.
 * @throws {FormatError} `unsupported` for another table, `truncated` when a loop or descriptor is too long
 */
export function decodeSdt(section: PsiSection): Sdt {
  const { syntax, data, tableId } = section;
  if ((tableId !== SDT_ACTUAL_TABLE_ID && tableId !== SDT_OTHER_TABLE_ID) || syntax === undefined) {
    throw new FormatError("unsupported", "not a service description section", {
      field: "tableId",
      offset: 0,
      expected: SDT_ACTUAL_TABLE_ID,
      actual: tableId,
      clause: CLAUSE,
    });
  }
  if (data.length < 3) throw truncated("originalNetworkId", 0);
  const services: SdtService[] = [];
  let at = 3;
  while (at < data.length) {
    if (at + 5 > data.length) throw truncated("serviceId", at);
    const flags = data[at + 2] as number;
    const word = uint16(data, at + 3);
    const end = at + 5 + (word & 0x0fff);
    if (end > data.length) throw truncated("descriptorsLoopLength", at + 3);
    services.push({
      serviceId: uint16(data, at),
      eitScheduleFlag: (flags & 2) !== 0,
      eitPresentFollowingFlag: (flags & 1) !== 0,
      runningStatus: word >>> 13,
      freeCaMode: (word & 0x1000) !== 0,
      descriptors: decodeDescriptors(data.subarray(at + 5, end)),
      ...(flags >>> 2 === 0x3f ? {} : { reserved: flags >>> 2 }),
    });
    at = end;
  }
  return {
    actual: tableId === SDT_ACTUAL_TABLE_ID,
    transportStreamId: syntax.tableIdExtension,
    originalNetworkId: uint16(data, 0),
    versionNumber: syntax.versionNumber,
    currentNextIndicator: syntax.currentNextIndicator,
    sectionNumber: syntax.sectionNumber,
    lastSectionNumber: syntax.lastSectionNumber,
    services,
    ...(data[2] === 0xff ? {} : { reserved: data[2] as number }),
  };
}

/**
 * Encode a service description section, CRC_32 included.
 * @throws {RangeError} when a field does not fit, or the section is above 1024 bytes
 */
export function encodeSdt(sdt: Sdt): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [
    Uint8Array.of(sdt.originalNetworkId >>> 8, sdt.originalNetworkId & 0xff, sdt.reserved ?? 0xff),
  ];
  for (const service of sdt.services) {
    const descriptors = encodeDescriptors(service.descriptors);
    pieces.push(
      Uint8Array.of(
        service.serviceId >>> 8,
        service.serviceId & 0xff,
        ((service.reserved ?? 0x3f) << 2) |
          (service.eitScheduleFlag ? 2 : 0) |
          (service.eitPresentFollowingFlag ? 1 : 0),
        (service.runningStatus << 5) | (service.freeCaMode ? 0x10 : 0) | (descriptors.length >>> 8),
        descriptors.length & 0xff,
      ),
      descriptors,
    );
  }
  const data = concatBytes(...pieces);
  if (data.length > 1012) throw new RangeError(`services of ${data.length} bytes: at most 1012`);
  return encodeSection({
    tableId: sdt.actual ? SDT_ACTUAL_TABLE_ID : SDT_OTHER_TABLE_ID,
    privateIndicator: true,
    syntax: {
      tableIdExtension: sdt.transportStreamId,
      versionNumber: sdt.versionNumber,
      currentNextIndicator: sdt.currentNextIndicator,
      sectionNumber: sdt.sectionNumber,
      lastSectionNumber: sdt.lastSectionNumber,
    },
    data,
  });
}

function truncated(field: string, at: number): FormatError<"truncated"> {
  return new FormatError("truncated", "the section ends too early", {
    field,
    offset: at + 8,
    clause: CLAUSE,
  });
}
