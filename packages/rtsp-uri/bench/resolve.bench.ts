// Resolution of control attributes: ours, which keeps every octet, against the platform's URL, which does not.
import { bench, describe } from "vitest";
import { resolveReference } from "../src/index.js";

const base = "rtsp://192.0.2.1:8554/cam/realmonitor?channel=1&subtype=0";
const references = ["trackID=1", "/a/b/track1", "../t1", "rtsp://192.0.2.1/x/track1", "?track=2"];

describe("resolve five references", () => {
  bench("@x/rtsp-uri resolveReference", () => {
    for (const reference of references) resolveReference(base, reference);
  });
  bench("WHATWG URL", () => {
    for (const reference of references) new URL(reference, base).href;
  });
});
