import type { ElementFactory } from "./element.js";
import { capsfilter } from "./elements/capsfilter.js";
import { ccconverter } from "./elements/ccconverter.js";
import { cctost2038anc } from "./elements/cctost2038anc.js";
import { cea608tott } from "./elements/cea608tott.js";
import { cea708tott } from "./elements/cea708tott.js";
import { clocksync } from "./elements/clocksync.js";
import { fakesink } from "./elements/fakesink.js";
import { fdsink } from "./elements/fdsink.js";
import { filesink } from "./elements/filesink.js";
import { filesrc } from "./elements/filesrc.js";
import { identity } from "./elements/identity.js";
import { mccenc } from "./elements/mccenc.js";
import { mccparse } from "./elements/mccparse.js";
import { mpegtsmux } from "./elements/mpegtsmux.js";
import { queue } from "./elements/queue.js";
import { rtpsmpte291depay } from "./elements/rtpsmpte291depay.js";
import { rtpsmpte291pay } from "./elements/rtpsmpte291pay.js";
import { rtspsrc } from "./elements/rtspsrc.js";
import { sccenc } from "./elements/sccenc.js";
import { sccparse } from "./elements/sccparse.js";
import { st2038ancdemux } from "./elements/st2038ancdemux.js";
import { st2038ancmux } from "./elements/st2038ancmux.js";
import { st2038anctocc } from "./elements/st2038anctocc.js";
import { subparse } from "./elements/subparse.js";
import { tee } from "./elements/tee.js";
import { tsdemux } from "./elements/tsdemux.js";
import { tsparse } from "./elements/tsparse.js";
import { tttocea608 } from "./elements/tttocea608.js";
import { tttocea708 } from "./elements/tttocea708.js";
import { udpsink } from "./elements/udpsink.js";
import { udpsrc } from "./elements/udpsrc.js";

/** Every element by name, in the order of a stream: sources, generic, captions, ancillary data, network, sinks. */
export const elementRegistry: ReadonlyMap<string, ElementFactory> = new Map(
  [
    filesrc,
    udpsrc,
    rtspsrc,
    capsfilter,
    identity,
    clocksync,
    queue,
    tee,
    subparse,
    tttocea608,
    tttocea708,
    ccconverter,
    cea608tott,
    cea708tott,
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
    udpsink,
    filesink,
    fdsink,
    fakesink,
  ].map((factory) => [factory.name, factory]),
);
