export { type FormatError, type FormatIssue, isFormatError } from "@x/bits";
export { type BufferUse, smoothingBuffer } from "./buffer-model.js";
export {
  type Backend,
  type BackendName,
  type Codec,
  type CodecOptions,
  createDecoder,
  createDecoderSync,
  createEncoder,
  createEncoderSync,
  loadCodec,
  loadCodecSync,
  type WasmSource,
} from "./codec.js";
export {
  type Codestream,
  CodestreamSplitter,
  type CodestreamSplitterOptions,
  readCodestreams,
} from "./codestream-splitter.js";
export {
  type CfaPattern,
  type ColourTransformSpecification,
  cfaPattern,
  cfaRegistration,
  joinMosaic,
  type Registration,
  splitMosaic,
} from "./colour.js";
export type { KernelFamily, MemoryUse } from "./core.js";
export type {
  DecodeOptions,
  Decoder,
  DecoderOptions,
  Lines,
  Picture,
  Plane,
} from "./decoder.js";
export { type Encoder, encoderHeader, type SourcePlane } from "./encoder.js";
export type { EncoderOptions } from "./encoder-options.js";
export type { JpegXsErrorCode } from "./errors.js";
export { type Band, type Component, type Geometry, geometryOf } from "./geometry.js";
export {
  type CodestreamHeader,
  type DecodedHeader,
  decodeHeader,
  type Extension,
  encodeHeader,
  type Nonlinearity,
  sizeOfHeader,
  type Weight,
} from "./header.js";
export { Marker, markerName } from "./marker.js";
export { extendedNonlinearity } from "./nonlinearity.js";
export type { PictureHeader } from "./picture-header.js";
export {
  chooseLevel,
  describeProfile,
  LEVELS,
  type Level,
  levelName,
  PROFILES,
  type Profile,
  type ProfileDescription,
  type ProfileViolation,
  profileName,
  sublevelName,
} from "./profile.js";
export { type SamplingFormat, samplingFormat } from "./sampling.js";
export { frameLength, type SliceSpan, type Walk, walkCodestream } from "./walk.js";
export { type WeightSet, weightsFor } from "./weights.js";
