import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../tools/testing/vectors.js";
import { serviceCode } from "../src/conformance.js";
import {
  CaptionDecoder,
  type Cea708Code,
  decodeCode,
  encodeCode,
  encodeDtvccPacket,
  encodeServiceBlocks,
  PEN_STYLES,
  ServiceDecoder,
  tokenise,
  WINDOW_STYLES,
  type WindowDefinition,
} from "../src/index.js";

const bits = (width: number): fc.Arbitrary<number> => fc.nat(2 ** width - 1);

const anyCode: fc.Arbitrary<Cea708Code> = fc.oneof(
  fc.constantFrom<Cea708Code>(
    { kind: "nul" },
    { kind: "etx" },
    { kind: "backspace" },
    { kind: "formFeed" },
    { kind: "carriageReturn" },
    { kind: "horizontalCarriageReturn" },
    { kind: "delayCancel" },
    { kind: "reset" },
    { kind: "text", text: "\u00a0", transparent: true },
    { kind: "text", text: "[CC]", transparent: false },
    { kind: "text", text: "가", transparent: false },
  ),
  fc
    .constantFrom(..."aZ~♪ÿ©®Ð…ŠŒ█‘’“”•™šœ℠Ÿ⅛⅜⅝⅞│┐└─┘┌")
    .map((text): Cea708Code => ({ kind: "text", text, transparent: false })),
  bits(3).map((window): Cea708Code => ({ kind: "setCurrentWindow", window })),
  fc.record({
    kind: fc.constantFrom(
      "clearWindows",
      "displayWindows",
      "hideWindows",
      "toggleWindows",
      "deleteWindows",
    ),
    windows: bits(8),
  }),
  fc.record({ kind: fc.constant("delay"), tenths: bits(8) }),
  fc.record({
    kind: fc.constant("setPenAttributes"),
    attributes: fc.record({
      textTag: bits(4),
      offset: bits(2),
      penSize: bits(2),
      italics: fc.boolean(),
      underline: fc.boolean(),
      edgeType: bits(3),
      fontStyle: bits(3),
    }),
  }),
  fc.record({
    kind: fc.constant("setPenColor"),
    color: fc.record({
      fgOpacity: bits(2),
      fgColor: bits(6),
      bgOpacity: bits(2),
      bgColor: bits(6),
      edgeColor: bits(6),
    }),
  }),
  fc.record({ kind: fc.constant("setPenLocation"), row: bits(4), column: bits(6) }),
  fc.record({
    kind: fc.constant("setWindowAttributes"),
    attributes: fc.record({
      fillOpacity: bits(2),
      fillColor: bits(6),
      borderType: bits(3),
      borderColor: bits(6),
      wordWrap: fc.boolean(),
      printDirection: bits(2),
      scrollDirection: bits(2),
      justify: bits(2),
      effectSpeed: bits(4),
      effectDirection: bits(2),
      displayEffect: bits(2),
    }),
  }),
  fc.record({
    kind: fc.constant("defineWindow"),
    window: bits(3),
    definition: fc.record({
      visible: fc.boolean(),
      rowLock: fc.boolean(),
      columnLock: fc.boolean(),
      priority: bits(3),
      relativePositioning: fc.boolean(),
      anchorVertical: bits(7),
      anchorHorizontal: bits(8),
      anchorPoint: bits(4),
      rowCount: bits(4),
      columnCount: bits(6),
      windowStyle: bits(3),
      penStyle: bits(3),
    }),
  }),
);

