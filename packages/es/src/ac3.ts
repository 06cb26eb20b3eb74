import { BitReader, uint16 } from "@x/bits";
import { formatError, viewOf } from "./errors.js";

/** Header of an AC-3 or E-AC-3 syncframe, ETSI TS 102 366 4.4 and E.1.2. */
export interface Ac3Header {
  readonly codec: "ac-3" | "ec-3";
  /** In Hz. */
  readonly sampleRate: number;
  /** Audio coding mode, 0 to 7. */
  readonly acmod: number;
  readonly lfeon: boolean;
  /** Channels, the LFE channel included. */
  readonly channels: number;
  readonly frameBytes: number;
  readonly samples: number;
  readonly bsid: number;
  /** E-AC-3: 0 independent, 1 dependent, 2 independent AC-3 conversion. AC-3: 0. */
  readonly streamType: number;
  readonly substreamId: number;
}

const RATES: readonly number[] = [48000, 44100, 32000];
const CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5];
const BLOCKS: readonly number[] = [1, 2, 3, 6];
/** kbit/s for frmsizecod >> 1, TS 102 366 table 4.13. */
const BITRATES: readonly number[] = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];

/** Bytes of the longest part that {@link decodeAc3Header} reads. */
export const AC3_HEADER_BYTES = 8;

/**
 * Decode the syncframe header at `offset`; bsid tells AC-3 (up to 10) from E-AC-3 (11 to 16).
 * @throws {FormatError} `truncated`, `sync`, `reserved`
 */
export function decodeAc3Header(bytes: Uint8Array, offset = 0): Ac3Header {
  const header = viewOf(bytes, offset, AC3_HEADER_BYTES, "syncframe");
  if (uint16(header, 0) !== 0x0b77) throw formatError("sync", "is not 0x0b77", "syncword", offset);
  const bsid = (header[5] as number) >> 3;
  if (bsid > 16) throw formatError("reserved", `bsid ${bsid}`, "bsid", offset + 5);
  return bsid <= 10 ? decodeAc3(header, offset, bsid) : decodeEac3(header, offset, bsid);
}

function decodeAc3(header: Uint8Array, offset: number, bsid: number): Ac3Header {
  const reader = new BitReader(header, 4);
  const fscod = reader.read(2, "fscod");
  const frmsizecod = reader.read(6, "frmsizecod");
  const rate = RATES[fscod];
  const kbps = BITRATES[frmsizecod >> 1];
  if (rate === undefined) throw formatError("reserved", "is 3", "fscod", offset + 4);
  if (kbps === undefined) throw formatError("reserved", `${frmsizecod}`, "frmsizecod", offset + 4);
  reader.skip(8, "bsidBsmod");
  const acmod = reader.read(3, "acmod");
  if ((acmod & 1) === 1 && acmod !== 1) reader.skip(2, "cmixlev");
  if (acmod & 4) reader.skip(2, "surmixlev");
  if (acmod === 2) reader.skip(2, "dsurmod");
  const lfeon = reader.flag("lfeon");
  // bsid 9 and 10 halve and quarter the rate, not the frame's size: TS 102 366 has them as reduced rates of AC-3.
  const sampleRate = bsid === 9 ? rate / 2 : bsid === 10 ? rate / 4 : rate;
  const at44100 = 2 * (Math.floor((kbps * 96000) / 44100) + (frmsizecod & 1));
  return {
    codec: "ac-3",
    sampleRate,
    acmod,
    lfeon,
    channels: (CHANNELS[acmod] as number) + (lfeon ? 1 : 0),
    frameBytes: fscod === 0 ? 4 * kbps : fscod === 1 ? at44100 : 6 * kbps,
    samples: 1536,
    bsid,
    streamType: 0,
    substreamId: 0,
  };
}

function decodeEac3(header: Uint8Array, offset: number, bsid: number): Ac3Header {
  const reader = new BitReader(header, 2);
  const streamType = reader.read(2, "strmtyp");
  if (streamType === 3) throw formatError("reserved", "is 3", "strmtyp", offset + 2);
  const substreamId = reader.read(3, "substreamid");
  const frameBytes = 2 * (reader.read(11, "frmsiz") + 1);
  if (frameBytes < AC3_HEADER_BYTES) {
    throw formatError("reserved", `frame of ${frameBytes} bytes`, "frmsiz", offset + 2);
  }
  const fscod = reader.read(2, "fscod");
  const second = reader.read(2, fscod === 3 ? "fscod2" : "numblkscod");
  const rate = fscod === 3 ? (RATES[second] ?? 0) / 2 : (RATES[fscod] as number);
  if (rate === 0) throw formatError("reserved", "is 3", "fscod2", offset + 4);
  const acmod = reader.read(3, "acmod");
  const lfeon = reader.flag("lfeon");
  return {
    codec: "ec-3",
    sampleRate: rate,
    acmod,
    lfeon,
    channels: (CHANNELS[acmod] as number) + (lfeon ? 1 : 0),
    frameBytes,
    samples: 256 * (fscod === 3 ? 6 : (BLOCKS[second] as number)),
    bsid,
    streamType,
    substreamId,
  };
}
