// The client on Node's sockets: prints what it gets of an RTSP stream over TCP for a second, then says goodbye.
import { connect, type Socket } from "node:net";
import { RtspClient, type RtspEvent } from "../src/index.js";

/** Play `url` for `ms`; `print` gets one line for each thing that happens. */
export function play(url: string, ms: number, print: (line: string) => void): Promise<void> {
  const client = new RtspClient(url, { transports: ["tcp"] });
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve) => {
    function open(port: number, host: string): void {
      const current = connect(port, host);
      const whenOurs = (react: () => RtspEvent[]) => () => {
        if (socket === current) handle(react());
      };
      socket = current
        .on(
          "connect",
          whenOurs(() => client.connected(performance.now())),
        )
        .on("data", (data) => whenOurs(() => client.receive(data, performance.now()))())
        .on("error", () => {}) // "close" follows
        .on(
          "close",
          whenOurs(() => client.closed(performance.now())),
        );
    }

    function handle(events: readonly RtspEvent[]): void {
      for (const event of events) {
        switch (event.type) {
          case "connect":
            setTimeout(open, event.delayMs, event.port, event.address);
            break;
          case "disconnect":
            socket?.end();
            socket = undefined;
            break;
          case "send":
            socket?.write(event.data);
            break;
          case "setup":
            print(`medium ${event.media}: ${event.uri} by ${event.rule}`);
            break;
          case "playing":
            print("playing");
            setTimeout(() => handle(client.teardown(performance.now())), ms);
            break;
          case "frame":
            print(`${event.kind} of medium ${event.media}, ${event.data.length} bytes`);
            break;
          case "closed":
            print(event.error?.message ?? "done");
            resolve();
        }
      }
      clearTimeout(timer);
      const { deadline } = client;
      if (deadline === undefined) return;
      const tick = (): void => handle(client.tick(performance.now()));
      timer = setTimeout(tick, Math.max(0, deadline - performance.now()));
    }

    handle(client.start(performance.now()));
  });
}
