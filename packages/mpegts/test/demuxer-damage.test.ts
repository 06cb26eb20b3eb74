import { describe, expect, test } from "vitest";
import { packetBytes, pesBytes, pmtBytes, sectionBytes } from "../src/conformance.js";
import { pcrField, pesPackets, sectionPackets } from "../src/conformance-streams.js";
import { codes, DATA, data, demux, PMT, part, pes, VIDEO } from "./demux.js";

describe("damage", () => {
  const four = (counter = 0): Uint8Array[] =>
    pesPackets(DATA, pesBytes(0xbd, data(700), 9), counter);

  test("loss, truncation, scrambling", () => {
    const lost = four();
    lost.splice(1, 1);
    expect(pes(demux(lost))[0]?.damage).toBe("loss");
    expect(codes(demux(lost))).toContain("continuity");
    const cut = [...four().slice(0, 2), ...four(2)];
    expect(pes(demux(cut)).map((event) => event.damage)).toEqual(["truncated", undefined]);
    expect(codes(demux(cut))).toEqual(["pes-truncated"]);
    const scrambled = four();
    scrambled[2] = part({ continuityCounter: 2, scrambling: 3 });
    expect(pes(demux(scrambled))[0]?.damage).toBe("scrambled");
    expect(codes(demux(scrambled))).toContain("scrambled");
  });

  test("a discontinuity that is announced is no loss", () => {
    const packets = [
      ...four(),
      packetBytes({
        pid: DATA,
        continuityCounter: 9,
        payloadUnitStart: true,
        adaptation: [0x80, ...new Array(152).fill(0xff)],
        payload: pesBytes(0xbd, data(16), 9),
      }),
    ];
    const events = demux(packets);
    expect(codes(events)).toEqual([]);
    expect(pes(events)[1]).toMatchObject({ discontinuity: true, damage: undefined });
  });

  test("nor is one that was announced in a packet without payload", () => {
    const flag = packetBytes({ pid: DATA, continuityCounter: 8, adaptation: [0x80] });
    const events = demux([...four(), flag, ...four(9)]);
    expect(codes(events)).toEqual([]);
    expect(pes(events).map((event) => event.discontinuity)).toEqual([false, true]);
  });

  test("an issue names the PID and the packet that it is about", () => {
    const events = demux([
      ...four().slice(0, 2),
      ...sectionPackets(PMT, pmtBytes(1, 0x1fff, [], 1), 1),
    ]);
    const [issue] = events.flatMap((event) => (event.type === "issue" ? [event.issue] : []));
    expect(issue).toMatchObject({ code: "pes-truncated", pid: DATA, offset: 376, packet: 4 });
  });

  test("sixteen lost packets are no duplicate", () => {
    const packets = [
      part({ payloadUnitStart: true, payload: pesBytes(0xe0, data(170), 1, undefined, false) }),
      part({ continuityCounter: 0, payload: data(184, 99) }),
    ];
    expect(codes(demux(packets.map((packet) => packet.fill(1, 1, 2).fill(1, 2, 3))))).toEqual([
      "continuity",
    ]);
  });

  test("a unit without start code is told and skipped", () => {
    const events = demux([part({ payloadUnitStart: true }), ...four(1)]);
    expect(codes(events)).toEqual(["pes-start"]);
    expect(pes(events)).toHaveLength(1);
  });

  test("a header that cannot be read is told and skipped", () => {
    const unit = pesBytes(0xbd, data(20), 1);
    unit[6] = 0;
    expect(codes(demux([part({ payloadUnitStart: true, payload: unit })]))).toEqual(["pes-header"]);
  });
});

describe("adaptation fields", () => {
  test("packets of errors, reserved control and bad fields give an issue each", () => {
    const long = part({});
    long[3] = 0x30;
    long[4] = 200;
    const control = part({});
    control[3] = 0;
    const events = demux([
      part({ transportError: true }),
      control,
      long,
      packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: [0x10, 1, 2] }).fill(3, 4, 5),
      packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: [0x10, 0, 0, 0, 0, 0x7f, 0x2c] }),
    ]);
    expect(codes(events)).toEqual([
      "transport-error",
      "reserved-control",
      "adaptation-field",
      "adaptation-field",
      "clock-reference",
    ]);
    const pcr = events.find((event) => event.type === "pcr");
    expect(pcr).toMatchObject({ extension: 300, extensionOutOfRange: true });
  });

  test("PCRs can be left out", () => {
    const clock = packetBytes({ pid: VIDEO, continuityCounter: 0, adaptation: pcrField(5) });
    expect(demux([clock]).filter((event) => event.type === "pcr")).toHaveLength(1);
    expect(demux([clock], { pcr: false }).filter((event) => event.type === "pcr")).toEqual([]);
  });
});

describe("limits", () => {
  test("a PES packet without end is cut", () => {
    const packets = pesPackets(VIDEO, pesBytes(0xe0, data(5000), 1, undefined, false));
    const events = demux(packets, { maxPesSize: 1000 });
    expect(codes(events)).toEqual(["limit"]);
    const [event] = pes(events);
    expect(event?.damage).toBe("oversize");
    expect(event?.data.length).toBeLessThanOrEqual(1000);
  });

  test("memory for all of them is shared", () => {
    const packets = [
      ...pesPackets(VIDEO, pesBytes(0xe0, data(3000), 1, undefined, false)),
      ...pesPackets(DATA, pesBytes(0xbd, data(3000), 1)),
    ];
    const events = demux(packets, { maxBufferedBytes: 6000 });
    expect(codes(events)).toContain("limit");
    expect(pes(events).some((event) => event.damage === undefined)).toBe(true);
  });

  test("programmes are counted, and costs do not grow with them", () => {
    const packets: Uint8Array[] = [];
    for (let n = 0; n < 60; n++) {
      // Section 0 of a table that never ends, each time with other programmes.
      const body = Array.from({ length: 40 }, (_, i) => [
        (n * 40 + i) >> 8,
        (n * 40 + i) & 255,
        0xe2,
        i,
      ]).flat();
      packets.push(...sectionPackets(0, sectionBytes(0, 1, body, n % 32, true, 0, 9), n + 1));
    }
    const limits = codes(demux(packets)).filter((code) => code === "limit");
    // Programme 0 is the network, and one was there before.
    expect(limits).toHaveLength(60 * 40 - 2 - 1023);
  });

  test("PIDs are counted", () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ streamType: 6, pid: 0x400 + i }));
    const events = demux(sectionPackets(PMT, pmtBytes(1, 0x1fff, many, 1), 1), { maxPids: 20 });
    expect(codes(events).filter((code) => code === "limit").length).toBeGreaterThan(20);
  });
});
