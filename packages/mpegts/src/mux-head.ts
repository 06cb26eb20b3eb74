import { modulo, PTS_MODULUS } from "@x/bits";
import type { ResolvedStream } from "./mux-config.js";
import type { MuxUnit } from "./mux-options.js";
import { encodePesHeader, isPlainStreamId, sizeOfPesHeader } from "./pes-header.js";

/**
 * The header that goes before a unit's data: that of its PES packet, or the pointer_field of a section.
 * @throws {RangeError} when the data do not fit a PES packet
 */
export function headOf(unit: MuxUnit, stream: ResolvedStream): Uint8Array {
  if (stream.carriage === "sections") return Uint8Array.of(0);
  const { streamId } = stream;
  const { pts, dts = pts, data } = unit;
  const optional = {
    pesScramblingControl: 0,
    pesPriority: false,
    dataAlignmentIndicator: unit.dataAlignment ?? true,
    copyright: false,
    originalOrCopy: false,
    ...(pts === undefined ? {} : { pts: modulo(pts, PTS_MODULUS) }),
    ...(pts === undefined || dts === undefined || dts === pts
      ? {}
      : { dts: modulo(dts, PTS_MODULUS) }),
  };
  const header = isPlainStreamId(streamId)
    ? { streamId, pesPacketLength: 0 }
    : { streamId, pesPacketLength: 0, optional };
  const length = sizeOfPesHeader(header) - 6 + data.length;
  if (length > 0xffff && !stream.mayBeUnbounded) {
    throw new RangeError(`data: ${data.length} bytes do not fit a PES packet of PID ${unit.pid}`);
  }
  return encodePesHeader({ ...header, pesPacketLength: length > 0xffff ? 0 : length });
}
