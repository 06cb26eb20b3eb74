import type { AncPacket } from "@x/st291";
import type { AncDiagnostic } from "./diagnostics.js";
import { F_INVALID } from "./field.js";
import type { ParsedPayload } from "./payload.js";

/** A diagnostic of one of the payloads of a frame. */
export interface AncFrameDiagnostic extends AncDiagnostic {
  /** 32 bits: the RTP packet. `packet` and `offset` count in its payload. */
  readonly extendedSequenceNumber: number;
}

/** One of the RTP packets that a frame came from. */
export interface AncFramePart {
  /** 32 bits. */
  readonly extendedSequenceNumber: number;
  readonly marker: boolean;
  /** ANC_Count as received; `undefined` when the payload header is cut. */
  readonly ancCount: number | undefined;
}

/** The ancillary data of one frame (progressive) or one field (interlaced). */
export interface AncFrame {
  /** RTP timestamp, 32 bits. */
  readonly timestamp: number;
  /** F; `undefined` when no packet of the frame has a valid one. */
  readonly f: number | undefined;
  /** In the order sent; empty for a keep-alive. Their words are copies, which share buffers with other packets'. */
  readonly packets: readonly AncPacket[];
  readonly rtpPackets: readonly AncFramePart[];
  /** True when no RTP packet of the frame can be missing and none was unusable. */
  readonly complete: boolean;
  readonly diagnostics: readonly AncFrameDiagnostic[];
}

/** A frame that may get more RTP packets. */
export interface OpenFrame {
  timestamp: number;
  f: number | undefined;
  packets: AncPacket[];
  rtpPackets: AncFramePart[];
  complete: boolean;
  diagnostics: AncFrameDiagnostic[];
}

/** F = 01 and a header that is cut say nothing about the field. */
export function validF(payload: ParsedPayload): number | undefined {
  const { f, diagnostics } = payload;
  const headerIsCut = diagnostics[0]?.field === "payloadHeader";
  return headerIsCut || f === F_INVALID ? undefined : f;
}

/** True when a packet with this timestamp and F goes on with the frame. */
export function belongs(frame: OpenFrame, timestamp: number, f: number | undefined): boolean {
  if (frame.timestamp !== timestamp) return false;
  return frame.f === undefined || f === undefined || frame.f === f;
}

/** Add an RTP packet's payload to its frame. */
export function append(
  frame: OpenFrame,
  payload: ParsedPayload,
  extendedSequenceNumber: number,
  marker: boolean,
): void {
  frame.rtpPackets.push({ extendedSequenceNumber, marker, ancCount: payload.ancCount });
  for (const packet of payload.packets) frame.packets.push(packet);
  for (const diagnostic of payload.diagnostics) {
    frame.diagnostics.push({ ...diagnostic, extendedSequenceNumber });
    if (diagnostic.severity === "error") frame.complete = false;
  }
}
