import { test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { captionWords } from "../src/conformance.js";
import {
  Cea608Decoder,
  type Cea608Screen,
  createScreen,
  encodePaintOn,
  renderToHtml,
  renderToSvg,
} from "../src/index.js";

function screenOf(words: readonly number[]): Cea608Screen {
  const decoder = new Cea608Decoder();
  for (const word of words) decoder.push(1, word, 0);
  return decoder.screen("CC1");
}

/** Every tag is closed, in order. */
function wellFormed(markup: string): boolean {
  const open: string[] = [];
  for (const [, close, name, self] of markup.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (self === "/") continue;
    if (close === "/") {
      if (open.pop() !== name) return false;
    } else {
      open.push(name as string);
    }
  }
  return open.length === 0;
}

describe.each([
  ["renderToSvg", renderToSvg],
  ["renderToHtml", renderToHtml],
] as const)("%s", (_, render) => {
  test("an empty screen has no text", () => {
    expect(render(createScreen())).not.toContain("cea608-run");
  });

  test("each run has its classes and its text, escaped", () => {
    const markup = render(
      screenOf(
        encodePaintOn({
          lines: [
            [{ text: "<a> & " }, { text: '"b"', color: "yellow", italics: true, underline: true }],
          ],
        }),
      ),
    );
    expect(markup).toContain("&lt;a&gt; &amp;");
    expect(markup).toContain("&quot;b&quot;");
    expect(markup).toContain('class="cea608-run yellow italics underline"');
    expect(markup).toContain("#ffff00");
    expect(wellFormed(markup)).toBe(true);
  });

  test("a transparent space is not drawn", () => {
    const runs = render(screenOf([0x9429, 0x9470, 0x6180, 0x91b9, 0x6280])).match(/cea608-run/g);
    expect(runs?.length).toBe(2);
  });

  test("what is no character of XML does not come out", () => {
    const screen = createScreen();
    screen.cells[0] = 0x01;
    screen.cells[1] = 0xd800;
    expect(render(screen)).toContain("\ufffd\ufffd");
  });

  prop.prop([captionWords()])("is well-formed whatever is shown", (words) => {
    expect(wellFormed(render(screenOf([0x9429, ...words])))).toBe(true);
  });
});

describe("geometry", () => {
  test("the box reaches one cell beyond the text at both ends, inside the safe area's grid", () => {
    const svg = renderToSvg(screenOf(encodePaintOn({ lines: ["ab"], column: 4, row: 3 })), {
      width: 400,
      height: 300,
    });
    // 10 pixels a column from 40 on, 16 a row from 30 on.
    expect(svg).toContain('<rect x="70" y="78" width="40" height="16" fill="#000000"/>');
    expect(svg).toContain('x="80" y="90.8" textLength="20"');
    expect(svg).toContain('viewBox="0 0 400 300"');
  });

  test("neighbouring runs have no box between them", () => {
    const svg = renderToSvg(
      screenOf(
        encodePaintOn({ lines: [[{ text: "ab" }, { text: " cd", color: "red" }]], column: 4 }),
      ),
      { width: 400, height: 300 },
    );
    expect(svg.match(/<rect x="[\d.]+" y="[\d.]+" width="[\d.]+"/g)).toEqual([
      '<rect x="70" y="254" width="30"',
      '<rect x="100" y="254" width="40"',
    ]);
  });
});
