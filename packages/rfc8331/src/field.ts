import { LINE_OVERFLOW } from "@x/st291";

/** F: progressive scan, or nothing said (RFC 8331 2.1). */
export const F_PROGRESSIVE = 0b00;
/** F: not a valid value; a receiver ignores the ANC data (RFC 8331 2.1). */
export const F_INVALID = 0b01;
/** F: first field of an interlaced frame (RFC 8331 2.1). */
export const F_FIELD_1 = 0b10;
/** F: second field of an interlaced frame (RFC 8331 2.1). */
export const F_FIELD_2 = 0b11;

/** How the raster is scanned, and, when interlaced, how many lines a frame has. */
export type Scan = "progressive" | "525" | "625" | "1125";

/**
 * The F of an ancillary packet on `lineNumber`: which field the line belongs to by the F bit of the timing
 * reference (BT.656, BT.1120). `undefined` for line 0 and the special lines 7FD to 7FF of an interlaced
 * raster, and for lines that the raster does not have.
 */
export function fieldOfLine(lineNumber: number, scan: Scan): number | undefined {
  if (scan === "progressive") return F_PROGRESSIVE;
  if (lineNumber === 0 || lineNumber >= LINE_OVERFLOW) return undefined;
  const lines = Number(scan);
  if (lineNumber > lines) return undefined;
  if (scan === "525") return lineNumber <= 3 || lineNumber >= 266 ? F_FIELD_2 : F_FIELD_1;
  return lineNumber >= (scan === "625" ? 313 : 564) ? F_FIELD_2 : F_FIELD_1;
}