describe("codes", () => {
  property.prop([anyCode])("every command and character round-trips", (code) => {
    expect(decodeCode(encodeCode(code))).toEqual(code);
  });

  property.prop([fc.uint8Array({ maxLength: 300 })])(
    "any bytes tokenise and re-emit identically up to what was cut",
    (bytes) => {
      const codes = tokenise(bytes);
      const joined = codes.flatMap((code) => [...code]);
      expect(joined).toEqual([...bytes.subarray(0, joined.length)]);
      for (const code of codes) decodeCode(code);
    },
  );

  test("the command of the standard's example", () => {
    const definition = decodeCode(Uint8Array.of(0x9a, 0x38, 0x4a, 0xd1, 0x8b, 0x0f, 0x11));
    expect(definition).toMatchObject({
      kind: "defineWindow",
      window: 2,
      definition: {
        visible: true,
        rowLock: true,
        columnLock: true,
        priority: 0,
        anchorVertical: 74,
        anchorHorizontal: 209,
        anchorPoint: 8,
        rowCount: 11,
        columnCount: 15,
        windowStyle: 2,
        penStyle: 1,
      },
    });
  });

  test("what is not one code is refused", () => {
    for (const bytes of [[], [0x10], [0x91, 1], [0x41, 0x42]]) {
      expect(() => decodeCode(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ code: "truncated" }),
      );
    }
    expect(() => encodeCode({ kind: "delay", tenths: 256 })).toThrow(RangeError);
    expect(() => encodeCode({ kind: "text", text: "ab", transparent: false })).toThrow(RangeError);
  });

  test("a variable-length C3 code takes the rest of its block, not of the packet", () => {
    const decoder = new CaptionDecoder();
    const define = [0x98, 0x38, 0x46, 0x69, 0x71, 0x1f, 0x09];
    const packetData = encodeServiceBlocks([
      { serviceNumber: 1, blockData: Uint8Array.from([...define, 0x41, 0x10, 0x90, 0x05, 0x42]) },
      { serviceNumber: 1, blockData: Uint8Array.of(0x43) },
    ]);
    decoder.push(encodeDtvccPacket({ sequenceNumber: 0, packetData }), 0);
    expect(rowText(decoder.service(1), 0, 0)).toBe("AC");
    expect(decoder.issues).toMatchObject([{ code: "reserved", offset: 0 }]);
  });
});

function rowText(service: ServiceDecoder | undefined, id: number, row: number): string {
  const window = service?.windows[id];
  if (window === undefined) return "(no window)";
  let text = "";
  for (let column = 0; column < window.columns; column++)
    text += window.cell(row, column)?.text ?? ".";
  return text.replace(/\.+$/, "");
}

function written(...codes: Cea708Code[]): ServiceDecoder {
  const service = new ServiceDecoder();
  service.push(codes.map(encodeCode), 0);
  return service;
}

const definition: WindowDefinition = {
  visible: true,
  rowLock: true,
  columnLock: true,
  priority: 0,
  relativePositioning: false,
  anchorVertical: 70,
  anchorHorizontal: 105,
  anchorPoint: 7,
  rowCount: 2,
  columnCount: 5,
  windowStyle: 0,
  penStyle: 0,
};
const define: Cea708Code = { kind: "defineWindow", window: 0, definition };

function text(value: string): Cea708Code[] {
  return [...value].map((character) => ({ kind: "text", text: character, transparent: false }));
}

function attributes(change: Partial<(typeof WINDOW_STYLES)[number]>): Cea708Code {
  const [style] = WINDOW_STYLES;
  if (style === undefined) throw new Error("no style");
  return { kind: "setWindowAttributes", attributes: { ...style, ...change } };
}

const cr: Cea708Code = { kind: "carriageReturn" };

