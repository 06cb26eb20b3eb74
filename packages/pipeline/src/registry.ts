import type { ElementFactory } from "./element.js";
import { aacparse, ac3parse, mp3parse } from "./elements/audio-parsers.js";
import { av1parse } from "./elements/av1parse.js";
import { capsfilter } from "./elements/capsfilter.js";
import { cccombiner } from "./elements/cccombiner.js";
import { ccconverter } from "./elements/ccconverter.js";
import { ccextractor } from "./elements/ccextractor.js";
import { cctost2038anc } from "./elements/cctost2038anc.js";
import { cea608overlay } from "./elements/cea608overlay.js";
import { cea608tocea708 } from "./elements/cea608tocea708.js";
import { cea608tott } from "./elements/cea608tott.js";
import { cea708overlay } from "./elements/cea708overlay.js";
import { cea708tott } from "./elements/cea708tott.js";
import { clocksync } from "./elements/clocksync.js";
import { fakesink } from "./elements/fakesink.js";
import { fakesrc } from "./elements/fakesrc.js";
import { fdsink } from "./elements/fdsink.js";
import { fdsrc } from "./elements/fdsrc.js";
import { filesink } from "./elements/filesink.js";
import { filesrc } from "./elements/filesrc.js";
import { flvdemux } from "./elements/flvdemux.js";
import { eflvmux, flvmux } from "./elements/flvmux.js";
import { identity } from "./elements/identity.js";
import { ivfparse } from "./elements/ivfparse.js";
import { jpegxsdec, jpegxsenc, svtjpegxsdec, svtjpegxsenc } from "./elements/jpegxs.js";
import { mccenc } from "./elements/mccenc.js";
import { mccparse } from "./elements/mccparse.js";
import { mpegtslivesrc } from "./elements/mpegtslivesrc.js";
import { mpegtsmux } from "./elements/mpegtsmux.js";
import { flacparse, opusparse } from "./elements/ogg-audio-parsers.js";
import { pngdec, pngenc } from "./elements/png.js";
import { queue } from "./elements/queue.js";
import { rawvideoparse } from "./elements/rawvideoparse.js";
import { rtmpsink } from "./elements/rtmpsink.js";
import { rtmpsrc } from "./elements/rtmpsrc.js";
import { rtpsmpte291depay } from "./elements/rtpsmpte291depay.js";
import { rtpsmpte291pay } from "./elements/rtpsmpte291pay.js";
import { rtspsrc } from "./elements/rtspsrc.js";
import { sccenc } from "./elements/sccenc.js";
import { sccparse } from "./elements/sccparse.js";
import { srtsink } from "./elements/srtsink.js";
import { srtsrc } from "./elements/srtsrc.js";
import { st2038ancdemux } from "./elements/st2038ancdemux.js";
import { st2038ancmux } from "./elements/st2038ancmux.js";
import { st2038anctocc } from "./elements/st2038anctocc.js";
import { subparse } from "./elements/subparse.js";
import { srtenc, webvttenc } from "./elements/subtitle-encoders.js";
import { taginject } from "./elements/taginject.js";
import { tee } from "./elements/tee.js";
import { tsdemux } from "./elements/tsdemux.js";
import { tsparse } from "./elements/tsparse.js";
import { tttocea608 } from "./elements/tttocea608.js";
import { tttocea708 } from "./elements/tttocea708.js";
import { udpsink } from "./elements/udpsink.js";
import { udpsrc } from "./elements/udpsrc.js";

import {
  h264ccextractor,
  h264ccinserter,
  h265ccextractor,
  h265ccinserter,
} from "./elements/video-captions.js";
import { h264parse, h265parse } from "./elements/video-parsers.js";
import { videoconvert } from "./elements/videoconvert.js";
import { videotestsrc } from "./elements/videotestsrc.js";
import { y4mdec, y4menc } from "./elements/y4m.js";

/** Every element by name, in the order of a stream: sources, generic, captions, ancillary data, network, sinks. */
export const elementRegistry: ReadonlyMap<string, ElementFactory> = new Map(
  [
    filesrc,
    fdsrc,
    udpsrc,
    srtsrc,
    rtspsrc,
    rtmpsrc,
    mpegtslivesrc,
    videotestsrc,
    fakesrc,
    capsfilter,
    identity,
    taginject,
    clocksync,
    queue,
    tee,
    subparse,
    srtenc,
    webvttenc,
    tttocea608,
    tttocea708,
    ccconverter,
    cccombiner,
    ccextractor,
    h264ccextractor,
    h264ccinserter,
    h265ccextractor,
    h265ccinserter,
    cea608tocea708,
    cea608tott,
    cea708tott,
    cea608overlay,
    cea708overlay,
    sccparse,
    sccenc,
    mccparse,
    mccenc,
    cctost2038anc,
    st2038anctocc,
    st2038ancmux,
    st2038ancdemux,
    rtpsmpte291pay,
    rtpsmpte291depay,
    mpegtsmux,
    tsdemux,
    tsparse,
    flvmux,
    eflvmux,
    flvdemux,
    aacparse,
    mp3parse,
    ac3parse,
    opusparse,
    flacparse,
    h264parse,
    h265parse,
    av1parse,
    ivfparse,
    rawvideoparse,
    videoconvert,
    y4mdec,
    y4menc,
    pngdec,
    pngenc,
    jpegxsdec,
    jpegxsenc,
    svtjpegxsdec,
    svtjpegxsenc,
    udpsink,
    rtmpsink,
    srtsink,
    filesink,
    fdsink,
    fakesink,
  ].map((factory) => [factory.name, factory]),
);
