// The sender of soak.mjs: a transport stream of constant rate with a clock of its own, over a path that only ever
// delays. It runs in the receiver's thread, and a PCR is stamped for the moment when its datagram really leaves, minus
// the delay that is put in: how late this machine's timers and scheduler are is not what is tested.

const BITRATE = 2e6;
const PACKETS = 7;
/** Datagrams from one PCR to the next: 37 ms. */
const PCR_EVERY = 7;
const MODULUS = 2 ** 33 * 300;
const DATAGRAM_NS = (PACKETS * 188 * 8 * 1e9) / BITRATE;
/** Mean of the exponential delay. */
const JITTER_NS = 300e3;
/** Share of datagrams that wait for 5 to 35 ms, and the following with them. */
const BURSTS = 0.002;
const LOSS = 0.005;
const SILENCE_NS = 1.5e9;

/** Makes datagrams when they are due; times are local, ns from the start. */
export class SoakSender {
  sent = 0;
  lost = 0;
  #pid;
  #rate;
  #restartAt;
  #restarted = false;
  #firstPcr = 27e6;
  #index = 0;
  #delay = 0;
  #release = 0;
  #heldUntil = 0;

  /** @param {{ pid: number, ppm: number, restartAt: number }} options */
  constructor({ pid, ppm, restartAt }) {
    this.#pid = pid;
    this.#rate = 1 + ppm * 1e-6;
    this.#restartAt = restartAt;
    this.#plan();
  }

  /**
   * Send what is due.
   * @param {() => number} now
   * @param {(datagram: Uint8Array) => void} send
   */
  run(now, send) {
    while (this.#release <= now()) {
      this.sent++;
      if (Math.random() < LOSS) this.lost++;
      else send(this.#build(now));
      this.#index++;
      this.#plan();
    }
  }

  /** When the next datagram leaves, and how late that is. */
  #plan() {
    let due = ((this.#index + 1) * DATAGRAM_NS) / this.#rate;
    if (!this.#restarted && due >= this.#restartAt) {
      this.#restarted = true;
      this.#firstPcr = 27e6 * 5000;
      this.#index += Math.ceil(SILENCE_NS / DATAGRAM_NS);
      due = ((this.#index + 1) * DATAGRAM_NS) / this.#rate;
    }
    if (Math.random() < BURSTS) this.#heldUntil = due + 5e6 + Math.random() * 30e6;
    const delayed = due - JITTER_NS * Math.log(1 - Math.random());
    this.#release = Math.max(this.#release, this.#heldUntil, delayed);
    this.#delay = this.#release - due;
  }

  /** The datagram at hand. Its PCR, if any, is in its last packet, and stamped last of all. */
  #build(now) {
    const bytes = new Uint8Array(PACKETS * 188).fill(0xff);
    for (let at = 0; at < bytes.length; at += 188) bytes.set([0x47, 0x1f, 0xff, 0x10], at);
    if (this.#index % PCR_EVERY !== 0) return bytes;
    const at = (PACKETS - 1) * 188;
    bytes.set([0x47, this.#pid >> 8, this.#pid & 0xff, 0x20, 183, 0x10], at);
    const stampedNs = (now() - this.#delay) * this.#rate;
    const pcr = (this.#firstPcr + Math.round((stampedNs * 27) / 1000)) % MODULUS;
    const base = Math.floor(pcr / 300);
    const extension = pcr % 300;
    bytes[at + 6] = Math.floor(base / 2 ** 25);
    bytes[at + 7] = Math.floor(base / 2 ** 17) % 256;
    bytes[at + 8] = Math.floor(base / 2 ** 9) % 256;
    bytes[at + 9] = Math.floor(base / 2) % 256;
    bytes[at + 10] = ((base % 2) << 7) | 0x7e | (extension >> 8);
    bytes[at + 11] = extension & 0xff;
    return bytes;
  }
}
