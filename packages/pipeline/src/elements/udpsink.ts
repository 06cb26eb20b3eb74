import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { SECOND } from "../buffer.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { describeSystemError, PipelineError } from "../errors.js";
import { multicastInterface } from "../multicast.js";
import { waitForPts } from "../sync.js";

export const udpsink: ElementFactory = elementFactory({
  name: "udpsink",
  classification: "Sink/Network",
  description: "Sends each buffer as one UDP datagram.",
  properties: {
    host: { type: "string", default: "localhost", description: "Host to send to" },
    port: { type: "integer", default: 5004, min: 1, max: 65_535, description: "Port to send to" },
    "bind-address": { type: "string", default: undefined, description: "Address to send from" },
    "bind-port": {
      type: "integer",
      default: 0,
      min: 0,
      max: 65_535,
      description: "Port to send from; 0: any",
    },
    ttl: { type: "integer", default: 64, min: 1, max: 255, description: "Time to live, unicast" },
    "ttl-mc": {
      type: "integer",
      default: 1,
      min: 0,
      max: 255,
      description: "Time to live, multicast",
    },
    "multicast-iface": {
      type: "string",
      default: undefined,
      description: "Interface on which multicast leaves: eth0",
    },
    loop: { type: "boolean", default: true, description: "This host hears its own multicast" },
    sync: { type: "boolean", default: true, description: "Send each buffer at its time" },
    "max-bitrate": {
      type: "integer",
      default: 0,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      description: "Bits a second at most; 0: no limit",
    },
  },
  pads: [always("sink", "ANY")],
  create: (properties) => ({
    async run(context) {
      const { host, port } = properties;
      const where = `${host}:${port}`;
      const fail = (error: unknown): PipelineError =>
        new PipelineError(
          "resource",
          context.name,
          `cannot send to ${where}: ${describeSystemError(error)}`,
          error,
        );
      // Once: a look-up for each datagram would go through the thread pool. IPv4 first, as localhost is expected to be.
      const { address, family } = await lookup(host, { verbatim: false }).catch(
        (error: unknown) => {
          throw fail(error);
        },
      );
      const version = family === 6 ? 6 : 4;
      const socket = createSocket(`udp${version}`);
      let packets = 0;
      let bytes = 0;
      try {
        await new Promise<void>((resolve, reject) => {
          socket.once("error", (error) => reject(fail(error)));
          socket.bind(properties["bind-port"], properties["bind-address"], resolve);
        });
        socket.removeAllListeners("error");
        // Later errors also come back through the callback of send.
        socket.on("error", () => {});
        socket.setTTL(properties.ttl);
        socket.setMulticastTTL(properties["ttl-mc"]);
        socket.setMulticastLoopback(properties.loop);
        const outgoing = properties["multicast-iface"];
        if (outgoing !== undefined) {
          try {
            socket.setMulticastInterface(multicastInterface(outgoing, version));
          } catch (error) {
            throw fail(error);
          }
        }
        const bitrate = BigInt(properties["max-bitrate"]);
        let free = context.clock.now();
        await forEachItem(context.sink(), {
          async buffer({ data, pts }) {
            if (properties.sync) await waitForPts(context, pts);
            if (bitrate > 0n) {
              const now = context.clock.now();
              // A timer tick of credit: sleeping for each datagram would be far slower than asked for.
              if (free > now + SECOND / 500n) {
                await waitForPts(context, free - context.baseTime);
              }
              if (free < now) free = now;
              free += (BigInt(data.length) * 8n * SECOND) / bitrate;
            }
            await new Promise<void>((resolve, reject) => {
              socket.send(data, port, address, (error) =>
                error ? reject(fail(error)) : resolve(),
              );
            });
            packets++;
            bytes += data.length;
          },
        });
      } finally {
        socket.close();
      }
      context.post({
        type: "statistics",
        text: `${packets} datagrams, ${bytes} bytes to ${where}`,
        details: { packets, bytes },
      });
    },
  }),
});
