import { describe, expect, test } from "vitest";
import { pesBytes, pmtBytes, sectionBytes } from "../src/conformance.js";
import { pesPackets, sectionPackets } from "../src/conformance-streams.js";
import { codes, DATA, data, demux, PMT, pes, VIDEO } from "./demux.js";

describe("tables", () => {
  test("a PAT of two sections, and a programme that goes", () => {
    const first = sectionBytes(0, 1, [0, 1, 0xf0, 0], 3, true, 0, 1);
    const second = sectionBytes(0, 1, [0, 2, 0xf0, 1], 3, true, 1, 1);
    const packets = [
      ...sectionPackets(0, first, 1),
      ...sectionPackets(0x1001, pmtBytes(2, 0x1fff, [])),
      ...sectionPackets(0, second, 2),
      ...sectionPackets(0x1001, pmtBytes(2, 0x1fff, []), 1),
      ...sectionPackets(0, sectionBytes(0, 1, [0, 2, 0xf0, 1], 4), 3),
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
    ];
    const events = demux(packets);
    const pats = events.flatMap((event) =>
      event.type === "pat" ? [event.pat.programs.length] : [],
    );
    expect(pats).toEqual([1, 2, 1]);
    const maps = events.flatMap((event) => (event.type === "pmt" ? [event.pmt.programNumber] : []));
    expect(maps).toEqual([1, 2]);
    // Programme 1 is gone, and so are its streams.
    expect(pes(events)).toEqual([]);
  });

  test("a stream that leaves the map is delivered first", () => {
    const packets = [
      ...pesPackets(VIDEO, pesBytes(0xe0, data(50), 1, undefined, false)),
      ...sectionPackets(PMT, pmtBytes(1, 0x1fff, [], 1), 1),
      ...pesPackets(VIDEO, pesBytes(0xe0, data(50), 1, undefined, false), 1),
    ];
    expect(pes(demux(packets))).toHaveLength(1);
  });

  test("a PID that becomes a programme map's is no stream any more", () => {
    const packets = [
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
      ...sectionPackets(0, sectionBytes(0, 1, [0, 1, 0xe0 | (DATA >> 8), DATA & 0xff], 1), 1),
      ...sectionPackets(DATA, pmtBytes(1, 0x1fff, []), 5),
    ];
    const events = demux(packets);
    expect(pes(events)).toHaveLength(1);
    expect(events.filter((event) => event.type === "pmt")).toHaveLength(2);
  });

  test("programmes and PIDs can be chosen", () => {
    const unit = pesPackets(DATA, pesBytes(0xbd, data(5), 0));
    expect(pes(demux(unit, { programs: [2] }))).toHaveLength(0);
    expect(pes(demux(unit, { programs: [1] }))).toHaveLength(1);
    const unlisted = pesPackets(0x300, pesBytes(0xbd, data(5), 0));
    expect(pes(demux(unlisted))).toHaveLength(0);
    expect(pes(demux(unlisted, { pesPids: [0x300] }))[0]).toMatchObject({
      programNumber: undefined,
      stream: undefined,
    });
    const section = sectionPackets(0x301, sectionBytes(0xc8, 1, [1, 2, 3]));
    const found = demux(section, { sectionPids: [0x301] }).find(
      (event) => event.type === "section",
    );
    expect(found).toMatchObject({
      pid: 0x301,
      section: { tableId: 0xc8, data: Uint8Array.of(1, 2, 3) },
    });
  });

  test("CAT and SDT come once, and again when they change", () => {
    const cat = (version: number, counter: number): Uint8Array[] =>
      sectionPackets(1, sectionBytes(1, 0xffff, [], version), counter);
    const events = demux([...cat(0, 0), ...cat(0, 1), ...cat(1, 2)]);
    expect(events.filter((event) => event.type === "section")).toHaveLength(2);
  });

  test("a wrong CRC and a bad loop are told; the map in force stays", () => {
    const wrong = pmtBytes(1, 7, [], 1);
    wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
    const events = demux([
      ...sectionPackets(PMT, wrong, 1),
      ...sectionPackets(PMT, sectionBytes(2, 1, [0xe0, 7, 0xf0, 9], 1), 2),
      ...pesPackets(DATA, pesBytes(0xbd, data(5), 0)),
    ]);
    expect(codes(events)).toEqual(["section-crc", "psi-content"]);
    expect(pes(events)).toHaveLength(1);
  });

  test("a stream on the PID of a table is refused", () => {
    const map = pmtBytes(1, 0x1fff, [{ streamType: 6, pid: PMT }], 1);
    expect(codes(demux(sectionPackets(PMT, map, 1)))).toEqual(["psi-content"]);
  });
});
