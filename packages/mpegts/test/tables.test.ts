import { fc, test as property } from "@fast-check/vitest";
import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../tools/testing/vectors.js";
import {
  type Descriptor,
  decodeCat,
  decodeDescriptors,
  decodePat,
  decodePmt,
  decodeSdt,
  decodeSection,
  encodeCat,
  encodeDescriptors,
  encodePat,
  encodePmt,
  encodeSdt,
  encodeSection,
  type PsiSection,
  SectionAssembler,
} from "../src/index.js";

const descriptor: fc.Arbitrary<Descriptor> = fc.record({
  descriptorTag: fc.integer({ min: 0, max: 255 }),
  data: fc.uint8Array({ maxLength: 20 }),
});
const descriptors = fc.array(descriptor, { maxLength: 4 });
const pid = fc.integer({ min: 0, max: 0x1fff });
const sixteen = fc.integer({ min: 0, max: 0xffff });
const table = {
  versionNumber: fc.integer({ min: 0, max: 31 }),
  currentNextIndicator: fc.boolean(),
  sectionNumber: fc.integer({ min: 0, max: 255 }),
  lastSectionNumber: fc.integer({ min: 0, max: 255 }),
};
const syntax = fc.record({ tableIdExtension: sixteen, ...table });

describe("section", () => {
  property.prop([
    fc.record(
      {
        tableId: fc.integer({ min: 0, max: 255 }),
        privateIndicator: fc.boolean(),
        data: fc.uint8Array({ maxLength: 300 }),
        syntax,
      },
      { requiredKeys: ["tableId", "privateIndicator", "data"] },
    ),
  ])("what is written is read", (section) => {
    expect(decodeSection(encodeSection(section as PsiSection))).toEqual(section);
  });

  const pat = fromHex("00b00d0001c100000001f0002ab104b2");

  test("a PAT of FFmpeg", () => {
    expect(decodePat(decodeSection(pat))).toEqual({
      transportStreamId: 1,
      versionNumber: 0,
      currentNextIndicator: true,
      sectionNumber: 0,
      lastSectionNumber: 0,
      programs: [{ programNumber: 1, pid: 0x1000 }],
    });
    expect(encodePat(decodePat(decodeSection(pat)))).toEqual(pat);
  });

  test("every strict prefix is truncated", () => {
    for (let n = 0; n < pat.length; n++) {
      expect(() => decodeSection(pat.subarray(0, n))).toThrow(
        expect.objectContaining({ code: "truncated" }),
      );
    }
  });

  test("a wrong CRC is refused, or kept as it is", () => {
    const wrong = pat.slice();
    wrong[wrong.length - 1] = 0;
    expect(() => decodeSection(wrong)).toThrow(expect.objectContaining({ code: "checksum" }));
    const kept = decodeSection(wrong, 0, { onChecksumMismatch: "keep" });
    expect(encodeSection(kept)).toEqual(wrong);
  });

  test("lengths out of range", () => {
    expect(() => decodeSection(fromHex("00b00400010203"))).toThrow(
      expect.objectContaining({ code: "range" }),
    );
    const long = new Uint8Array(4099);
    long.set([0x40, 0x7f, 0xff]);
    expect(() => decodeSection(long)).toThrow(expect.objectContaining({ code: "range" }));
    expect(() =>
      encodeSection({ tableId: 1, privateIndicator: false, data: new Uint8Array(4094) }),
    ).toThrow(RangeError);
  });
});

