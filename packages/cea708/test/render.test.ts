import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { serviceCode } from "../src/conformance.js";
import {
  renderToHtml,
  renderToSvg,
  ServiceDecoder,
  tokenise,
  windowRectangle,
  windowRuns,
} from "../src/index.js";

function decoded(...parts: readonly (number | string)[]): ServiceDecoder {
  const bytes = parts.flatMap((part) =>
    typeof part === "number" ? [part] : [...part].map((each) => each.charCodeAt(0)),
  );
  const service = new ServiceDecoder();
  service.push(tokenise(Uint8Array.from(bytes)), 0);
  return service;
}

/** DF0, visible, one row of ten columns, anchor lower-centre. */
const define = [0x98, 0x38, 70, 105, 0x70, 9, 0x09];

/** Start and end tags match, and nothing else looks like a tag. */
function expectWellFormed(markup: string): void {
  const open: string[] = [];
  for (const [, close, name, self] of markup.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (self === "/") continue;
    if (close === "/") expect(open.pop()).toBe(name);
    else open.push(name as string);
  }
  expect(open).toEqual([]);
  const text = markup.replace(/<\/?[a-z]+[^<>]*>/g, "");
  expect(text).not.toMatch(/[<>]/);
}

describe("windowRectangle", () => {
  test("the anchor point is where the grid says, in the middle 80 % of the picture", () => {
    const [window] = decoded(...define).windows;
    if (window === undefined) throw new Error("no window");
    const { left, top, width, height } = windowRectangle(window);
    expect(left + width / 2).toBeCloseTo(0.5);
    expect(top + height).toBeCloseTo(0.1 + (70 / 75) * 0.8);
    expect(width).toBeCloseTo((10 / 42) * 0.8);
    expect(height).toBeCloseTo(0.8 / 15);
  });

  test("relative anchors are percent, and what sticks out is moved back", () => {
    const [window] = decoded(0x98, 0x38, 0x80 | 100, 50, 0x8e, 31, 0x11).windows;
    if (window === undefined) throw new Error("no window");
    const { left, top, width, height } = windowRectangle(window, "4:3");
    expect([left, width, height]).toEqual([
      expect.closeTo(0.1),
      expect.closeTo(0.8),
      expect.closeTo(0.8),
    ]);
    expect(top).toBeCloseTo(0.1);
  });
});

describe("rendering", () => {
  test("draws window, background and text with colours, style and edge", () => {
    const service = decoded(...define, "a<b", 0x90, 0x05, 0xd8 | 4, 0x91, 0x30, 0x80, 0x3f, "&c");
    const svg = renderToSvg(service.windows);
    expect(svg).toContain(">a&lt;b</text>");
    expect(svg).toContain(">&amp;c</text>");
    expect(svg).toContain('fill="#ff0000"');
    expect(svg).toContain("font-style:italic;text-decoration:underline");
    expect(svg).toContain("text-shadow");
    expect(svg).toContain('fill-opacity="0.5"');
    const html = renderToHtml(service.windows);
    expect(html).toContain(">a&lt;b</span>");
    expect(html).toContain("color:#ff0000");
    expect(html).toContain("background:#00000080");
    for (const markup of [svg, html]) expectWellFormed(markup);
  });

  test("hidden windows, transparent spaces and text not to be displayed are not drawn; flashing is animated", () => {
    const service = decoded(
      ...define,
      "A",
      0x10,
      0x20,
      0x90,
      0xf5,
      0x00,
      "B",
      0x90,
      0x05,
      0x00,
      0x91,
      0x6a,
      0,
      0,
      "C",
    );
    expect(windowRuns(service.windows[0] as never)).toHaveLength(4);
    const svg = renderToSvg(service.windows);
    expect(svg).toContain(">A</text>");
    expect(svg).not.toContain(">B");
    expect(svg).toContain("<animate");
    expect(renderToSvg(decoded(...define, "A", 0x8a, 1).windows)).not.toContain("<text");
  });

  test("a higher priority is drawn later", () => {
    const service = decoded(
      0x98,
      0x38,
      70,
      105,
      0x70,
      9,
      0x09,
      "over",
      0x99,
      0x3f,
      70,
      105,
      0x70,
      9,
      0x09,
      "under",
    );
    const svg = renderToSvg(service.windows);
    expect(svg.indexOf(">under<")).toBeLessThan(svg.indexOf(">over<"));
  });

  property.prop([fc.array(serviceCode, { maxLength: 80 }), fc.constantFrom("16:9", "4:3")])(
    "any windows give well-formed markup inside the picture",
    (codes, aspectRatio) => {
      const service = new ServiceDecoder();
      service.push(
        codes.filter((code) => (code[0] as number) < 0x8d || (code[0] as number) > 0x8f),
        0,
      );
      expectWellFormed(renderToSvg(service.windows, { aspectRatio }));
      expectWellFormed(renderToHtml(service.windows, { aspectRatio }));
      for (const window of service.windows) {
        if (window === undefined) continue;
        const { left, top } = windowRectangle(window, aspectRatio);
        expect(left).toBeGreaterThanOrEqual(0.1);
        expect(top).toBeGreaterThanOrEqual(0.1);
      }
    },
  );
});
