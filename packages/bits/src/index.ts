export { BitReader } from "./bit-reader.js";
export { BitWriter } from "./bit-writer.js";
export {
  concatBytes,
  equalBytes,
  PendingBytes,
  plain,
  uint16,
  uint24,
  uint32,
} from "./bytes.js";
export { crc32Mpeg } from "./crc32.js";
export {
  FormatError,
  type FormatErrorDetails,
  type FormatIssue,
  isFormatError,
} from "./format-error.js";
export {
  decodeRtpHeader,
  encodeRtpHeaderInto,
  RTP_HEADER_SIZE,
  type RtpHeader,
  type RtpHeaderFields,
} from "./rtp-header.js";
export { hmacSha256, SHA256_BYTES, sha256 } from "./sha256.js";
export {
  packTenBitWords,
  packTenBitWordsInto,
  sizeOfTenBitWords,
  unpackTenBitWords,
  unpackTenBitWordsInto,
} from "./ten-bit.js";
export {
  PCR_MODULUS,
  PTS_MODULUS,
  readPcr,
  readTimestamp,
  writePcr,
  writeTimestamp,
} from "./timestamps.js";
export { modulo, Unwrapper, wrapDiff } from "./wrap.js";
