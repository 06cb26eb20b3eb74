import { expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { PcrClock, type PcrClockOptions } from "../src/index.js";

/** `npm run fuzz` asks for a million. */
const MUTATIONS = Number(process.env.MUTATIONS ?? 2000);
const SEED = Number(process.env.MUTATION_SEED ?? 20_260_101);
/** Mutations that one clock lives through. */
const MUTATIONS_EACH = 20;
const PACKET = 188;
const SECOND = 1_000_000_000n;

/** A linear congruential generator: the same mutations everywhere. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  chance(one: number): boolean {
    return this.below(one) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

const FOLDER = "mpegts-pcr-clock";
const streams = vectorFiles(FOLDER)
  .filter((file) => /\.(m2)?ts$/.test(file))
  .map((file) => vectorBytes(FOLDER, file));
const OPTIONS: readonly PcrClockOptions[] = [
  {},
  { framing: "bytes" },
  { select: "first-seen" },
  { pcrPid: 0x100, delaySteps: "follow" },
  { program: 1, maxPpm: 500 },
];

/** Damage one piece of a stream, most of it in headers and adaptation fields. */
function damaged(dice: Dice, piece: Uint8Array): Uint8Array {
  let bytes = piece.slice();
  for (let n = dice.below(4); n > 0 && bytes.length > 0; n--) {
    const header = PACKET * dice.below(bytes.length / PACKET) + dice.below(14);
    const at = dice.chance(2) ? Math.min(header, bytes.length - 1) : dice.below(bytes.length);
    if (dice.chance(8)) bytes = bytes.slice(0, at);
    else if (dice.chance(3)) bytes[at] = dice.below(256);
    else bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8));
  }
  return bytes;
}

/** Local time mostly goes on by some milliseconds; it may stand still, leap, or go back. */
function laterThan(dice: Dice, local: bigint): bigint {
  if (dice.chance(40)) return local - BigInt(dice.below(2 ** 31));
  if (dice.chance(40)) return local + SECOND * BigInt(dice.below(100_000));
  return local + BigInt(dice.below(80_000_000));
}

/** A clock that lives through some mutations, and the local time it is read at. */
class Subject {
  readonly clock: PcrClock;
  readonly #dice: Dice;
  #local: bigint;
  #latest: bigint;
  #reading: bigint;
  #samples = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.clock = new PcrClock({ localNow: () => this.#latest, ...dice.pick(OPTIONS) });
    this.#local = SECOND * BigInt(dice.below(1_000_000));
    this.#latest = this.#local;
    this.#reading = this.#local;
  }

  /** Feed pieces of a stream, damaged, at any times; what must hold whatever comes is checked. */
  survive(stream: Uint8Array, place: string): void {
    const { clock } = this;
    const dice = this.#dice;
    const size = dice.chance(3) ? 1 + dice.below(3000) : PACKET * (1 + dice.below(7));
    let at = PACKET * dice.below(stream.length / PACKET);
    let chunks = 0;
    let events = 0;
    for (; chunks < 24 && at < stream.length; chunks++) {
      events += clock.feed(damaged(dice, stream.subarray(at, at + size)), this.#local).length;
      at += dice.chance(20) ? dice.below(20_000) : size;
      this.#local = laterThan(dice, this.#local);
      if (this.#local > this.#latest) this.#latest = this.#local;
      if (dice.chance(30)) clock.pause();
      if (dice.chance(30)) clock.resume();
      if (dice.chance(10)) events += clock.poll().length;
      const reading = clock.now();
      if (reading < this.#reading) expect(reading, place).toBe(this.#reading);
      this.#reading = reading;
    }
    const { samples, ratePpm, heldDelayNs, jitterNs } = clock.statistics();
    const found = samples - this.#samples;
    this.#samples = samples;
    if (!(Math.abs(ratePpm) <= 500)) expect(ratePpm, place).toBe(0);
    if (!Number.isFinite(heldDelayNs + jitterNs)) expect(heldDelayNs, place).toBe(jitterNs);
    expect(found, place).toBeLessThanOrEqual((chunks * (size + PACKET)) / 12);
    expect(events, place).toBeLessThanOrEqual(4 * (found + chunks + 1));
    expect(clock.mapping().length, place).toBeLessThanOrEqual(32);
  }

  /** What a snapshot says goes on where this is. */
  survivesJson(place: string): void {
    const saved = JSON.stringify(this.clock.snapshot());
    const restored = new PcrClock();
    restored.restore(JSON.parse(saved));
    expect(restored.toSender(this.#latest), place).toBe(this.clock.toSender(this.#latest));
  }
}

test(`${MUTATIONS} mutations of streams, arrivals and pauses: the clock goes on`, () => {
  const dice = new Dice(SEED);
  let subject = new Subject(dice);
  for (let n = 1; n <= MUTATIONS; n++) {
    const place = `mutation ${n} of seed ${SEED}`;
    subject.survive(dice.pick(streams), place);
    if (n % MUTATIONS_EACH !== 0) continue;
    subject.survivesJson(place);
    subject = new Subject(dice);
  }
});
