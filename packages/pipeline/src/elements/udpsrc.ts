import { createSocket, type RemoteInfo } from "node:dgram";
import { isIPv6 } from "node:net";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";

/** Datagrams that wait for the pipeline at most; the newest is dropped beyond, and counted. */
const MAX_WAITING = 4096;

export const udpsrc: ElementFactory = elementFactory({
  name: "udpsrc",
  classification: "Source/Network",
  description: "Receives UDP datagrams, one a buffer, stamped with their time of arrival.",
  properties: {
    address: { type: "string", default: "0.0.0.0", description: "Address to listen on, or group" },
    port: {
      type: "integer",
      default: 5004,
      min: 0,
      max: 65_535,
      description: "Port to listen on; 0: any",
    },
    caps: { type: "caps", default: undefined, description: "What the datagrams are" },
    "multicast-iface": {
      type: "string",
      default: undefined,
      description: "Interface of the group",
    },
    reuse: { type: "boolean", default: true, description: "Share a multicast port with others" },
    "buffer-size": {
      type: "integer",
      default: 0,
      min: 0,
      max: 0x7fffffff,
      description: "Bytes of the kernel's receive buffer; 0: the system's default",
    },
    timeout: {
      type: "nanoseconds",
      default: 0n,
      description: "Post a message after this long without a datagram; 0: never",
    },
  },
  pads: [always("src", "ANY")],
  create: (properties) => ({
    async run(context) {
      const { address, port } = properties;
      const multicast = isMulticast(address);
      const socket = createSocket({
        type: isIPv6(address) ? "udp6" : "udp4",
        reuseAddr: properties.reuse && multicast,
      });
      const waiting: MediaBuffer[] = [];
      let dropped = 0;
      let failure: unknown;
      let wake: (() => void) | undefined;
      const onEvent = (): void => wake?.();
      let lastArrival = context.clock.now();

      socket.on("error", (error) => {
        failure = error;
        onEvent();
      });
      socket.on("message", (data: Uint8Array, _from: RemoteInfo) => {
        const arrival = context.clock.now();
        lastArrival = arrival;
        if (waiting.length >= MAX_WAITING) {
          dropped++;
          return;
        }
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        waiting.push(mediaBuffer(bytes, { pts: arrival - context.baseTime, meta: { arrival } }));
        onEvent();
      });
      context.signal.addEventListener("abort", onEvent);
      context.stopSignal.addEventListener("abort", onEvent);
      const timeout = Number(properties.timeout) / 1e6;
      const timer =
        timeout > 0
          ? setInterval(
              () => {
                if (context.clock.now() - lastArrival < properties.timeout) return;
                lastArrival = context.clock.now();
                context.post({ type: "timeout", text: `no datagram for ${timeout} ms` });
              },
              Math.max(1, timeout / 4),
            )
          : undefined;
      try {
        await new Promise<void>((resolve, reject) => {
          socket.once("error", reject);
          socket.bind(port, multicast ? undefined : address, resolve);
        }).catch((error: unknown) => {
          const message = `cannot listen on ${address}:${port}: ${describeSystemError(error)}`;
          throw new PipelineError("resource", context.name, message, error);
        });
        if (multicast) socket.addMembership(address, properties["multicast-iface"]);
        if (properties["buffer-size"] > 0) socket.setRecvBufferSize(properties["buffer-size"]);
        context.post({
          type: "info",
          text: `listening on ${address}:${socket.address().port}`,
          details: { port: socket.address().port },
        });
        if (properties.caps !== undefined) await context.src().caps(properties.caps);
        for (;;) {
          const buffer = waiting.shift();
          if (buffer !== undefined) {
            await context.src().buffer(buffer);
          } else if (failure !== undefined) {
            throw new PipelineError(
              "resource",
              context.name,
              describeSystemError(failure),
              failure,
            );
          } else if (context.stopSignal.aborted) {
            break;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        clearInterval(timer);
        context.signal.removeEventListener("abort", onEvent);
        context.stopSignal.removeEventListener("abort", onEvent);
        socket.close();
      }
      if (dropped > 0) {
        context.post({
          type: "statistics",
          text: `${dropped} datagrams were dropped: the pipeline was too slow`,
          details: { dropped },
        });
      }
    },
  }),
});

function isMulticast(address: string): boolean {
  const first = Number(address.split(".")[0]);
  return isIPv6(address) ? /^ff/i.test(address) : first >= 224 && first < 240;
}
