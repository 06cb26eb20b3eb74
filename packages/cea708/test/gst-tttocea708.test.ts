// The vectors compare byte for byte; here stands what they do not reach, as gst-plugins-rs 0.15.4 writes it.
import { describe, expect, test } from "vitest";
import { toHex } from "../../../tools/testing/vectors.js";
import { GstTextTo708, type GstTextTo708Options } from "../src/gst.js";

const FRAME_RATE = { numerator: 30, denominator: 1 };

/** A cue, or a gap when it has no text. */
type Step = readonly [startMs: number, endMs: number, text?: string];

/** `frame:triplets` of the frames that hold more than padding, which is left out. */
function frames(options: Partial<GstTextTo708Options>, ...steps: readonly Step[]): string[] {
  const element = new GstTextTo708({ frameRate: FRAME_RATE, ...options });
  const written = steps.flatMap(([startMs, endMs, text]) =>
    text === undefined ? element.gap(startMs, endMs) : element.push({ startMs, endMs, text }),
  );
  return [...written, ...element.flush()].flatMap(({ frame, ccData }) => {
    const codes = toHex(ccData)
      .replace(/(fa0000)+$/, "")
      .replace(/f[89]8080/g, "");
    return codes === "" ? [] : [`${frame}:${codes}`];
  });
}

describe("GstTextTo708", () => {
  test("roll-up counts columns from the origin on", () => {
    expect(frames({ originColumn: 22 }, [1000, 1200, "abc defg"])).toEqual([
      "30:ff0e39fe920efe168cfefe98fe38e4fe3271fe1f11fe9201fe0020fe6162fe6320fe6465fe6667fe0300",
    ]);
  });

  test("roll-up in row 0, where the pen is, stays at the bottom", () => {
    expect(frames({ originRow: 0 }, [1000, 1200, "a"])).toEqual([
      "30:ff092ffe8cfefe9838fee432fe711ffe1192fe0100fe2061fe0300",
    ]);
  });

  test("every line feed begins a row, also the last", () => {
    expect(frames({ mode: "pop-on" }, [1000, 1200, "a\n"])).toEqual([
      "30:ff0c36fe8801fe8cfefe9918fee432fe7e1ffe1192fe0d00fe6192fe0e00fe208bfe0303",
      "36:ff4222fe8802",
    ]);
    expect(frames({ mode: "paint-on" }, [1000, 1100, ""])).toEqual([
      "30:ff072cfe9838fee432fe7e1ffe1192fe0e00fe2003",
    ]);
  });

  test("line 21 begins in the frame in which DTVCC does, behind the frame of a gap", () => {
    expect(
      frames({ mode: "pop-on", cea608Channel: 1 }, [1000, 1000], [1000, 1100, "a"]).slice(0, 3),
    ).toEqual([
      "31:ff0a32fe8801fe8cfefe9918fee432fe7e1ffe1192fe0e00fe618bfe0303",
      "32:fc9420",
      "33:fc94aeff4222fe8802",
    ]);
  });
});