describe("tables", () => {
  property.prop([
    fc.record({
      transportStreamId: sixteen,
      ...table,
      programs: fc.array(fc.record({ programNumber: sixteen, pid }), { maxLength: 253 }),
    }),
  ])("PAT", (pat) => {
    expect(decodePat(decodeSection(encodePat(pat)))).toEqual(pat);
  });

  property.prop([
    fc.record({
      programNumber: sixteen,
      versionNumber: table.versionNumber,
      currentNextIndicator: fc.boolean(),
      pcrPid: pid,
      descriptors,
      streams: fc.array(
        fc.record({
          streamType: fc.integer({ min: 0, max: 255 }),
          elementaryPid: pid,
          descriptors,
        }),
        { maxLength: 8 },
      ),
    }),
  ])("PMT", (pmt) => {
    expect(decodePmt(decodeSection(encodePmt(pmt)))).toEqual(pmt);
  });

  property.prop([fc.record({ ...table, descriptors })])("CAT", (cat) => {
    expect(decodeCat(decodeSection(encodeCat(cat)))).toEqual(cat);
  });

  property.prop([
    fc.record({
      actual: fc.boolean(),
      transportStreamId: sixteen,
      originalNetworkId: sixteen,
      ...table,
      services: fc.array(
        fc.record({
          serviceId: sixteen,
          eitScheduleFlag: fc.boolean(),
          eitPresentFollowingFlag: fc.boolean(),
          runningStatus: fc.integer({ min: 0, max: 7 }),
          freeCaMode: fc.boolean(),
          descriptors,
        }),
        { maxLength: 5 },
      ),
    }),
  ])("SDT", (sdt) => {
    expect(decodeSdt(decodeSection(encodeSdt(sdt)))).toEqual(sdt);
  });

  test("reserved bits survive", () => {
    const data = fromHex("01001000");
    const section: PsiSection = {
      tableId: 2,
      privateIndicator: true,
      reserved: 0,
      syntax: {
        tableIdExtension: 1,
        versionNumber: 1,
        currentNextIndicator: true,
        sectionNumber: 0,
        lastSectionNumber: 0,
        reserved: 1,
      },
      data,
    };
    expect(decodeSection(encodeSection(section))).toEqual(section);
    const pmt = decodePmt(section);
    expect(pmt).toMatchObject({ pcrPid: 0x100, reserved: 1 });
    expect(decodePmt(decodeSection(encodePmt(pmt)))).toEqual(pmt);
  });

  const sectionOf = (tableId: number, data: Uint8Array): PsiSection =>
    decodeSection(
      encodeSection({
        tableId,
        privateIndicator: false,
        syntax: {
          tableIdExtension: 1,
          versionNumber: 0,
          currentNextIndicator: true,
          sectionNumber: 0,
          lastSectionNumber: 0,
        },
        data,
      }),
    );

  test.each<[string, () => unknown]>([
    ["unsupported", () => decodePat(sectionOf(2, new Uint8Array(4)))],
    ["unsupported", () => decodePmt(sectionOf(0, new Uint8Array(4)))],
    ["unsupported", () => decodeCat(sectionOf(0, new Uint8Array(4)))],
    ["unsupported", () => decodeSdt(sectionOf(0, new Uint8Array(4)))],
    ["range", () => decodePat(sectionOf(0, new Uint8Array(5)))],
    ["truncated", () => decodePmt(sectionOf(2, new Uint8Array(3)))],
    ["truncated", () => decodePmt(sectionOf(2, fromHex("e100f005")))],
    ["truncated", () => decodePmt(sectionOf(2, fromHex("e100f0001be100f002")))],
    ["truncated", () => decodePmt(sectionOf(2, fromHex("e100f002051f")))],
    ["truncated", () => decodeCat(sectionOf(1, fromHex("0904")))],
    ["truncated", () => decodeSdt(sectionOf(0x42, fromHex("0001")))],
    ["truncated", () => decodeSdt(sectionOf(0x42, fromHex("0001ff0001fc8005")))],
    ["truncated", () => decodeDescriptors(fromHex("050456414e"))],
  ])("%s", (code, call) => {
    expect(call).toThrow(expect.objectContaining({ name: "FormatError", code }));
  });

  test("a descriptor that is too long is kept when asked", () => {
    const section = sectionOf(2, fromHex("e100f000" + "06e101f004" + "c4005604"));
    const pmt = decodePmt(section, { onBadDescriptor: "keep" });
    expect(pmt.streams[0]).toEqual({
      streamType: 6,
      elementaryPid: 0x101,
      descriptors: [{ descriptorTag: 0xc4, data: new Uint8Array(0) }],
      rest: fromHex("5604"),
    });
    expect(decodePmt(decodeSection(encodePmt(pmt)), { onBadDescriptor: "keep" })).toEqual(pmt);
  });

  test("what does not fit is a mistake of the caller", () => {
    const entry = { programNumber: 1, pid: 0x100 };
    const pat = decodePat(decodeSection(fromHex("00b00d0001c100000001f0002ab104b2")));
    expect(() => encodePat({ ...pat, programs: new Array(254).fill(entry) })).toThrow(RangeError);
    expect(() => encodePat({ ...pat, programs: [{ programNumber: 1, pid: 0x2000 }] })).toThrow(
      RangeError,
    );
    expect(() => encodeDescriptors([{ descriptorTag: 1, data: new Uint8Array(256) }])).toThrow(
      RangeError,
    );
  });
});

