// The demo's second process: receives RTP, shows what it got to the first one, writes the transport stream.
import { appSink, launch } from "@x/pipeline";
import { tap } from "./elements.mjs";

/** Acknowledge every so many datagrams: the sender keeps at most a few of these under way. */
const ACKNOWLEDGE_EVERY = 16;

const [port = "45678", transportStream = "captions.ts"] = process.argv.slice(2);
let datagrams = 0;

const count = tap("count", () => {
  if (++datagrams % ACKNOWLEDGE_EVERY === 0) send({ type: "received", datagrams });
});
/** @type {number | undefined} */
let rtpTime;
let ancPackets = 0;
const frames = tap("frames", ({ meta, flags }) => {
  if (meta.rtpTime !== rtpTime) ancPackets = 0;
  rtpTime = meta.rtpTime;
  ancPackets++;
  if (flags.marker) send({ type: "frame", rtpTime, ancPackets });
});
const cues = appSink("cues", (item) => {
  if (item.type === "buffer") send({ type: "cue", cue: item.buffer.meta.cue });
});

const pipeline = launch(
  `udpsrc address=127.0.0.1 port=${port} timeout=5000000000 ! count
   ! rtpsmpte291depay use-rtp-time=true ! frames ! tee name=t
   t. ! queue ! st2038anctocc ! cea708tott ! cues
   t. ! queue ! meta/x-st-2038,framerate=30/1 ! st2038ancmux ! mpegtsmux ! filesink location="${transportStream}"`,
  {
    elements: [count, frames, cues],
    onMessage(message) {
      if (message.type === "info" && message.details?.port !== undefined)
        send({ type: "listening" });
      else if (message.type === "warning")
        send({ type: "warning", text: `${message.element}: ${message.text}` });
    },
  },
);

// The sender says when all is sent; without it (it was killed) there is nothing left to do.
process.on("message", (message) => {
  if (message === "end") setTimeout(() => pipeline.stop(), 300);
});
process.on("disconnect", () => pipeline.abort());
process.on("SIGINT", () => {});

try {
  await pipeline.run();
  send({ type: "done", datagrams });
} catch (error) {
  send({ type: "error", text: /** @type {Error} */ (error).message });
  process.exitCode = 1;
}
process.disconnect?.();

/** @param {object} message */
function send(message) {
  if (process.connected) process.send?.(message);
}
