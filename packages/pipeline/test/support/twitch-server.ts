import { createServer, type Server, type Socket } from "node:net";
import { type MuxedTag, RtmpServerSession } from "@x/eflv/rtmp";

/** `mp4a` */
const MP4A = [0x6d, 0x70, 0x34, 0x61];

/**
 * A server that takes audio in the one form that Twitch takes: a legacy AAC track, and at most one more, enhanced, as
 * OneTrack with an id that is not 0. It looks at the bytes, not through our demuxer.
 */
export class TwitchServer {
  readonly tags: MuxedTag[] = [];
  /** Why the publisher was thrown out. */
  refusal: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #secondTrack: number | undefined;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(): Promise<TwitchServer> {
    const server = new TwitchServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const session = new RtmpServerSession();
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (chunk) => {
      for (const event of session.push(chunk)) {
        if (event.type === "send") socket.write(event.bytes);
        else if (event.type === "publish") socket.write(session.accept(event.streamId));
        else if (event.type === "end") socket.end();
        else if (event.type === "tag") {
          this.refusal ??= this.#judge(event.tag);
          if (this.refusal !== undefined) {
            socket.resetAndDestroy();
            return;
          }
          this.tags.push({ ...event.tag, data: event.tag.data.slice() });
        }
      }
    });
  }

  #judge({ tagType, data }: MuxedTag): string | undefined {
    const [first = 0, second = 0] = data;
    if (tagType === 9) {
      return first === 0x17 || first === 0x27 ? undefined : `video ${first.toString(16)}`;
    }
    if (tagType !== 8 || first === 0xaf) return undefined;
    if (first !== 0x95 || second >> 4 !== 0) return `audio ${first.toString(16)}, no OneTrack`;
    if (MP4A.some((byte, i) => data[2 + i] !== byte)) return "not AAC";
    const trackId = data[6] as number;
    if (trackId === 0) return "track 0 is the legacy one";
    this.#secondTrack ??= trackId;
    return trackId === this.#secondTrack ? undefined : "more than two audio tracks";
  }
}