describe("windows", () => {
  test("style 0 of a new window is style 1, of an old one no change", () => {
    const service = written(define);
    expect(service.windows[0]?.attributes).toEqual(WINDOW_STYLES[1]);
    expect(service.windows[0]?.pen).toEqual(PEN_STYLES[1]);
    service.push([encodeCode(attributes({ justify: 1 }))], 0);
    const again = { ...define, definition: { ...define.definition, priority: 3 } };
    service.push([encodeCode(again)], 0);
    expect(service.windows[0]?.attributes.justify).toBe(1);
    const styled = { ...define, definition: { ...define.definition, windowStyle: 2, penStyle: 6 } };
    service.push([encodeCode(styled)], 0);
    expect(service.windows[0]?.attributes).toBe(WINDOW_STYLES[2]);
    expect(service.windows[0]?.pen).toBe(PEN_STYLES[6]);
  });

  test("prints in all four directions, backspace included", () => {
    const leftwards = written(
      define,
      attributes({ printDirection: 1 }),
      { kind: "setPenLocation", row: 0, column: 5 },
      ...text("abx"),
      { kind: "backspace" },
      ...text("c"),
      cr,
      ...text("d"),
    );
    expect(rowText(leftwards, 0, 0)).toBe("...cba");
    expect(rowText(leftwards, 0, 1)).toBe(".....d");
    const down = written(
      define,
      attributes({ printDirection: 2, scrollDirection: 1 }),
      ...text("abc"),
      cr,
      ...text("d"),
    );
    expect([0, 1, 2].map((row) => rowText(down, 0, row))).toEqual(["ad", "b", "c"]);
    const up = written(
      define,
      attributes({ printDirection: 3, scrollDirection: 0 }),
      { kind: "setPenLocation", row: 2, column: 5 },
      ...text("abc"),
      cr,
      ...text("d"),
    );
    expect([0, 1, 2].map((row) => rowText(up, 0, row))).toEqual([".....c", ".....b", "....da"]);
  });

  test("scrolls down when the scroll direction is top to bottom", () => {
    const service = written(
      define,
      attributes({ scrollDirection: 2 }),
      ...text("a"),
      cr,
      ...text("b"),
    );
    expect([0, 1, 2].map((row) => rowText(service, 0, row))).toEqual(["b", "a", ""]);
  });

  test("scrolls sideways in a ticker", () => {
    const service = written(
      define,
      attributes({ printDirection: 2, scrollDirection: 1 }),
      { kind: "setPenLocation", row: 0, column: 5 },
      ...text("a"),
      cr,
      ...text("b"),
    );
    expect(rowText(service, 0, 0)).toBe("....ab");
  });

  test("lays a centred or right-justified row out when it is complete, and clears it before it is written anew", () => {
    const centred = written(
      define,
      attributes({ justify: 2 }),
      ...text("ab"),
      { kind: "setPenLocation", row: 0, column: 0 },
      ...text("cd"),
      cr,
    );
    expect(rowText(centred, 0, 0)).toBe(".abcd");
    const right = written(define, attributes({ justify: 1 }), ...text("ab"), { kind: "etx" });
    expect(rowText(right, 0, 0)).toBe("....ab");
    right.push([...text("c"), { kind: "etx" } as const].map(encodeCode), 0);
    expect(rowText(right, 0, 0)).toBe(".....c");
  });

  test("a pen location outside is clamped", () => {
    const service = written(define, { kind: "setPenLocation", row: 9, column: 40 }, ...text("x"));
    expect(rowText(service, 0, 2)).toBe(".....x");
  });

  test("a pen behind the last cell stays there when the window changes and the row does not get shorter", () => {
    const changed = { ...definition, priority: 7 };
    const redefine: Cea708Code = { kind: "defineWindow", window: 0, definition: changed };
    const kept = written(define, ...text("abcdef"), redefine, ...text("g"));
    expect(rowText(kept, 0, 0)).toBe("abcdef");
    const back = written(define, ...text("abcdef"), redefine, { kind: "backspace" });
    expect(rowText(back, 0, 0)).toBe("abcde");
    const narrow: Cea708Code = { ...redefine, definition: { ...changed, columnCount: 3 } };
    const clamped = written(define, ...text("abcdef"), narrow);
    expect(clamped.windows[0]?.penLocation).toEqual({ row: 0, column: 3 });
  });

  test("a second delay in the queue runs from the end of the first", () => {
    const delay: Cea708Code = { kind: "delay", tenths: 10 };
    const service = written(define, ...text("a"), delay, ...text("b"), delay, ...text("c"));
    service.advance(999);
    expect(rowText(service, 0, 0)).toBe("a");
    service.advance(1500);
    expect(rowText(service, 0, 0)).toBe("ab");
    expect(service.delayEndMs).toBe(2000);
    service.advance(2000);
    expect(rowText(service, 0, 0)).toBe("abc");
    expect(service.delayEndMs).toBeUndefined();
  });

  test("the version goes up with every change, a deletion and a reset included", () => {
    const service = written(define, ...text("a"));
    const steps: Cea708Code[] = [
      { kind: "hideWindows", windows: 1 },
      { kind: "displayWindows", windows: 1 },
      ...text("b"),
      { kind: "deleteWindows", windows: 1 },
      define,
      { kind: "reset" },
    ];
    let { version } = service;
    for (const step of steps) {
      service.push([encodeCode(step)], 0);
      expect(service.version, step.kind).toBeGreaterThan(version);
      version = service.version;
    }
  });
});

