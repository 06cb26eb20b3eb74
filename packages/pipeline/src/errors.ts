/**
 * A pipeline that could not be built or that stopped: one sentence that names the element.
 * `code` is `syntax` (the description), `graph` (unknown element, bad property, no link), `resource` (a file or
 * socket) or `stream` (data that an element cannot use).
 */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: "syntax" | "graph" | "resource" | "stream";
  /** Name of the element in the pipeline, `undefined` when the description as a whole is wrong. */
  readonly element: string | undefined;

  constructor(
    code: PipelineError["code"],
    element: string | undefined,
    message: string,
    cause?: unknown,
  ) {
    super(element === undefined ? message : `${element}: ${message}`, { cause });
    this.code = code;
    this.element = element;
  }
}

/** Thrown by pads once the pipeline is being torn down; the runner swallows it. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";

  constructor() {
    super("the pipeline was stopped");
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EISDIR: "is a folder, not a file",
  ENOSPC: "no space left on the device",
  EADDRINUSE: "the port is in use already",
  EADDRNOTAVAIL: "this machine does not have that address",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host name could not be resolved",
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was reset",
  ETIMEDOUT: "nobody answers there",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  EPROTO: "the other side does not speak TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "the other side does not speak TLS",
  EMSGSIZE: "the datagram is too large",
  EPIPE: "the reader has closed the pipe",
};

/** One sentence for what the operating system said. */
export function describeSystemError(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const known = code === undefined ? undefined : SYSTEM_ERRORS[code];
  return known ?? message ?? String(error);
}
