import * as fc from "fast-check";
import { dtvccPacket, serviceCode } from "./arbitraries.js";
import { check, concatenated, type Defined, same } from "./check.js";
import type { SuiteRunner } from "./implementation.js";

/** How codes are cut (CTA-708-E 7.1). */
export function codeProperties(tokenise: Defined<"tokenise">, runner: SuiteRunner): void {
  runner.test("7.1: a stream of codes is cut where each code ends", () => {
    check(
      fc.array(serviceCode, { maxLength: 40 }),
      (codes) => same(tokenise(concatenated(codes)), codes, "codes"),
      runner,
    );
  });
  runner.test("7.1: a code that the packet cuts is discarded, those before it are kept", () => {
    check(
      fc.tuple(fc.array(serviceCode, { maxLength: 8 }), serviceCode, fc.nat(6)),
      ([codes, last, kept]) => {
        const cut = last.subarray(0, Math.min(kept, last.length - 1));
        same(tokenise(concatenated([...codes, cut])), codes, "codes");
      },
      runner,
    );
  });
}

/** How packets are collected from triplets (CTA-708-E 4.3, 5). */
export function packetProperties(
  packets: Defined<"packets">,
  encodePacket: Defined<"encodePacket">,
  runner: SuiteRunner,
): void {
  runner.test("5: packets come back from their triplets, padded to an even number of bytes", () => {
    check(
      fc.array(dtvccPacket, { maxLength: 6 }),
      (sent) => {
        const expected = sent.map(({ sequenceNumber, packetData }) => ({
          sequenceNumber,
          packetData:
            packetData.length % 2 === 1 ? packetData : concatenated([packetData, Uint8Array.of(0)]),
        }));
        same(packets(sent.map(encodePacket)).map(plainPacket), expected, "packets");
      },
      runner,
    );
  });
  runner.test("5: a packet is the sum of its triplets, however they are spread over frames", () => {
    check(
      fc.tuple(fc.array(dtvccPacket, { maxLength: 4 }), fc.array(fc.nat(9), { maxLength: 40 })),
      ([sent, sizes]) => {
        const all = concatenated(sent.map(encodePacket));
        const frames: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          frames.push(all.subarray(at, at + 3 * size));
          at = Math.min(all.length, at + 3 * size);
        }
        frames.push(all.subarray(at));
        same(packets(frames).map(plainPacket), packets([all]).map(plainPacket), "packets");
        same(packets(frames).length, sent.length, "number of packets");
      },
      runner,
    );
  });
  runner.test("4.3: padding and invalid triplets between those of a packet change nothing", () => {
    check(
      fc.tuple(
        fc.array(dtvccPacket, { minLength: 1, maxLength: 3 }),
        fc.array(
          fc.tuple(
            fc.nat(200),
            fc.constantFrom<number[]>(
              [0xfa, 0, 0],
              [0xfb, 0x41, 0x42],
              [0xf8, 0x80, 0x80],
              [0xfc, 0x94, 0x20],
            ),
          ),
          { maxLength: 10 },
        ),
      ),
      ([sent, inserted]) => {
        const all = concatenated(sent.map(encodePacket));
        const triplets = Array.from({ length: all.length / 3 }, (_, i) => [
          ...all.subarray(3 * i, 3 * i + 3),
        ]);
        for (const [at, triplet] of inserted)
          triplets.splice(at % (triplets.length + 1), 0, triplet);
        same(
          packets([Uint8Array.from(triplets.flat())]).map(plainPacket),
          packets([all]).map(plainPacket),
          "packets",
        );
      },
      runner,
    );
  });
  runner.test("4.3: marker bits of a triplet are not looked at", () => {
    check(
      fc.tuple(dtvccPacket, fc.nat(31)),
      ([packet, marker]) => {
        const triplets = encodePacket(packet).map((byte, i) =>
          i % 3 === 0 ? (byte & 7) | (marker << 3) : byte,
        );
        same(
          packets([triplets]).map(plainPacket),
          packets([encodePacket(packet)]).map(plainPacket),
          "packets",
        );
      },
      runner,
    );
  });
  runner.test("5: any bytes give packets and no exception", () => {
    check(
      fc.array(fc.uint8Array({ maxLength: 93 }), { maxLength: 8 }),
      (frames) => {
        for (const { sequenceNumber, packetData } of packets(frames)) {
          if (sequenceNumber >>> 2 !== 0) throw new Error(`sequence number ${sequenceNumber}`);
          if (packetData.length > 127) throw new Error(`${packetData.length} bytes`);
        }
      },
      runner,
    );
  });
}

