import { expectTypeOf } from "vitest";
import type { WireItem } from "../src/conformance.js";
import {
  encodeFrame,
  encodeMessage,
  parseTransport,
  RtspClient,
  type RtspEvent,
  type RtspItem,
  type RtspMessage,
  RtspParser,
  type TransportSpec,
} from "../src/index.js";

expectTypeOf(new RtspParser().push).parameter(0).toEqualTypeOf<Uint8Array>();
expectTypeOf(new RtspParser().push).returns.toEqualTypeOf<RtspItem[]>();
expectTypeOf(encodeMessage).parameter(0).toEqualTypeOf<RtspMessage>();
expectTypeOf(encodeFrame).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
expectTypeOf(parseTransport).returns.toEqualTypeOf<TransportSpec[]>();
expectTypeOf<WireItem["type"]>().toEqualTypeOf<"request" | "response" | "frame">();

const client = new RtspClient("rtsp://h/", { learned: new Map<string, string>() });
expectTypeOf(client.start(0)).toEqualTypeOf<RtspEvent[]>();
expectTypeOf(client.deadline).toEqualTypeOf<number | undefined>();
for (const event of client.tick(0)) {
  if (event.type === "frame") expectTypeOf(event.media).toEqualTypeOf<number | undefined>();
  if (event.type === "setup") expectTypeOf(event.lowerTransport).toExtend<string>();
}
// @ts-expect-error: RTSP over HTTP is not implemented.
new RtspClient("rtsp://h/", { transports: ["http"] });
