import fc from "fast-check";
import { type Check, same, sameBytes, throws } from "./conformance-assert.js";
import { demuxProperties } from "./conformance-demux.js";
import { muxProperties } from "./conformance-mux.js";
import {
  arbitraryChunkSizes,
  arbitraryPayload,
  arbitraryPcr,
  arbitraryPid,
  arbitraryTimestamp,
  packetBytes,
  patBytes,
  pcrField,
  pesBytes,
  pmtBytes,
  sectionBytes,
} from "./conformance-streams.js";
import type { PlainPmt, TransportStreamImplementation } from "./conformance-types.js";

export type { PlainPacket } from "./conformance-streams.js";
export type {
  PlainHeader,
  PlainPcr,
  PlainPes,
  PlainPmt,
  PlainResult,
  PlainUnit,
  TransportStreamImplementation,
} from "./conformance-types.js";
export {
  arbitraryChunkSizes,
  arbitraryPayload,
  arbitraryPcr,
  arbitraryPid,
  arbitraryTimestamp,
  packetBytes,
  patBytes,
  pesBytes,
  pmtBytes,
  sectionBytes,
};

/** What the suite wants of a test runner: those of vitest, node:test, mocha and jest fit. */
export interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

/** Everything that any implementation of ISO/IEC 13818-1 transport streams must satisfy, as tests. */
export function conformanceSuite(
  implementation: TransportStreamImplementation,
  options: SuiteOptions,
): void {
  const { describe, test, numRuns = 100 } = options;
  const check = <Values extends [unknown, ...unknown[]]>(
    name: string,
    arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
    body: (...values: Values) => void,
  ): void => {
    test(name, () => {
      fc.assert(
        fc.property<Values>(...arbitraries, (...values) => body(...values)),
        { numRuns },
      );
    });
  };
  describe("packets", () => packetProperties(implementation, check));
  describe("tables", () => tableProperties(implementation, check));
  describe("demultiplexing", () => demuxProperties(implementation, check));
  const { mux } = implementation;
  if (mux !== undefined) {
    describe("multiplexing", () => muxProperties(mux.bind(implementation), check));
  }
}

function packetProperties(implementation: TransportStreamImplementation, check: Check): void {
  const anyPid = fc.integer({ min: 0, max: 0x1fff });
  const counter = fc.integer({ min: 0, max: 15 });
  check<[number, number, boolean, boolean, number, Uint8Array]>(
    "the header's fields are where they are (2.4.3.2)",
    [
      anyPid,
      counter,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      arbitraryPayload(184),
    ],
    (pid, continuityCounter, payloadUnitStart, transportError, scrambling, payload) => {
      const plain = {
        pid,
        continuityCounter,
        payloadUnitStart,
        transportError,
        scrambling,
        payload,
      };
      const header = implementation.decodePacket(packetBytes(plain));
      same(header.pid, pid, "PID");
      same(header.continuityCounter, continuityCounter, "continuity_counter");
      same(header.payloadUnitStartIndicator, payloadUnitStart, "payload_unit_start_indicator");
      same(header.transportErrorIndicator, transportError, "transport_error_indicator");
      same(header.transportScramblingControl, scrambling, "transport_scrambling_control");
      sameBytes(header.payload, payload, "payload");
    },
  );
  check<[number, boolean, Uint8Array]>(
    "a PCR is base · 300 + extension, 42 bits of it (2.4.3.5)",
    [arbitraryPcr(), fc.boolean(), arbitraryPayload(176)],
    (pcr, discontinuity, payload) => {
      const bytes = packetBytes({
        pid: 256,
        continuityCounter: 0,
        adaptation: pcrField(pcr, discontinuity),
        payload,
      });
      const header = implementation.decodePacket(bytes);
      same(header.pcr, pcr, "PCR");
      sameBytes(header.payload, payload, "payload");
    },
  );
  check<[Uint8Array]>(
    "an adaptation field without flags has no PCR, nor has one of length 0 (2.4.3.4)",
    [fc.uint8Array({ minLength: 175, maxLength: 183 })],
    (payload) => {
      const header = implementation.decodePacket(
        packetBytes({ pid: 256, continuityCounter: 0, payload }),
      );
      same(header.pcr, undefined, "PCR");
      sameBytes(header.payload, payload, "payload");
    },
  );
}

function tableProperties(implementation: TransportStreamImplementation, check: Check): void {
  const pmt = fc.record({
    programNumber: fc.integer({ min: 1, max: 0xffff }),
    pcrPid: fc.integer({ min: 0, max: 0x1fff }),
    streams: fc.array(
      fc.record({ streamType: fc.integer({ min: 0, max: 255 }), pid: arbitraryPid() }),
      { maxLength: 12 },
    ),
  });
  check<[PlainPmt]>("a programme map is read and written bit for bit (2.4.4.9)", [pmt], (map) => {
    const section = pmtBytes(map.programNumber, map.pcrPid, map.streams);
    const read = implementation.decodePmt(section);
    same(read.programNumber, map.programNumber, "program_number");
    same(read.pcrPid, map.pcrPid, "PCR_PID");
    same(describeStreams(read.streams), describeStreams(map.streams), "streams");
    sameBytes(implementation.encodePmt(map), section, "section");
  });
  check<[PlainPmt, number]>(
    "a section with any wrong bit is refused (annex A)",
    [pmt, fc.nat()],
    (map, position) => {
      const section = pmtBytes(map.programNumber, map.pcrPid, map.streams);
      const bit = position % (section.length * 8);
      // The length decides what the section is: another length is another section.
      if (bit >= 8 && bit < 24) return;
      section[bit >> 3] = (section[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      throws(() => implementation.decodePmt(section), `bit ${bit}`);
    },
  );
}

function describeStreams(streams: PlainPmt["streams"]): string {
  return streams.map(({ streamType, pid }) => `${streamType}@${pid}`).join();
}