function plainPacket(packet: { sequenceNumber: number; packetData: Uint8Array }): unknown {
  return { sequenceNumber: packet.sequenceNumber, packetData: packet.packetData };
}

/** How services share packets (CTA-708-E 6). */
export function serviceProperties(
  serviceCodes: Defined<"serviceCodes">,
  runner: SuiteRunner,
): void {
  const service = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 63 }));
  const block = (number: number, data: readonly number[]): number[] =>
    number < 7 ? [(number << 5) | data.length, ...data] : [0xe0 | data.length, number, ...data];
  runner.test("6.2: services are told apart, 7 to 63 by the extended header", () => {
    check(
      fc.tuple(
        service,
        service,
        fc.array(serviceCode, { minLength: 1, maxLength: 4 }),
        fc.array(serviceCode, { minLength: 1, maxLength: 4 }),
      ),
      ([first, second, firstCodes, secondCodes]) => {
        if (first === second) return;
        const packet = Uint8Array.from([
          ...block(first, [...concatenated(firstCodes)]),
          ...block(second, [...concatenated(secondCodes)]),
          0,
        ]);
        const found = [...serviceCodes(packet)].map(({ serviceNumber, codes }) => ({
          serviceNumber,
          codes,
        }));
        const expected = [
          { serviceNumber: first, codes: firstCodes },
          { serviceNumber: second, codes: secondCodes },
        ];
        same(found, expected, "services");
      },
      runner,
    );
  });
  runner.test(
    "6.2.5: a code may cross from one block to the service's next block in the packet",
    () => {
      check(
        fc.tuple(
          service,
          fc.array(serviceCode, { minLength: 1, maxLength: 12 }),
          fc.nat(60),
          fc.boolean(),
        ),
        ([number, codes, cut, between]) => {
          const bytes = [...concatenated(codes)];
          const at = 1 + (cut % bytes.length);
          const other = number === 2 ? 3 : 2;
          const packet = [
            ...block(number, bytes.slice(0, Math.min(at, 31))),
            ...(between ? block(other, [0x41]) : []),
            ...bytes
              .slice(Math.min(at, 31))
              .flatMap((_, i, rest) => (i % 31 === 0 ? block(number, rest.slice(i, i + 31)) : [])),
          ];
          if (packet.length > 127) return;
          const found = [...serviceCodes(Uint8Array.from(packet))].find(
            (each) => each.serviceNumber === number,
          );
          same(found?.codes, codes, "codes");
        },
        runner,
      );
    },
  );
  runner.test("6.2.1: a null block ends the packet", () => {
    check(
      fc.tuple(service, serviceCode, fc.uint8Array({ maxLength: 20 })),
      ([number, code, junk]) => {
        const packet = Uint8Array.from([...block(number, [...code]), 0, ...junk]);
        same(
          [...serviceCodes(packet)].map((each) => each.codes),
          [[code]],
          "codes",
        );
      },
      runner,
    );
  });
}

/** What characters mean (CTA-708-E 7.1). */
export function characterProperties(character: Defined<"character">, runner: SuiteRunner): void {
  const text = (...code: number[]): string | undefined => character(Uint8Array.from(code));
  runner.test("7.1.5: G0 is ASCII but for the music note at 7F", () => {
    for (let code = 0x20; code < 0x7f; code++)
      same(text(code), String.fromCharCode(code), `G0 ${code}`);
    same(text(0x7f), "♪", "G0 7F");
  });
  runner.test("7.1.6: G1 is ISO 8859-1", () => {
    for (let code = 0xa1; code <= 0xff; code++)
      same(text(code), String.fromCharCode(code), `G1 ${code}`);
  });
  runner.test("7.1.7: G2 has these characters", () => {
    const assigned =
      "25… 2aŠ 2cŒ 30█ 31‘ 32’ 33“ 34” 35• 39™ 3aš 3cœ 3d℠ 3fŸ 76⅛ 77⅜ 78⅝ 79⅞ 7a│ 7b┐ 7c└ 7d─ 7e┘ 7f┌";
    for (const each of assigned.split(" ")) {
      same(text(0x10, Number.parseInt(each.slice(0, 2), 16)), each.slice(2), `G2 ${each}`);
    }
  });
}
