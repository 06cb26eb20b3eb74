import fc from "fast-check";
import { type Check, same, sameBytes } from "./conformance-assert.js";
import {
  arbitraryPayload,
  arbitraryTimestamp,
  DATA_PID,
  ofPid,
  pesBytes,
  VIDEO_PID,
} from "./conformance-streams.js";
import type { PlainUnit } from "./conformance-types.js";

const MODULUS = 2 ** 33 * 300;

/** What a multiplexer must satisfy. */
export function muxProperties(
  mux: (units: readonly PlainUnit[], bitrate: number | undefined) => Uint8Array,
  check: Check,
): void {
  const units = fc
    .tuple(
      arbitraryTimestamp(),
      fc.array(
        fc.record({
          data: arbitraryPayload(1000),
          pid: fc.constantFrom(VIDEO_PID, VIDEO_PID, DATA_PID),
          step: fc.integer({ min: 0, max: 3600 }),
        }),
        { minLength: 2, maxLength: 20 },
      ),
    )
    .map(([start, list]): PlainUnit[] => {
      let time = start;
      return list.map(({ data, pid, step }) => {
        time = (time + step) % 2 ** 33;
        return { data, pid, pts: time };
      });
    });
  const rate = fc.constantFrom(undefined, 1_000_000, 1_234_567);
  check<[PlainUnit[], number | undefined]>(
    "the output is whole packets, whose counters continue (2.4.3.3)",
    [units, rate],
    (list, bitrate) => {
      const bytes = mux(list, bitrate);
      same(bytes.length % 188, 0, "bytes of a broken packet");
      const counters = new Map<number, number>();
      for (const packet of packetsOf(bytes)) {
        same(packet.sync, 0x47, "sync_byte");
        if (packet.pid === 0x1fff) continue;
        const last = counters.get(packet.pid);
        if (last !== undefined) {
          same(packet.counter, packet.payload === undefined ? last : (last + 1) % 16, "counter");
        }
        counters.set(packet.pid, packet.counter);
      }
    },
  );
  check<[PlainUnit[], number | undefined]>(
    "each unit is a PES packet with its PTS and its bytes, in order (2.4.3.7)",
    [units, rate],
    (list, bitrate) => {
      const packets = packetsOf(mux(list, bitrate));
      for (const pid of [VIDEO_PID, DATA_PID]) {
        const expected = ofPid(list, pid);
        const actual = unitsOf(packets, pid);
        same(actual.length, expected.length, `PES packets of PID ${pid}`);
        expected.forEach(({ data, pts }, i) => {
          const pes = actual[i] as number[];
          same(pes.slice(9, 14).join(), timeText(pts), "PTS");
          sameBytes(Uint8Array.from(pes.slice(9 + (pes[8] as number))), data, "payload");
        });
      }
    },
  );
  check<[PlainUnit[], number | undefined]>(
    "PCRs come at most 100 ms apart, and never after the DTS they serve (2.7.2, 2.4.2)",
    [units, rate],
    (list, bitrate) => {
      const packets = packetsOf(mux(list, bitrate));
      let last: number | undefined;
      for (const { pcr, pid, start, payload } of packets) {
        if (pid !== VIDEO_PID) continue;
        if (pcr !== undefined && last !== undefined) {
          const step = (pcr - last + MODULUS) % MODULUS;
          if (step <= 0 || step > 100 * 27_000) throw new Error(`PCR step ${step}`);
        }
        last = pcr ?? last;
        if (!start || payload === undefined || last === undefined) continue;
        const dts = ptsOf(payload);
        const ahead = (dts * 300 - last + MODULUS) % MODULUS;
        if (ahead > 10 * 27e6) throw new Error(`DTS ${dts} is not ahead of PCR ${last}`);
      }
      if (last === undefined) throw new Error("no PCR");
    },
  );
  check<[PlainUnit[]]>(
    "at a constant rate each PCR tells its packet's place within 500 ns (2.4.2.2)",
    [units],
    (list) => {
      const bitrate = 1_500_000;
      const clock: [number, number][] = [];
      packetsOf(mux(list, bitrate)).forEach(({ pcr, pid }, index) => {
        if (pcr !== undefined && pid === VIDEO_PID) clock.push([index, pcr]);
      });
      const [first] = clock;
      if (first === undefined) throw new Error("no PCR");
      for (const [index, pcr] of clock) {
        const exact = ((index - first[0]) * 1504 * 27e6) / bitrate;
        const error = ((pcr - first[1] + MODULUS) % MODULUS) - exact;
        if (Math.abs(error) > 13.5) throw new Error(`PCR off by ${error} ticks`);
      }
    },
  );
  check<[PlainUnit[]]>("tables come before the data and name it (2.4.4)", [units], (list) => {
    const packets = packetsOf(mux(list, undefined));
    const first = packets.findIndex(({ pid }) => pid === VIDEO_PID || pid === DATA_PID);
    const pat = packets.findIndex(({ pid }) => pid === 0);
    if (pat < 0 || pat > first) throw new Error("no PAT before the data");
    const section = (packets[pat]?.payload ?? new Uint8Array(0)).subarray(1);
    const pmtPid = (((section[10] as number) & 0x1f) << 8) | (section[11] as number);
    const map = packets.findIndex(({ pid }) => pid === pmtPid);
    if (map < 0 || map > first) throw new Error("no PMT before the data");
    const content = packets[map]?.payload ?? new Uint8Array(0);
    same((((content[9] as number) & 0x1f) << 8) | (content[10] as number), VIDEO_PID, "PCR_PID");
  });
}

interface SeenPacket {
  readonly sync: number;
  readonly pid: number;
  readonly start: boolean;
  readonly counter: number;
  readonly pcr: number | undefined;
  readonly payload: Uint8Array | undefined;
}

function packetsOf(bytes: Uint8Array): SeenPacket[] {
  const packets: SeenPacket[] = [];
  for (let at = 0; at + 188 <= bytes.length; at += 188) {
    const byte = (i: number): number => bytes[at + i] as number;
    const field = (byte(3) & 0x20) === 0 ? 0 : 1 + byte(4);
    const hasPcr = field > 7 && (byte(5) & 0x10) !== 0;
    const base =
      byte(6) * 2 ** 25 + byte(7) * 2 ** 17 + byte(8) * 2 ** 9 + byte(9) * 2 + (byte(10) >> 7);
    packets.push({
      sync: byte(0),
      pid: ((byte(1) & 0x1f) << 8) | byte(2),
      start: (byte(1) & 0x40) !== 0,
      counter: byte(3) & 0x0f,
      pcr: hasPcr ? base * 300 + (byte(10) & 1) * 256 + byte(11) : undefined,
      payload: (byte(3) & 0x10) === 0 ? undefined : bytes.subarray(at + 4 + field, at + 188),
    });
  }
  return packets;
}

function unitsOf(packets: readonly SeenPacket[], wanted: number): number[][] {
  const units: number[][] = [];
  for (const { pid, start, payload } of packets) {
    if (pid !== wanted || payload === undefined) continue;
    if (start) units.push([]);
    units.at(-1)?.push(...payload);
  }
  return units;
}

function timeText(pts: number): string {
  return Array.from(pesBytes(0xbd, new Uint8Array(0), pts).subarray(9, 14)).join();
}

function ptsOf(pes: Uint8Array): number {
  const b = (i: number): number => pes[9 + i] as number;
  const high = (b(0) >> 1) & 7;
  return high * 2 ** 30 + (b(1) * 128 + (b(2) >> 1)) * 2 ** 15 + b(3) * 128 + (b(4) >> 1);
}
