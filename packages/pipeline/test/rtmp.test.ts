import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FlvFrame, FlvMuxer, FlvTagParser, type FlvTrack } from "@x/eflv";
import type { MuxedTag } from "@x/eflv/rtmp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import {
  appSink,
  appSrc,
  type Item,
  launch,
  mediaBuffer,
  type Pipeline,
  type PipelineMessage,
} from "../src/index.js";
import { selfSigned } from "./self-signed.js";
import { TwitchServer } from "./twitch-server.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-rtmp-"));
});
afterAll(() => rm(folder, { recursive: true }));

const pipelines: Pipeline[] = [];
afterEach(() => {
  for (const pipeline of pipelines.splice(0)) pipeline.abort();
});

/** A pipeline on its way: its messages, and what it ends with. */
class Running {
  readonly messages: PipelineMessage[] = [];
  readonly pipeline: Pipeline;
  readonly done: Promise<void>;
  readonly #listeners: (() => void)[] = [];

  constructor(description: string, elements: Parameters<typeof launch>[1] = {}) {
    this.pipeline = launch(description, {
      ...elements,
      onMessage: (message) => {
        this.messages.push(message);
        for (const listener of this.#listeners.splice(0)) listener();
      },
    });
    pipelines.push(this.pipeline);
    this.done = this.pipeline.run();
    this.done.catch(() => {});
  }

  /** The port, once it listens. */
  async port(): Promise<number> {
    return (await this.message(/^listening on/)).details?.port as number;
  }

  async message(pattern: RegExp): Promise<PipelineMessage> {
    for (;;) {
      const found = this.messages.find(({ text }) => pattern.test(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }
}

const TRACKS: readonly FlvTrack[] = [
  {
    kind: "video",
    id: 0,
    codec: "vp09",
    config: Uint8Array.of(1, 0, 0, 0, 0, 10, 0x82, 2, 2, 2, 0, 0),
  },
  { kind: "audio", id: 0, codec: "mp4a", config: Uint8Array.of(0x11, 0x90) },
  { kind: "audio", id: 1, codec: "mp4a", config: Uint8Array.of(0x12, 0x10) },
];

/** An FLV stream of `count` frames, 20 ms apart, key frames every five pictures; one piece for each frame. */
function flvPieces(count = 40, tracks = TRACKS): Uint8Array[] {
  const muxer = new FlvMuxer({ tracks });
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, id: trackId } = tracks[i % tracks.length] as FlvTrack;
    const data = Uint8Array.from({ length: 20 + i * 37 }, (_, at) => (at + i) & 0xff);
    const isKey = i % (5 * tracks.length) === 0;
    const frame: FlvFrame = { kind, trackId, data, ptsNs: BigInt(i) * 20_000_000n, isKey };
    pieces.push(Uint8Array.from(muxer.write(frame).flatMap((piece) => [...piece])));
  }
  return [...pieces, Uint8Array.from(muxer.end().bytes.flatMap((piece) => [...piece]))];
}

const items = (pieces: readonly Uint8Array[]): Item[] =>
  pieces.map((data) => ({ type: "buffer", buffer: mediaBuffer(data) }));

function tagsOf(pieces: readonly Uint8Array[]): MuxedTag[] {
  const parser = new FlvTagParser();
  const events = pieces.flatMap((piece) => structuredClone(parser.push(piece)));
  expect(events.filter(({ type }) => type === "issue")).toEqual([]);
  return [...events, ...parser.flush()].flatMap((event) => {
    if (event.type !== "tag") return [];
    const { tagType, timestamp, data } = event.tag;
    return [{ tagType, timestamp, data }];
  });
}

/** An element that collects buffers. */
function collector(name: string): { element: ReturnType<typeof appSink>; pieces: Uint8Array[] } {
  const pieces: Uint8Array[] = [];
  const element = appSink(name, (item) => {
    if (item.type === "buffer") pieces.push(item.buffer.data);
  });
  return { element, pieces };
}

describe("rtmpsink to rtmpsrc", () => {
  test("what is published arrives tag by tag, and both end in good order", async () => {
    const { element, pieces } = collector("out");
    const receiver = new Running("rtmpsrc mode=listen location=rtmp://127.0.0.1:0/live/key ! out", {
      elements: [element],
    });
    const port = await receiver.port();
    const sent = flvPieces();
    const sender = new Running(
      `in ! rtmpsink sync=false location=rtmp://127.0.0.1:${port}/live/key`,
      {
        elements: [appSrc("in", items(sent))],
      },
    );
    await sender.done;
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(tagsOf(sent));
    expect(receiver.messages.filter(({ type }) => type !== "info")).toEqual([]);
    expect(sender.messages).toEqual([]);
  });

  test("over TLS, with a certificate that is trusted; not with one that is not", async () => {
    const { cert, key } = selfSigned();
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);
    const { element, pieces } = collector("out");
    const receiver = new Running(
      `rtmpsrc mode=listen location=rtmps://127.0.0.1:0/live/key
       tls-certificate-file="${certFile}" tls-key-file="${keyFile}" ! out`,
      { elements: [element] },
    );
    const location = `rtmps://127.0.0.1:${await receiver.port()}/live/key`;
    const sent = flvPieces(10);
    const publish = (more: string): Running =>
      new Running(`in ! rtmpsink sync=false location=${location} ${more}`, {
        elements: [appSrc("in", items(sent))],
      });
    await expect(publish("").done).rejects.toThrow(
      /cannot connect to 127.*self-signed certificate/,
    );
    await publish(`tls-ca-file="${certFile}"`).done;
    await receiver.done;
    expect(tagsOf(pieces)).toEqual(tagsOf(sent));
  });
});

describe("profile twitch", () => {
  const file = vectorFiles("eflv").find((name) => /peers\/.*multitrack-audio\.flv$/.test(name));
  const source = `filesrc location="${vectorsRoot}/eflv/${file}" ! flvdemux name=d`;
  const servers: TwitchServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function publish(properties: string, pads: readonly string[]): Promise<TwitchServer> {
    const server = await TwitchServer.listen();
    servers.push(server);
    const links = pads.map((pad) => `d.${pad} ! queue ! m.${pad}`).join(" ");
    const sink = `rtmpsink sync=false location=rtmp://127.0.0.1:${server.port}/app/live_key`;
    await new Running(`${source} eflvmux name=m ${properties} ! ${sink} ${links}`).done;
    return server;
  }

  test("one legacy audio track and one enhanced are taken", async () => {
    const { refusal, tags } = await publish("profile=twitch", ["video", "audio", "audio_1"]);
    expect(refusal).toBeUndefined();
    const kinds = new Set(tags.map(({ tagType, data }) => `${tagType} ${data[0]?.toString(16)}`));
    expect(kinds).toEqual(new Set(["18 2", "9 17", "9 27", "8 af", "8 95"]));
  });

  test.each([
    ["profile=enhanced", ["video", "audio", "audio_1"]],
    ["profile=multitrack-all", ["video", "audio", "audio_1"]],
    ["profile=compatible", ["video", "audio", "audio_1", "audio_2"]],
  ])("%s is thrown out, and the sink says so", async (properties, pads) => {
    await expect(publish(properties, pads)).rejects.toThrow(/closed the connection/);
    expect(servers[0]?.refusal).toBeDefined();
  });

  test("a third audio track is refused before anything is sent", async () => {
    const pads = ["video", "audio", "audio_1", "audio_2"];
    await expect(publish("profile=twitch", pads)).rejects.toThrow(/m:/);
    expect(servers[0]?.tags).toEqual([]);
  });
});
