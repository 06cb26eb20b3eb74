import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { appSink, launch, type PipelineMessage } from "../src/index.js";

const srt = fileURLToPath(new URL("../../../fixtures/demo/lisbon.srt", import.meta.url));

/** The first datagrams of a transport stream. */
async function datagrams(count: number): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  await launch(
    `filesrc location="${srt}" ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc
     ! mpegtsmux alignment=7 ! datagrams`,
    {
      elements: [
        appSink("datagrams", (item) => {
          if (item.type === "buffer" && all.length < count) all.push(item.buffer.data);
        }),
      ],
    },
  ).run();
  return all;
}

test("mpegtslivesrc receives a stream whole and tells how fast the sender's clock runs", async () => {
  const messages: PipelineMessage[] = [];
  const received: Uint8Array[] = [];
  let onListening: (port: number) => void = () => {};
  const listening = new Promise<number>((resolve) => {
    onListening = resolve;
  });
  const pipeline = launch(
    "mpegtslivesrc source='udpsrc address=127.0.0.1 port=0' ! tsparse ! packets",
    {
      elements: [
        appSink("packets", (item) => {
          if (item.type === "buffer") received.push(item.buffer.data);
        }),
      ],
      onMessage(message) {
        messages.push(message);
        if (typeof message.details?.port === "number") onListening(message.details.port);
      },
    },
  );
  const running = pipeline.run();
  const port = await listening;
  const sent = await datagrams(100);
  const socket = createSocket("udp4");
  for (const datagram of sent) {
    await new Promise<void>((resolve) => socket.send(datagram, port, "127.0.0.1", () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.close();
  pipeline.stop();
  await running;

  expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
  const statistics = messages.find(({ type }) => type === "statistics");
  expect(statistics?.text).toMatch(/^the sender's clock runs .* ppm fast/);
  expect(messages.filter(({ type }) => type === "error")).toEqual([]);
});

test("without a source it cannot be built", () => {
  expect(() => launch("mpegtslivesrc ! fakesink")).toThrow(
    "mpegtslivesrc0: property source is not set",
  );
});
