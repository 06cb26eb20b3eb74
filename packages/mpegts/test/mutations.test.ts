import { concatBytes, equalBytes } from "@x/bits";
import { expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { PcrScanner, TsDemuxer, type TsEvent, TsMonitor, TsRewriter } from "../src/index.js";

/** `npm run fuzz` asks for a million. */
const MUTATIONS = Number(process.env.MUTATIONS ?? 600);
const SEED = Number(process.env.MUTATION_SEED ?? 20_260_101);
/** Enough for tables, PES packets and loss of framing. */
const LENGTH = 188 * 60;

/** xorshift32: the same mutations everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const originals = ["mpegts-pcr-clock", "st2038"].flatMap((folder) =>
  vectorFiles(folder)
    .filter((file) => /\.(m2)?ts$/.test(file))
    .map((file) => vectorBytes(folder, file)),
);

function mutate(random: (below: number) => number): Uint8Array {
  const original = originals[random(originals.length)] as Uint8Array;
  const start = random(Math.max(1, original.length - LENGTH));
  let bytes = original.slice(start, start + LENGTH);
  // Damage is mostly put into headers, where it matters.
  const place = (): number =>
    random(2) === 0
      ? random(bytes.length)
      : Math.min(bytes.length - 1, 188 * random(bytes.length / 188) + random(16));
  for (let n = 1 + random(6); n > 0 && bytes.length > 400; n--) {
    const at = place();
    switch (random(6)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        bytes = bytes.slice(0, Math.max(200, at));
        break;
      case 3:
        bytes = concatBytes(bytes.subarray(0, at), bytes.subarray(at + 1 + random(400)));
        break;
      case 4:
        bytes = concatBytes(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 376)));
        break;
      default:
        bytes.fill(random(2) === 0 ? 0x47 : 0xff, at, at + random(600));
    }
  }
  return bytes;
}

function run<Item>(
  bytes: Uint8Array,
  size: number,
  machine: { push(chunk: Uint8Array): Item; flush(): Item },
): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    items.push(machine.push(bytes.subarray(at, at + size)));
  }
  items.push(machine.flush());
  return items;
}

function describeEvent(event: TsEvent): string {
  switch (event.type) {
    case "pes":
      return `pes ${event.packet} ${event.pid} ${event.pts} ${event.damage} ${event.data.length}`;
    case "issue":
      return `issue ${event.issue.code} ${event.issue.offset} ${event.issue.packet}`;
    case "section":
      return `section ${event.packet} ${event.bytes.length}`;
    case "pat":
    case "pmt":
      return `${event.type} ${event.packet}`;
    default:
      return `pcr ${event.packet} ${event.pcr}`;
  }
}

test(`${MUTATIONS} mutations of the vectors: issues only, and the same in any chunks`, () => {
  const random = generator(SEED);
  for (let n = 0; n < MUTATIONS; n++) {
    const bytes = mutate(random);
    const options = random(2) === 0 ? {} : { maxPesSize: 1000, maxBufferedBytes: 5000, maxPids: 6 };
    const size = 1 + random(2000);
    const whole = run(bytes, bytes.length, new TsDemuxer(options)).flat();
    const pieces = run(bytes, size, new TsDemuxer(options)).flat();
    const place = `mutation ${n} of seed ${SEED}, chunks of ${size}`;
    expect(pieces.map(describeEvent), place).toEqual(whole.map(describeEvent));
    let delivered = 0;
    for (const event of whole) if (event.type === "pes") delivered += event.data.length;
    expect(delivered, place).toBeLessThanOrEqual(bytes.length);
    expect(whole.length, place).toBeLessThan(20 + bytes.length / 20);
    const pcrs = whole.filter((event) => event.type === "pcr").map(describeEvent);
    expect(run(bytes, size, new PcrScanner()).flat().map(describeEvent), place).toEqual(pcrs);
    const violations = run(bytes, bytes.length, new TsMonitor()).flat();
    expect(violations.length, place).toBeLessThan(20 + bytes.length / 20);
    expect(run(bytes, size, new TsMonitor()).flat(), place).toEqual(violations);
    const output = concatBytes(...run(bytes, size, new TsRewriter({ mapPid: (pid) => pid })));
    expect(equalBytes(output, bytes), place).toBe(true);
  }
});
