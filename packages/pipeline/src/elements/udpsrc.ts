import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { type MediaBuffer, mediaBuffer } from "../buffer.js";
import { always, type ElementFactory, elementFactory } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";
import { LiveQueue } from "../live-queue.js";
import { isMulticast, multicastInterface } from "../multicast.js";
import { NUM_BUFFERS_PROPERTY } from "../properties.js";

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
    uri: {
      type: "string",
      default: undefined,
      description: "udp://ADDRESS:PORT, instead of address and port",
    },
    caps: { type: "caps", default: undefined, description: "What the datagrams are" },
    "multicast-iface": {
      type: "string",
      default: undefined,
      description: "Interface on which to join the group: eth0; or several, with commas",
    },
    reuse: { type: "boolean", default: true, description: "Share a multicast port with others" },
    "buffer-size": {
      type: "integer",
      default: 0,
      min: 0,
      max: 0x7fffffff,
      description: "Bytes of the kernel's receive buffer; 0: the system's default",
    },
    "num-buffers": NUM_BUFFERS_PROPERTY,
    timeout: {
      type: "nanoseconds",
      default: 0n,
      description: "Post a message after this long without a datagram; 0: never",
    },
  },
  pads: [always("src", "ANY")],
  create(properties) {
    const { address, port } = endpoint(properties);
    return {
      async run(context) {
        const multicast = isMulticast(address);
        const socket = createSocket({
          type: isIPv6(address) ? "udp6" : "udp4",
          reuseAddr: properties.reuse && multicast,
        });
        const received = new LiveQueue<MediaBuffer>();
        let lastArrival = context.clock.now();

        socket.on("error", (error) => {
          received.end(
            new PipelineError("resource", context.name, describeSystemError(error), error),
          );
        });
        socket.on("message", (data: Uint8Array) => {
          const arrival = context.clock.now();
          lastArrival = arrival;
          const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
          received.push(mediaBuffer(bytes, { pts: arrival - context.baseTime, meta: { arrival } }));
        });
        const onStop = (): void => received.end();
        context.stopSignal.addEventListener("abort", onStop);
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
          if (multicast) join(socket, address, properties["multicast-iface"], context.name);
          if (properties["buffer-size"] > 0) socket.setRecvBufferSize(properties["buffer-size"]);
          context.post({
            type: "info",
            text: `listening on ${address}:${socket.address().port}`,
            details: { port: socket.address().port },
          });
          if (properties.caps !== undefined) await context.src().caps(properties.caps);
          if (context.stopSignal.aborted) received.end();
          for (let sent = 0; sent !== properties["num-buffers"]; sent++) {
            const buffer = await received.next();
            if (buffer === undefined) break;
            await context.src().buffer(buffer);
          }
        } finally {
          clearInterval(timer);
          context.stopSignal.removeEventListener("abort", onStop);
          socket.close();
        }
        const { dropped } = received;
        if (dropped > 0) {
          context.post({
            type: "statistics",
            text: `${dropped} datagrams were dropped: the pipeline was too slow`,
            details: { dropped },
          });
        }
      },
    };
  },
});

function endpoint(properties: {
  readonly address: string;
  readonly port: number;
  readonly uri: string | undefined;
}): { readonly address: string; readonly port: number } {
  if (properties.uri === undefined) return properties;
  const found = /^udp:\/\/@?(?:\[([\da-f:.]+)\]|([^:/?#]*)):(\d{1,5})\/?$/i.exec(properties.uri);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) {
    throw new RangeError(`"${properties.uri}" is not of the form udp://ADDRESS:PORT`);
  }
  return { address: found[1] ?? (found[2] || properties.address), port };
}

function join(
  socket: Socket,
  group: string,
  interfaces: string | undefined,
  element: string,
): void {
  const version = isIPv6(group) ? 6 : 4;
  for (const name of interfaces?.split(",") ?? [undefined]) {
    try {
      const on = name === undefined ? undefined : multicastInterface(name.trim(), version);
      socket.addMembership(group, on);
    } catch (error) {
      const message = `cannot join ${group}: ${describeSystemError(error)}`;
      throw new PipelineError("resource", element, message, error);
    }
  }
}
