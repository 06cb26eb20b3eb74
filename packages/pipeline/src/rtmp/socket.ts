import type { Socket } from "node:net";
import type { RtmpSettings } from "./settings.js";

/** How long a goodbye may take when no timeout is set. */
const GOODBYE_MS = 5000;

/** Resolves when the socket has passed on what it holds, or has closed. */
export function drained(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

/**
 * Send the last bytes, let the other side close for `graceMs`, then close; resolves when both sides have.
 * @returns the error with which the socket closed
 */
export function endGently(
  socket: Socket,
  last: Uint8Array,
  { timeoutMs = GOODBYE_MS }: Pick<RtmpSettings, "timeoutMs">,
  graceMs = 0,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    if (socket.destroyed) {
      resolve(undefined);
      return;
    }
    let failure: Error | undefined;
    const grace = graceMs > 0 ? setTimeout(() => socket.end(), graceMs) : undefined;
    const timer = setTimeout(() => socket.destroy(), graceMs + timeoutMs);
    socket.once("error", (error) => {
      failure = error;
    });
    socket.once("close", () => {
      clearTimeout(grace);
      clearTimeout(timer);
      resolve(failure);
    });
    if (graceMs === 0) socket.end(last);
    else if (socket.writable) socket.write(last);
  });
}