describe("section assembler", () => {
  const sections = [40, 183, 400, 12, 900].map((length, i) =>
    encodeSection({
      tableId: 0x70 + i,
      privateIndicator: true,
      data: new Uint8Array(length).fill(i),
    }),
  );

  /** All sections behind each other, as densely as pointer_field allows. */
  function dense(): { payload: Uint8Array; start: boolean }[] {
    const bytes = concatBytes(...sections);
    const starts: number[] = [];
    let at = 0;
    for (const section of sections) {
      starts.push(at);
      at += section.length;
    }
    const payloads: { payload: Uint8Array; start: boolean }[] = [];
    for (let from = 0; from < bytes.length; ) {
      const next = starts.find((start) => start >= from && start < from + 183);
      const room = next === undefined ? 184 : 183;
      const part = bytes.subarray(from, from + room);
      const head = next === undefined ? [] : [next - from];
      const payload = new Uint8Array(184).fill(0xff);
      payload.set([...head, ...part]);
      payloads.push({ payload, start: next !== undefined });
      from += room;
    }
    return payloads;
  }

  function assemble(payloads: readonly { payload: Uint8Array; start: boolean }[]): {
    found: Uint8Array[];
    faults: string[];
  } {
    const found: Uint8Array[] = [];
    const faults: string[] = [];
    const assembler = new SectionAssembler({ onFault: (fault) => faults.push(fault) });
    for (const { payload, start } of payloads) {
      assembler.push(payload, 0, payload.length, start, (bytes, size) =>
        found.push(bytes.slice(0, size)),
      );
    }
    return { found, faults };
  }

  test("several sections a packet, and sections of several packets", () => {
    expect(assemble(dense())).toEqual({ found: sections, faults: [] });
  });

  test("it begins at a unit start", () => {
    expect(assemble(dense().slice(1)).found).toEqual(sections.slice(2));
  });

  test("a section that another one interrupts is dropped and told", () => {
    const payloads = dense();
    const cut = payloads.findIndex(({ start }) => !start);
    payloads.splice(cut, 1);
    const { found, faults } = assemble(payloads);
    expect(found.length).toBeLessThan(sections.length);
    expect(faults.length + found.length).toBeGreaterThan(0);
  });

  test("faults", () => {
    const pointer = new Uint8Array(184).fill(0xff);
    pointer[0] = 184;
    expect(assemble([{ payload: pointer, start: true }]).faults).toEqual(["pointer-field"]);
    const length = new Uint8Array(184);
    length.set([0, 0x70, 0x7f, 0xff]);
    expect(assemble([{ payload: length, start: true }]).faults).toEqual(["section-length"]);
    const again = new Uint8Array(184);
    again.set([0, 0x70, 0x73, 0xff]);
    const twice = [
      { payload: again, start: true },
      { payload: again, start: true },
    ];
    expect(assemble(twice).faults).toEqual(["section-truncated"]);
  });
});
