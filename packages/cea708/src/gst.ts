export {
  type GstCaptionFormat,
  GstCcConverter,
  type GstCcConverterOptions,
} from "./gst-ccconverter.js";
export {
  type GstFrame,
  type GstTextCue,
  GstTextTo708,
  type GstTextTo708Options,
} from "./gst-tttocea708.js";
