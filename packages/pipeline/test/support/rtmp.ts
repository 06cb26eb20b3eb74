import { createServer, type Server, type Socket } from "node:net";
import { concatBytes } from "@x/bits";
import { type FlvFrame, FlvMuxer, FlvTagParser, type FlvTrack } from "@x/eflv";
import {
  type MuxedTag,
  type RtmpServerEvent,
  type RtmpServerOptions,
  RtmpServerSession,
} from "@x/eflv/rtmp";
import { expect } from "vitest";
import {
  appSink,
  type Item,
  launch,
  mediaBuffer,
  type Pipeline,
  type PipelineMessage,
} from "../../src/index.js";

const pipelines: Pipeline[] = [];

const servers: Server[] = [];
const sockets: Socket[] = [];

/** For `afterEach`: nothing goes on. */
export function abortAll(): void {
  for (const pipeline of pipelines.splice(0)) pipeline.abort();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
}

/** A connection of the test's own. */
export function owned(socket: Socket): Socket {
  sockets.push(socket);
  return socket.on("error", () => {});
}

/** A server whose connections are the test's. */
export async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onSocket(owned(socket)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** A server that speaks RTMP and grants everything; true from `on`: the test has dealt with the event. */
export function serveRtmp(
  on: (event: RtmpServerEvent, session: RtmpServerSession, socket: Socket) => boolean,
  options: RtmpServerOptions = {},
): Promise<number> {
  return serve((socket) => {
    const session = new RtmpServerSession(options);
    socket.on("data", (chunk) => {
      for (const event of session.push(chunk)) {
        if (on(event, session, socket)) continue;
        if (event.type === "send") socket.write(event.bytes);
        else if (event.type === "publish" || event.type === "play") {
          socket.write(session.accept(event.streamId));
        } else if (event.type === "end") socket.end();
      }
    });
  });
}

/** A pipeline on its way: its messages, and what it ends with. */
export class Running {
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
export function flvPieces(count = 40, tracks: readonly FlvTrack[] = TRACKS): Uint8Array[] {
  const muxer = new FlvMuxer({ tracks });
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, id: trackId } = tracks[i % tracks.length] as FlvTrack;
    const data = Uint8Array.from({ length: 20 + i * 37 }, (_, at) => (at + i) & 0xff);
    const isKey = i % (5 * tracks.length) === 0;
    const frame: FlvFrame = { kind, trackId, data, ptsNs: BigInt(i) * 20_000_000n, isKey };
    pieces.push(concatBytes(...muxer.write(frame)));
  }
  return [...pieces, concatBytes(...muxer.end().bytes)];
}

export const items = (pieces: readonly Uint8Array[]): Item[] =>
  pieces.map((data) => ({ type: "buffer", buffer: mediaBuffer(data) }));

export function tagsOf(pieces: readonly Uint8Array[]): MuxedTag[] {
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
export function collector(name: string): {
  element: ReturnType<typeof appSink>;
  pieces: Uint8Array[];
} {
  const pieces: Uint8Array[] = [];
  const element = appSink(name, (item) => {
    if (item.type === "buffer") pieces.push(item.buffer.data);
  });
  return { element, pieces };
}
