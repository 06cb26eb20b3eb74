// The client with real sockets: what a user of the package writes, in full.
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import {
  RtspClient,
  type RtspClientError,
  type RtspClientOptions,
  type RtspEvent,
} from "../src/index.js";

export interface Played {
  readonly events: readonly RtspEvent[];
  readonly error: RtspClientError | undefined;
  /** Frames and datagrams by medium. */
  readonly packets: ReadonlyMap<number, number>;
  readonly client: RtspClient;
}

/** Play `url` until `until` is true, then tear down; resolves at `closed`. */
export function play(
  url: string,
  options: RtspClientOptions = {},
  until: (packets: ReadonlyMap<number, number>, client: RtspClient) => boolean = (packets) =>
    packets.size > 0,
): Promise<Played> {
  const client = new RtspClient(url, options);
  const events: RtspEvent[] = [];
  const packets = new Map<number, number>();
  const udp = new Map<number, UdpSocket[]>();
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  const now = (): number => performance.now();

  return new Promise((resolve) => {
    const count = (media: number | undefined): void => {
      if (media === undefined) return;
      packets.set(media, (packets.get(media) ?? 0) + 1);
      if (client.state === "playing" && until(packets, client)) handle(client.teardown(now()));
    };

    const open = ({ address, port }: Extract<RtspEvent, { type: "connect" }>): void => {
      const current = connect({ host: address, port });
      socket = current;
      // Events of a connection that was given up are nobody's.
      const ours = (then: () => RtspEvent[]) => () => {
        if (socket === current) handle(then());
      };
      current.on(
        "connect",
        ours(() => client.connected(now())),
      );
      current.on("data", (data) => ours(() => client.receive(data, now()))());
      current.on("error", () => {});
      current.on(
        "close",
        ours(() => client.closed(now())),
      );
    };

    const allocate = (media: number): void => {
      const rtp = createSocket("udp4");
      udp.set(media, [rtp]);
      rtp.on("message", () => count(media));
      rtp.bind(0, "127.0.0.1", () => {
        const rtpPort = rtp.address().port;
        handle(
          client.allocated(media, { rtpPort, rtcpPort: Math.min(rtpPort + 1, 65_535) }, now()),
        );
      });
    };

    const handle = (batch: readonly RtspEvent[]): void => {
      for (const event of batch) {
        events.push(event);
        switch (event.type) {
          case "connect":
            setTimeout(() => open(event), event.delayMs);
            break;
          case "disconnect": {
            const old = socket;
            socket = undefined;
            old?.end();
            break;
          }
          case "send":
            socket?.write(event.data);
            break;
          case "allocate":
            allocate(event.media);
            break;
          case "release":
            for (const one of udp.get(event.media) ?? []) one.close();
            udp.delete(event.media);
            break;
          case "frame":
            count(event.media);
            break;
          case "closed":
            clearTimeout(timer);
            resolve({ events, error: event.error, packets, client });
            return;
        }
      }
      clearTimeout(timer);
      const { deadline } = client;
      if (deadline === undefined) return;
      timer = setTimeout(() => handle(client.tick(now())), Math.max(0, deadline - now()));
    };

    handle(client.start(now()));
  });
}
