export {
  type BufferFlags,
  type BufferMeta,
  frameTime,
  type Item,
  type MediaBuffer,
  mediaBuffer,
  SECOND,
} from "./buffer.js";
export {
  type Caps,
  type CapsStructure,
  type CapsValue,
  caps,
  capsAreEmpty,
  type FixedValue,
  type Fraction,
  formatCaps,
  fractionOf,
  intersectCaps,
  mediaTypeOf,
  numberOf,
  parseCaps,
  stringOf,
} from "./caps.js";
export { type Clock, systemClock } from "./clock.js";
export {
  always,
  type Element,
  type ElementContext,
  type ElementFactory,
  elementFactory,
  forEachItem,
  type ItemHandlers,
  type PipelineMessage,
} from "./element.js";
export { appSink, appSrc } from "./elements/appsink.js";
export { describeSystemError, PipelineError } from "./errors.js";
export {
  type LaunchElement,
  type LaunchEnd,
  type LaunchGraph,
  parseLaunch,
} from "./launch-syntax.js";
export { cueOfLine21 } from "./line21-cue.js";
export type { PadTemplate, SinkPad, SrcPad } from "./pad.js";
export { type LaunchOptions, launch, type Pipeline } from "./pipeline.js";
export {
  formatProperty,
  type PropertySpec,
  type PropertySpecs,
  type PropertyValues,
  parseProperty,
} from "./properties.js";
export { elementRegistry } from "./registry.js";
