import { test as anyOf, fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { parseLaunch } from "../src/launch-syntax.js";

const syntaxError = (message: string): unknown =>
  expect.objectContaining({ name: "PipelineError", code: "syntax", message });

describe("parseLaunch", () => {
  test("elements, properties and links", () => {
    expect(parseLaunch("filesrc location=a.srt ! subparse ! fakesink sync=true")).toEqual({
      elements: [
        { factory: "filesrc", name: undefined, properties: [["location", "a.srt"]] },
        { factory: "subparse", name: undefined, properties: [] },
        { factory: "fakesink", name: undefined, properties: [["sync", "true"]] },
      ],
      links: [
        { from: { element: 0, pad: undefined }, to: { element: 1, pad: undefined } },
        { from: { element: 1, pad: undefined }, to: { element: 2, pad: undefined } },
      ],
    });
  });

  test("caps between two links become a capsfilter, with spaces after commas too", () => {
    const { elements } = parseLaunch(
      "a ! closedcaption/x-cea-708, format=cdp, framerate=(fraction)30/1 ! b",
    );
    expect(elements[1]).toEqual({
      factory: "capsfilter",
      name: undefined,
      properties: [["caps", "closedcaption/x-cea-708, format=cdp, framerate=(fraction)30/1"]],
    });
  });

  test("caps in quotes lose the quotes around them and keep those inside", () => {
    const { elements } = parseLaunch(`a ! "text/x-raw, format=utf8" ! b ! text/x-raw,x="1 2" ! c`);
    expect(elements[1]?.properties).toEqual([["caps", "text/x-raw, format=utf8"]]);
    expect(elements[3]?.properties).toEqual([["caps", 'text/x-raw,x="1 2"']]);
  });

  test("names, references and several chains", () => {
    const { elements, links } = parseLaunch(
      "src ! tee name=t t. ! queue ! one  t.src_7 ! two  m.sink_1 ! three muxer name=m",
    );
    expect(elements.map(({ name }) => name)).toEqual([
      undefined,
      "t",
      undefined,
      undefined,
      undefined,
      undefined,
      "m",
    ]);
    expect(links.map(({ from, to }) => [from.element, from.pad, to.element])).toEqual([
      [0, undefined, 1],
      ["t", undefined, 2],
      [2, undefined, 3],
      ["t", "src_7", 4],
      ["m", "sink_1", 5],
    ]);
  });

  test("quotes, escapes, spaces around = and the environment", () => {
    const { elements } = parseLaunch(
      `a x="one two" y='$HOME "q"' z=three\\ four w = "\${DIR}/f" v=$DIR/g`,
      { DIR: "/d" },
    );
    expect(elements[0]?.properties).toEqual([
      ["x", "one two"],
      ["y", '$HOME "q"'],
      ["z", "three four"],
      ["w", "/d/f"],
      ["v", "/d/g"],
    ]);
  });

  test("links need no spaces, except behind a property, whose value takes the sign", () => {
    const { elements, links } = parseLaunch("a!b x=1 !text/x-raw, format=utf8!c!t. t.s!d y=2!3");
    expect(elements.map(({ factory }) => factory)).toEqual(["a", "b", "capsfilter", "c", "d"]);
    expect(elements[2]?.properties).toEqual([["caps", "text/x-raw, format=utf8"]]);
    expect(elements[4]?.properties).toEqual([["y", "2!3"]]);
    expect(links).toHaveLength(5);
  });

  test.each([
    ["( a ! b )", "a ! b"],
    ["(a x=1 ! b)", "a x=1 ! b"],
    ["( a ! b ) ! c", "a ! b ! c"],
    ["a ! ( name=inner b ! c ) ! d", "a ! b ! c ! d"],
    ["bin.( a ! b ) c ! d", "a ! b c ! d"],
    ["( ( a ! b ) ! c name=t t. ! d ) ! e", "a ! b ! c name=t t. ! d ! e"],
    [
      "( a ! video/x-raw,format=(string)NV12 ! b x=(1) )",
      "a ! video/x-raw,format=(string)NV12 ! b x=(1)",
    ],
    [`( a x="1)" ! b )`, `a x="1)" ! b`],
  ])("a bin is what is in it: %j", (description, flat) => {
    expect(parseLaunch(description)).toEqual(parseLaunch(flat));
  });

  test("an empty value in quotes is a value", () => {
    const { elements } = parseLaunch(`a x="" y='' z = "" ! b`);
    expect(elements[0]?.properties).toEqual([
      ["x", ""],
      ["y", ""],
      ["z", ""],
    ]);
    expect(elements).toHaveLength(2);
  });

  test.each([
    ["a !!! b", '"!" at character 4 has nothing before it'],
    ["a x= ! b", "the property at character 3 has no value"],
    ["( a ! b", "the bin at character 1 is not closed"],
    ["a ! b )", '")" at character 7 closes nothing'],
    ["a ! ( ) ! b", "the bin at character 5 is empty"],
    ["( a ! ) b", '"!" at character 5 has nothing behind it'],
    ["a ! ( ! b )", '"!" at character 7 has nothing before it'],
    ["a ( ! b )", '"!" at character 5 has nothing before it'],
    ["( a ! video/x-raw ) ! b", "the caps at character 7 have no element behind them"],
    ["", "the pipeline is empty"],
    ["! a", '"!" at character 1 has nothing before it'],
    ["a ! ! b", '"!" at character 5 has nothing before it'],
    ["a !", '"!" at character 3 has nothing behind it'],
    ["a ! video/x-raw", "the caps at character 5 have no element behind them"],
    ['a x="y', "the quote that begins in the word at character 3 does not end"],
    ["a ! .src", '".src" at character 5 names no element'],
    ["a ! ?", '"?" at character 5 is no element, property or link'],
    ["a x=$NOPE", "the environment variable NOPE at character 5 is not set"],
  ])("%j is refused in one sentence", (description, message) => {
    expect(() => parseLaunch(description)).toThrow(syntaxError(message));
  });

  anyOf.prop([fc.string({ unit: fc.constantFrom(..."ab!=. \"'\\$/{},t()") })])(
    "any text gives a graph or a PipelineError",
    (text) => {
      try {
        const { elements, links } = parseLaunch(text, {});
        expect(elements.length + links.length).toBeGreaterThan(-1);
        for (const { from, to } of links) {
          for (const { element } of [from, to]) {
            if (typeof element === "number") expect(elements[element]).toBeDefined();
          }
        }
      } catch (error) {
        expect(error).toMatchObject({ name: "PipelineError", code: "syntax" });
      }
    },
  );
});
