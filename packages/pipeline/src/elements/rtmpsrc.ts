import { always, type ElementFactory, elementFactory } from "../element.js";
import { PipelineError, StoppedError } from "../errors.js";
import { LostConnection } from "../rtmp/connection.js";
import { FlvOutput } from "../rtmp/flv-output.js";
import { RtmpPlayback } from "../rtmp/playback.js";
import { RtmpReception } from "../rtmp/reception.js";
import { FLV_CAPS, RTMP_PROPERTIES, rtmpSettings } from "../rtmp/settings.js";

export const rtmpsrc: ElementFactory = elementFactory({
  name: "rtmpsrc",
  classification: "Source/Network",
  description:
    "Plays from an RTMP server, over TCP or TLS; or takes what a publisher sends. Gives FLV.",
  properties: {
    ...RTMP_PROPERTIES,
    mode: {
      type: "enum",
      default: "play",
      values: ["play", "listen"],
      description: "play: from the server at location; listen: wait there for a publisher",
    },
    "idle-timeout": {
      type: "integer",
      default: 0,
      min: 0,
      max: 86_400,
      description: "Seconds without anything after which the other side is given up; 0: never",
    },
    "no-eof-is-error": {
      type: "boolean",
      default: false,
      description: "A connection that closes without a word is an error, not the end",
    },
  },
  pads: [always("src", FLV_CAPS)],
  create(properties) {
    const settings = rtmpSettings(properties);
    const idle = properties["idle-timeout"];
    const idleMs = idle === 0 ? undefined : idle * 1000;
    return {
      async run(context) {
        const output = new FlvOutput(context);
        const inlet =
          properties.mode === "listen"
            ? new RtmpReception({ settings, idleMs }, context, output)
            : new RtmpPlayback({ settings, idleMs }, context, output);
        const onStop = (): void => inlet.stop();
        const onAbort = (): void => inlet.destroy();
        context.stopSignal.addEventListener("abort", onStop);
        context.signal.addEventListener("abort", onAbort);
        try {
          await context.src().caps(FLV_CAPS);
          if (context.stopSignal.aborted) return;
          const loss = await inlet.run();
          if (loss === undefined) return;
          const isMild = loss instanceof LostConnection && !properties["no-eof-is-error"];
          if (!isMild) throw loss;
          context.post({ type: "warning", text: loss.message });
        } catch (error) {
          if (error instanceof StoppedError && context.stopSignal.aborted) return;
          if (error instanceof StoppedError || error instanceof PipelineError) throw error;
          throw new PipelineError("resource", context.name, (error as Error).message, error);
        } finally {
          context.stopSignal.removeEventListener("abort", onStop);
          context.signal.removeEventListener("abort", onAbort);
          inlet.destroy();
        }
      },
    };
  },
});
