import { FormatError } from "@x/bits";
import { type Descriptor, decodeDescriptors, encodeDescriptors } from "./descriptor.js";
import { encodeSection, type PsiSection } from "./section.js";

/** One section of the conditional access table (ISO/IEC 13818-1 2.4.4.7). */
export interface Cat {
  readonly versionNumber: number;
  /** `false`: valid only later. */
  readonly currentNextIndicator: boolean;
  readonly sectionNumber: number;
  readonly lastSectionNumber: number;
  readonly descriptors: readonly Descriptor[];
  /** The 16 reserved bits in the place of table_id_extension, when they are not ones. */
  readonly reserved?: number;
}

/** table_id of a conditional access section. */
export const CAT_TABLE_ID = 0x01;

/**
 * The conditional access table in a section. Descriptor data are views.
 * @throws {FormatError} `unsupported` for another table, `truncated` when a descriptor is too long
 */
export function decodeCat(section: PsiSection): Cat {
  const { syntax, data, tableId } = section;
  if (tableId !== CAT_TABLE_ID || syntax === undefined) {
    throw new FormatError("unsupported", "not a conditional access section", {
      field: "tableId",
      offset: 0,
      expected: CAT_TABLE_ID,
      actual: tableId,
      clause: "ISO/IEC 13818-1 2.4.4.7",
    });
  }
  const { versionNumber, currentNextIndicator, sectionNumber, lastSectionNumber } = syntax;
  return {
    versionNumber,
    currentNextIndicator,
    sectionNumber,
    lastSectionNumber,
    descriptors: decodeDescriptors(data),
    ...(syntax.tableIdExtension === 0xffff ? {} : { reserved: syntax.tableIdExtension }),
  };
}

/**
 * Encode a conditional access section, CRC_32 included.
 * @throws {RangeError} when a field does not fit, or the section is above 1024 bytes
 */
export function encodeCat(cat: Cat): Uint8Array<ArrayBuffer> {
  const data = encodeDescriptors(cat.descriptors);
  if (data.length > 1012) throw new RangeError(`descriptors of ${data.length} bytes: at most 1012`);
  return encodeSection({
    tableId: CAT_TABLE_ID,
    privateIndicator: false,
    syntax: {
      tableIdExtension: cat.reserved ?? 0xffff,
      versionNumber: cat.versionNumber,
      currentNextIndicator: cat.currentNextIndicator,
      sectionNumber: cat.sectionNumber,
      lastSectionNumber: cat.lastSectionNumber,
    },
    data,
  });
}