describe("CaptionDecoder", () => {
  const packet = (sequenceNumber: number, ...codes: Cea708Code[]): Uint8Array =>
    encodeDtvccPacket({
      sequenceNumber,
      packetData: encodeServiceBlocks([
        {
          serviceNumber: 1,
          blockData: Uint8Array.from(codes.flatMap((code) => [...encodeCode(code)])),
        },
      ]),
    });

  test("a gap in the sequence numbers resets all services, or is only reported", () => {
    for (const [sequenceCheck, row, issues] of [
      ["reset", "(no window)", 1],
      ["report", "ab", 1],
      ["ignore", "ab", 0],
    ] as const) {
      const decoder = new CaptionDecoder({ sequenceCheck });
      decoder.push(packet(3, define, ...text("a")), 0);
      decoder.push(packet(1, ...text("b")), 0);
      expect(rowText(decoder.service(1), 0, 0)).toBe(row);
      expect(decoder.issues).toHaveLength(issues);
      const second = packet(3, define, ...text("a")).length;
      for (const issue of decoder.issues) expect(issue.offset).toBe(second);
    }
  });

  test("of a packet that the next one cuts the whole service blocks are used", () => {
    const decoder = new CaptionDecoder();
    const first = fromHex("279838466972050926616263646566");
    const whole = encodeDtvccPacket({ sequenceNumber: 0, packetData: first });
    decoder.push(whole.subarray(0, whole.length - 6), 0);
    decoder.push(packet(1, ...text("!")), 0);
    expect(rowText(decoder.service(1), 0, 0)).toBe("!");
    expect(decoder.tripletIssues).toMatchObject([{ code: "truncated" }]);
    expect(decoder.issues).toMatchObject([{ code: "truncated", field: "blockSize" }]);
  });

  test("changes are announced with their time, hidden ones apart", () => {
    const changes: string[] = [];
    const decoder = new CaptionDecoder({
      onChange: ({ serviceNumber, timeMs, visible, windows }) => {
        const shown = windows.filter((window) => window?.visible === true).length;
        changes.push(`${serviceNumber} ${timeMs} ${visible ? "visible" : "hidden"} ${shown}`);
      },
    });
    const hidden = { ...define, definition: { ...define.definition, visible: false } };
    decoder.push(packet(0, hidden, ...text("a")), 100);
    decoder.push(packet(1, { kind: "etx" }), 200);
    decoder.push(
      packet(2, { kind: "displayWindows", windows: 1 }, { kind: "delay", tenths: 1 }, ...text("b")),
      300,
    );
    decoder.push(new Uint8Array(0), 350);
    decoder.push(new Uint8Array(0), 400);
    decoder.push(packet(3, { kind: "deleteWindows", windows: 1 }), 500);
    expect(changes).toEqual([
      "1 100 hidden 0",
      "1 300 visible 1",
      "1 400 visible 1",
      "1 500 visible 0",
    ]);
  });

  test("other services than the wanted are not interpreted", () => {
    const decoder = new CaptionDecoder({ services: [2] });
    decoder.push(packet(0, define), 0);
    expect(decoder.serviceNumbers).toEqual([]);
  });

  property.prop([fc.array(fc.uint8Array({ maxLength: 93 }), { maxLength: 20 })])(
    "any bytes: windows and issues, no exception",
    (frames) => {
      const decoder = new CaptionDecoder();
      frames.forEach((frame, index) => {
        decoder.push(frame, index * 33);
      });
      decoder.flush(frames.length * 33);
    },
  );

  property.prop([
    fc.array(serviceCode, { maxLength: 60 }),
    fc.array(fc.nat(20), { maxLength: 30 }),
  ])("codes in packets of any sizes end in the same windows", (codes, sizes) => {
    fc.pre(codes.every((code) => code[0] !== 0x8d));
    const whole = new ServiceDecoder();
    whole.push(codes, 0);
    const parts = new ServiceDecoder();
    let at = 0;
    for (const size of sizes) {
      parts.push(codes.slice(at, at + size), 0);
      at += size;
    }
    parts.push(codes.slice(at), 0);
    const state = (service: ServiceDecoder): unknown =>
      service.windows.map((window) =>
        window === undefined
          ? null
          : [
              window.visible,
              window.penLocation,
              ...Array.from({ length: window.rows }, (_, row) => rowText(service, window.id, row)),
            ],
      );
    expect(state(parts)).toEqual(state(whole));
    expect(parts.currentWindow).toBe(whole.currentWindow);
  });
});
