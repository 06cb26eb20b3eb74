// The obvious, slow sender and receiver of chunks, against which implementations are held.
import fc from "fast-check";

/** A message with the chunk stream that carries it. */
export interface PlainRtmpMessage {
  readonly csid: number;
  readonly messageType: number;
  readonly streamId: number;
  /** Milliseconds modulo 2^32. */
  readonly timestamp: number;
  readonly payload: readonly number[];
}

/** What a sender does next. */
export type SenderStep =
  /** Queue a message; its time is `delta` after the last one of its chunk stream. */
  | {
      readonly does: "message";
      readonly csid: number;
      readonly messageType: number;
      readonly streamId: number;
      readonly delta: number;
      readonly length: number;
      /** Format that is wanted; a longer header is taken where it does not carry the message. */
      readonly fmt: number;
    }
  /** Send the next chunk of one of the chunk streams that have one. */
  | { readonly does: "chunk"; readonly which: number }
  | { readonly does: "setChunkSize"; readonly size: number }
  /** Abort what one of the chunk streams is in the middle of. */
  | { readonly does: "abort"; readonly which: number };

const csid = fc.constantFrom(3, 5, 63, 64, 319, 320, 65_599);
const delta = fc.oneof(
  fc.constantFrom(0, 20, 20, 20, 40),
  fc.constantFrom(0xfffffe, 0xffffff, 0x1000000, 0x7fffffff),
);

/** Steps of a sender, in which every kind of header and of interleaving occurs. */
export const arbitrarySenderSteps: fc.Arbitrary<readonly SenderStep[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("message" as const),
        csid,
        messageType: fc.constantFrom(8, 9),
        streamId: fc.constantFrom(1, 0x01020304),
        delta,
        length: fc.constantFrom(0, 1, 127, 128, 129, 129, 300),
        fmt: fc.nat(3),
      }),
    },
    { weight: 8, arbitrary: fc.record({ does: fc.constant("chunk" as const), which: fc.nat(9) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("setChunkSize" as const),
        size: fc.constantFrom(1, 50, 128, 200, 4096, 0xffffff),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("abort" as const), which: fc.nat(9) }) },
  ),
  { maxLength: 40 },
);

/** What one chunk stream of the sender has in hand. */
interface Lane {
  last: (PlainRtmpMessage & { readonly delta: number }) | undefined;
  readonly queue: {
    readonly message: PlainRtmpMessage;
    readonly delta: number;
    readonly fmt: number;
  }[];
  sent: number;
}

/** The bytes of a sender that takes these steps and then sends the rest, and the messages in the order of their ends. */
export function sendSteps(steps: readonly SenderStep[]): {
  readonly bytes: Uint8Array;
  readonly messages: readonly PlainRtmpMessage[];
} {
  const bytes: number[] = [];
  const messages: PlainRtmpMessage[] = [];
  const lanes = new Map<number, Lane>();
  let chunkSize = 128;
  const times = new Map<number, number>();

  const busy = (): [number, Lane][] => [...lanes].filter(([, { queue }]) => queue.length > 0);
  const control = (messageType: number, value: number): void => {
    const payload = bigEndian(value, 4);
    for (let at = 0; at < 4; at += chunkSize) {
      const header = at === 0 ? [2, 0, 0, 0, 0, 0, 4, messageType, 0, 0, 0, 0] : [0xc2];
      bytes.push(...header, ...payload.slice(at, at + chunkSize));
    }
  };
  const chunk = (lane: Lane): void => {
    const [first] = lane.queue;
    if (first === undefined) return;
    const { message } = first;
    if (lane.sent === 0) {
      const { header, delta: sentDelta } = messageHeader(first, lane.last);
      bytes.push(...header);
      lane.last = { ...message, delta: sentDelta };
    } else bytes.push(...basicHeader(3, message.csid), ...extension(lane.last?.delta ?? 0));
    const end = Math.min(lane.sent + chunkSize, message.payload.length);
    bytes.push(...message.payload.slice(lane.sent, end));
    lane.sent = end;
    if (end < message.payload.length) return;
    messages.push(message);
    lane.queue.shift();
    lane.sent = 0;
  };

  for (const step of steps) {
    const lane = "which" in step ? busy()[step.which % Math.max(1, busy().length)] : undefined;
    if (step.does === "message") {
      const { csid: id, messageType, streamId, length, fmt } = step;
      const timestamp = ((times.get(id) ?? 0xfffff000) + step.delta) % 2 ** 32;
      times.set(id, timestamp);
      const payload = Array.from({ length }, (_, i) => (i * 7 + timestamp) & 0xff);
      const message = { csid: id, messageType, streamId, timestamp, payload };
      if (!lanes.has(id)) lanes.set(id, { last: undefined, queue: [], sent: 0 });
      lanes.get(id)?.queue.push({ message, delta: step.delta, fmt });
    } else if (step.does === "setChunkSize") {
      control(1, step.size);
      chunkSize = step.size;
    } else if (lane === undefined) continue;
    else if (step.does === "chunk") chunk(lane[1]);
    else if (lane[1].sent > 0) {
      control(2, lane[0]);
      lane[1].queue.shift();
      lane[1].sent = 0;
    }
  }
  for (const [, lane] of lanes) while (lane.queue.length > 0) chunk(lane);
  return { bytes: Uint8Array.from(bytes), messages };
}

/** Basic and message header in the wanted format, or in the next longer one that carries the message. */
function messageHeader(
  { message, delta: step, fmt: wanted }: Lane["queue"][number],
  last: Lane["last"],
): { readonly header: number[]; readonly delta: number } {
  const { timestamp, payload, messageType, streamId } = message;
  const sameKind = last?.payload.length === payload.length && last.messageType === messageType;
  let fmt = wanted;
  if (fmt === 3 && step !== last?.delta) fmt = 2;
  if (fmt >= 2 && !sameKind) fmt = 1;
  if (fmt >= 1 && streamId !== last?.streamId) fmt = 0;
  const value = fmt === 0 ? timestamp : step;
  const header = basicHeader(fmt, message.csid);
  if (fmt < 3) header.push(...bigEndian(Math.min(value, 0xffffff), 3));
  if (fmt < 2) header.push(...bigEndian(payload.length, 3), messageType);
  if (fmt === 0) header.push(...bigEndian(streamId, 4).reverse());
  return { header: [...header, ...extension(value)], delta: value };
}

function basicHeader(fmt: number, id: number): number[] {
  if (id < 64) return [(fmt << 6) | id];
  if (id < 320) return [fmt << 6, id - 64];
  return [(fmt << 6) | 1, (id - 64) % 256, Math.floor((id - 64) / 256)];
}

function extension(value: number): number[] {
  return value >= 0xffffff ? bigEndian(value, 4) : [];
}

function bigEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) % 256);
}
