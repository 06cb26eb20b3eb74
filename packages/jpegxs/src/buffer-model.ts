import { uint24 } from "@x/bits";
import type { CodestreamHeader } from "./header.js";
import { LEVELS, PROFILES, sublevelBits } from "./profile.js";
import { walkCodestream } from "./walk.js";

/** How much of a decoder's smoothing buffer a codestream needs, in bits. */
export interface BufferUse {
  /** The fullest that the buffer gets. */
  readonly needed: number;
  /** What profile, level and sublevel give it; `undefined` without them. */
  readonly allowed: number | undefined;
}

const SLICE_HEADER_SIZE = 6;
/** Ssbo of every profile that has a buffer. */
const BUFFER_OFFSET = 1024;

/**
 * Run a codestream through the smoothing buffer of a decoder (ISO/IEC 21122-2, buffer model): it arrives at a constant rate
 * in the time of its picture, and a precinct leaves when its last sample is due. The delay is the shortest at which nothing
 * is late; pictures before and after are taken to be alike.
 *
 * @param offset of SOC.
 * @throws {FormatError} `malformed`, `unsupported` or `truncated`.
 */
export function smoothingBuffer(bytes: Uint8Array, offset = 0): BufferUse {
  const { header, slices, length } = walkCodestream(bytes, offset);
  const { geometry, pih } = header;
  const perLine = (8 * length) / pih.hf;
  let row = 0;
  let before = 0;
  // How far precincts are ahead of a constant rate with their last byte, and how far behind before their first.
  let ahead = 0;
  let behind = 0;
  for (const slice of slices) {
    let at = offset + slice.offset + SLICE_HEADER_SIZE;
    const end = offset + slice.offset + slice.length;
    while (at < end) {
      const line = Math.min(++row * geometry.precinctHeight, pih.hf) - 1;
      for (let column = 1; column <= geometry.npx; column++) {
        at += geometry.precinctHeaderSize + uint24(bytes, at);
        const due = perLine * (line + Math.min(1, (column * geometry.cs) / pih.wf));
        const last = row === geometry.npy && column === geometry.npx;
        const after = last ? 8 * length : 8 * (at - offset);
        ahead = Math.max(ahead, after - due);
        behind = Math.max(behind, due - before);
        before = after;
      }
    }
  }
  return { needed: Math.ceil(ahead + behind), allowed: smoothingBufferSize(header) };
}

/** Bits of the smoothing buffer that a header's profile, level and sublevel have, `undefined` where one of them is open. */
export function smoothingBufferSize({ pih }: CodestreamHeader): number | undefined {
  const profile = PROFILES.find((p) => p.ppih === pih.ppih);
  const level = LEVELS.find((l) => l.code === (pih.plev & 0xfc00));
  if (profile === undefined || level === undefined || profile.nsbu === 0) return undefined;
  const bits = sublevelBits(pih.plev, profile);
  if (bits === undefined) return undefined;
  const width =
    typeof profile.columns === "number"
      ? Math.min(profile.columns, level.maxWidth)
      : level.maxWidth;
  return profile.nsbu * width * bits + BUFFER_OFFSET;
}
