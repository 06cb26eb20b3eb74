// tttocea608 and tttocea708 with gst-compat=true against what GStreamer's elements make.
import { describe, expect, test } from "vitest";
import { toHex, VectorTally, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import { frameTime, mediaBuffer } from "../src/buffer.js";
import { appSink, appSrc, type Item, launch, parseCaps } from "../src/index.js";

interface Vector {
  readonly element: "tttocea608" | "tttocea708";
  readonly settings: {
    readonly mode: string;
    readonly n: number;
    readonly d: number;
    readonly ch?: number;
    readonly service?: number;
    readonly rows?: number;
    readonly timeout_ms?: number;
  };
  readonly cues: readonly { start_s: number; duration_s: number; text: string }[];
  readonly frames: readonly { frame: number; count: number; hex: string }[];
}

function launchLine({ element, settings }: Vector): string {
  const { mode, ch, service, rows, timeout_ms, n, d } = settings;
  const rollUp608 = element === "tttocea608" && mode.startsWith("roll-up");
  const properties = [
    `mode=${rollUp608 && !/\d$/.test(mode) ? `${mode}${rows ?? 2}` : mode}`,
    ch === undefined ? "" : `cea608-channel=${ch}`,
    service === undefined ? "" : `service-number=${service}`,
    rows === undefined || rollUp608 ? "" : `roll-up-rows=${rows}`,
    timeout_ms === undefined ? "" : `roll-up-timeout=${timeout_ms * 1_000_000}`,
  ];
  const media = element === "tttocea608" ? "closedcaption/x-cea-608" : "closedcaption/x-cea-708";
  return `text ! ${element} gst-compat=true ${properties.join(" ")} ! ${media},framerate=${n}/${d} ! frames`;
}

async function run(line: string, cues: Vector["cues"]): Promise<{ pts: bigint; hex: string }[]> {
  const text = cues.map(({ start_s, duration_s, text }): Item => {
    const times = {
      pts: BigInt(Math.round(start_s * 1e9)),
      duration: BigInt(Math.round(duration_s * 1e9)),
    };
    return { type: "buffer", buffer: mediaBuffer(new TextEncoder().encode(text), times) };
  });
  const found: { pts: bigint; hex: string }[] = [];
  const format: Item = { type: "caps", caps: parseCaps("text/x-raw,format=utf8") };
  await launch(line, {
    elements: [
      appSrc("text", [format, ...text]),
      appSink("frames", (item) => {
        if (item.type !== "buffer") return;
        found.push({ pts: item.buffer.pts ?? -1n, hex: toHex(item.buffer.data) });
      }),
    ],
  }).run();
  return found;
}

describe("gst-compat", () => {
  const tally = new VectorTally("pipeline, gst-compat");
  const files = vectorFiles("cea708").filter((name) => /text-to-captions[^/]*\.json$/.test(name));
  test.each(files)("%s: the elements make GStreamer's bytes at GStreamer's times", async (file) => {
    for (const vector of vectorJson<Vector[]>("cea708", file)) {
      const { n, d } = vector.settings;
      const rate = { numerator: n, denominator: d };
      const line = launchLine(vector);
      const expected = vector.frames.flatMap(({ frame, count, hex }) =>
        Array.from({ length: count }, (_, i) => ({ pts: frameTime(frame + i, rate), hex })),
      );
      expect(await run(line, vector.cues), line).toEqual(expected);
      tally.add(file, expected.length);
    }
    tally.print();
    expect(tally.expectations).toBeGreaterThan(0);
  });

  test("there is no other channel of line 21 than CC1 in GStreamer's element", async () => {
    const line =
      "text ! tttocea608 gst-compat=true service=CC3 ! closedcaption/x-cea-608,framerate=30/1 ! frames";
    await expect(run(line, [])).rejects.toThrow("gst-compat is for CC1");
  });

  test("origin-row and origin-column go to where text begins", async () => {
    const line =
      "text ! tttocea608 gst-compat=true mode=pop-on origin-row=2 origin-column=6 ! closedcaption/x-cea-608,framerate=30/1 ! frames";
    const cues = [{ start_s: 1, duration_s: 1, text: "a" }];
    const pairs = (await run(line, cues)).map(({ hex }) => hex).filter((hex) => hex !== "8080");
    expect(pairs).toEqual(["9420", "94ae", "9252", "97a2", "6180", "942f", "942c"]);
  });
});
