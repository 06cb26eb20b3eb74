import { type AmfValue, decodeScriptData, encodeAmf0Values } from "../src/index.js";
import {
  MESSAGE_TYPE,
  type ReceivedMessage,
  RtmpChunkReader,
  RtmpChunkWriter,
  RtmpHandshake,
  type RtmpMessage,
} from "../src/rtmp/index.js";

/** What the side under test says for the bytes that it is fed. */
export type Listener = (bytes: Uint8Array) => readonly { readonly type: string }[];

/** A peer that says what the test wants, and reads what the side under test answers. */
export class RawPeer {
  readonly writer: RtmpChunkWriter = new RtmpChunkWriter();
  readonly received: ReceivedMessage[] = [];
  /** Events of the side under test; data of tags are copies. */
  readonly events: { readonly type: string }[] = [];
  readonly #reader = new RtmpChunkReader();
  readonly #listener: Listener;

  /** @param first what the side under test has sent: C0 and C1, or nothing */
  constructor(role: "client" | "server", listener: Listener, first: Uint8Array) {
    this.#listener = listener;
    const handshake = new RtmpHandshake(role);
    for (let bytes = handshake.start(), own: Uint8Array = first; ; ) {
      const answer = own.length > 0 ? handshake.push(own) : undefined;
      bytes = Uint8Array.of(...bytes, ...(answer?.send ?? []));
      if (answer?.rest !== undefined) {
        this.#read(answer.rest);
        if (bytes.length > 0) this.feed(bytes);
        return;
      }
      own = sent(this.#keep(listener(bytes)));
      bytes = new Uint8Array(0);
    }
  }

  /** Bytes as they are. */
  feed(bytes: Uint8Array): void {
    this.#read(sent(this.#keep(this.#listener(bytes))));
  }

  send(
    message: Partial<RtmpMessage> & Pick<RtmpMessage, "messageType" | "payload">,
    csid = 3,
  ): void {
    this.feed(this.writer.write({ streamId: 0, timestamp: 0, ...message }, csid));
  }

  command(...values: AmfValue[]): void {
    this.send({ messageType: MESSAGE_TYPE.command, payload: encodeAmf0Values(values) });
  }

  control(messageType: number, value: number, ...more: number[]): void {
    const payload = new Uint8Array(4 + more.length);
    new DataView(payload.buffer).setUint32(0, value);
    payload.set(more, 4);
    this.send({ messageType, payload }, 2);
  }

  /** Commands that have come: name, transaction id, object, arguments. */
  get commands(): readonly (readonly AmfValue[])[] {
    return this.received
      .filter(({ messageType }) => messageType === MESSAGE_TYPE.command)
      .map(({ payload }) => decodeScriptData(payload).values);
  }

  /** The transaction id of a command that has come. */
  transactionOf(name: string): number {
    const command = this.commands.find(([first]) => first === name);
    if (typeof command?.[1] !== "number") throw new Error(`no ${name}`);
    return command[1];
  }

  #keep<E extends { readonly type: string }>(events: readonly E[]): readonly E[] {
    this.events.push(...structuredClone(events.filter(({ type }) => type !== "send")));
    return events;
  }

  #read(bytes: Uint8Array): void {
    for (const event of this.#reader.push(bytes)) {
      if (event.type === "issue") throw new Error(event.issue.message);
      const { message } = event;
      this.received.push({ ...message, payload: message.payload.slice() });
    }
  }
}

function sent(events: readonly { readonly type: string }[]): Uint8Array {
  const bytes = events.flatMap((event) =>
    event.type === "send" ? [...(event as unknown as { bytes: Uint8Array }).bytes] : [],
  );
  return Uint8Array.from(bytes);
}

/** An object with a level, a code and more, as onStatus has it. */
export function info(level: string, code: string, more: Record<string, AmfValue> = {}): AmfValue {
  return { type: "object", properties: new Map(Object.entries({ level, code, ...more })) };
}
