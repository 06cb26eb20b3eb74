import { expect, test } from "vitest";
import { play } from "../examples/play.js";
import { FakeServer } from "./fake-server.js";

test("the example plays", async () => {
  const server = await FakeServer.listen({
    sdp: ["m=video 0 RTP/AVP 96", "a=control:trackID=1"],
    setup: ["/live/trackID=1"],
    frames: 1,
  });
  const lines: string[] = [];
  await play(`${server.base}/live`, 20, (line) =>
    lines.push(line.replace(server.base, "rtsp://cam")),
  );
  await server.close();
  expect(lines).toEqual([
    "medium 0: rtsp://cam/live/trackID=1 by concat",
    "playing",
    "rtp of medium 0, 4 bytes",
    "done",
  ]);
});
