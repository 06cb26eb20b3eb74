import { mediaBuffer } from "../buffer.js";
import { type Caps, type CapsStructure, intersectCaps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PipelineError } from "../errors.js";
import { convertPicture, nearestFormat } from "../picture-convert.js";
import {
  picturesWithoutFormat,
  RAW_FORMATS,
  RAW_VIDEO_CAPS,
  type RawFormat,
  type RawVideo,
  rawVideoCaps,
  rawVideoOf,
} from "../raw-video.js";

export const videoconvert: ElementFactory = elementFactory({
  name: "videoconvert",
  classification: "Filter/Converter/Video",
  description: "Gives raw pictures the format that the elements behind want.",
  properties: {},
  pads: [always("sink", RAW_VIDEO_CAPS), always("src", RAW_VIDEO_CAPS)],
  create: () => ({
    // Any format, with what else is asked for.
    acceptedCaps: ([src]) => withAnyFormat(intersectCaps(RAW_VIDEO_CAPS, src?.peerCaps() ?? "ANY")),
    async run(context) {
      const src = context.src();
      let video: RawVideo | undefined;
      let format: RawFormat | undefined;
      await forEachItem(context.sink(), {
        async caps(offered) {
          video = rawVideoOf(offered);
          if (video === undefined) throw picturesWithoutFormat(context.name);
          const wanted = intersectCaps(withAnyFormat(offered), src.peerCaps());
          format = nearestFormat(video.format, formatsOf(wanted));
          if (format === undefined) {
            throw new PipelineError("stream", context.name, "no format is wanted that it can make");
          }
          await src.caps(rawVideoCaps({ ...video, format }));
        },
        async buffer(buffer) {
          if (video === undefined || format === undefined) {
            throw picturesWithoutFormat(context.name);
          }
          if (format.name === video.format.name) return src.buffer(buffer);
          await src.buffer(mediaBuffer(convertPicture(buffer.data, video, format), buffer));
        },
        otherwise: (item) => src.push(item),
      });
    },
  }),
});

function withAnyFormat(of: Caps): Caps {
  if (of === "ANY") return RAW_VIDEO_CAPS;
  return of.map(({ mediaType, fields }): CapsStructure => {
    return { mediaType, fields: { ...fields, format: { oneOf: [...RAW_FORMATS.keys()] } } };
  });
}

/** The formats that caps allow, in their order. */
function formatsOf(of: Caps): RawFormat[] {
  const names = (of === "ANY" ? [] : of).flatMap(({ fields: { format } }) => {
    if (typeof format === "object" && "oneOf" in format) return format.oneOf;
    return format === undefined || typeof format === "object" ? [] : [format];
  });
  return names.flatMap((name) => RAW_FORMATS.get(String(name)) ?? []);
}
