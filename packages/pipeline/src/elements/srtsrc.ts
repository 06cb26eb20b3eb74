import { mediaBuffer } from "../buffer.js";
import { always, type ElementContext, type ElementFactory, elementFactory } from "../element.js";
import { NUM_BUFFERS_PROPERTY } from "../properties.js";
import { SrtEndpoint } from "../srt/srt-endpoint.js";
import { loadSrt, type SrtLoader, systemSrt } from "../srt/srt-runtime.js";
import { SRT_PROPERTIES, srtSettings } from "../srt/srt-settings.js";

/** srtsrc on the libsrt that `load` finds. */
export function srtsrcOn(load: SrtLoader): ElementFactory {
  return elementFactory({
    name: "srtsrc",
    classification: "Source/Network",
    description: "Receives messages over SRT, with the system's libsrt.",
    properties: {
      ...SRT_PROPERTIES,
      caps: { type: "caps", default: undefined, description: "What the messages are" },
      "keep-listening": {
        type: "boolean",
        default: false,
        description: "A listener waits for the next caller when one has gone, instead of ending",
      },
      "num-buffers": NUM_BUFFERS_PROPERTY,
    },
    pads: [always("src", "ANY")],
    create(properties) {
      const settings = srtSettings(properties);
      const { mode, pollTimeoutMs } = settings;
      const again = mode !== "listener" || properties["keep-listening"];

      const receive = async (context: ElementContext, endpoint: SrtEndpoint): Promise<void> => {
        const { stopSignal, clock, baseTime } = context;
        const src = context.src();
        const onTimeout = (): void =>
          context.post({ type: "timeout", text: `no data for ${pollTimeoutMs} ms` });
        let left = properties["num-buffers"];
        for await (const connection of endpoint.connections(stopSignal)) {
          try {
            for (let discont = true; left !== 0; left--, discont = false) {
              const message = await connection.receive(stopSignal, pollTimeoutMs, onTimeout);
              if (message === undefined) break;
              // When it was sent, as libsrt sees it: the network's jitter and this loop's are gone from the times.
              const arrival = clock.now() - message.age;
              const pts = arrival > baseTime ? arrival - baseTime : 0n;
              const flags = discont ? { discont } : {};
              await src.buffer(mediaBuffer(message.data, { pts, flags, meta: { arrival } }));
            }
          } finally {
            await connection.close();
          }
          if (!again || left === 0) break;
        }
      };

      return {
        async run(context) {
          const runtime = await loadSrt(load, context);
          if (properties.caps !== undefined) await context.src().caps(properties.caps);
          const endpoint = new SrtEndpoint(runtime, settings, "receive", context);
          await runtime.use(() => receive(context, endpoint));
        },
      };
    },
  });
}

export const srtsrc: ElementFactory = srtsrcOn(systemSrt());
