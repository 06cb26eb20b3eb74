import { PACKET_SIZE, type PacketHandler, PcrScanner, TsFramer } from "@x/mpegts";
import { mediaBuffer } from "../buffer.js";
import { caps } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";
import { PcrTimes } from "../pcr-times.js";
import { MPEGTS_CAPS } from "./formats.js";

/** Bytes that wait for a PCR at most: a quarter of a second at 1 Gbit/s. */
const MAX_HELD = 32 * 1024 * 1024;

export const tsparse: ElementFactory = elementFactory({
  name: "tsparse",
  classification: "Codec/Parser",
  description:
    "Finds the packets of a transport stream and sends whole ones of 188 bytes, in time.",
  properties: {
    alignment: {
      type: "integer",
      default: 7,
      min: 1,
      max: 1024,
      description: "Packets a buffer; 7 fit a UDP datagram",
    },
    "set-timestamps": {
      type: "boolean",
      default: false,
      description: "Give each buffer the time that the PCRs around it tell",
    },
    "smoothing-latency": {
      type: "integer",
      default: 0,
      min: 0,
      max: 0x7fffffff,
      description: "Microseconds added to these times: for live input more than from PCR to PCR",
    },
    "pcr-pid": {
      type: "integer",
      default: -1,
      min: -1,
      max: 8190,
      description: "PID whose PCRs count; -1: the first one that has them",
    },
  },
  pads: [always("sink", MPEGTS_CAPS), always("src", MPEGTS_CAPS)],
  create: (properties) => ({
    async run(context) {
      const src = context.src();
      const framer = new TsFramer();
      const buffers = new PacketBuffers(properties.alignment * PACKET_SIZE);
      const pid = properties["pcr-pid"];
      const scanner = new PcrScanner(pid < 0 ? {} : { pids: [pid] });
      const times = new PcrTimes();
      const latency = BigInt(properties["smoothing-latency"]) * 1000n;
      let origin: bigint | undefined;
      let warned = false;

      /** Send what has a time by now, or with `final` everything. */
      const sendTimed = async (final: boolean): Promise<void> => {
        await buffers.drain(async ({ data, position }, held) => {
          const last = final || held > MAX_HELD;
          const ticks = times.at(position, last);
          if (ticks === undefined) {
            if (!last) return false;
            const text = "no PID has two PCRs within a second: sent without times";
            if (!warned) context.post({ type: "warning", text });
            warned = true;
          }
          const pts =
            ticks === undefined ? undefined : (origin ?? 0n) + latency + nanoseconds(ticks);
          await src.buffer(mediaBuffer(data, { pts }));
          return true;
        });
      };
      const sendNow = async (pts: bigint | undefined): Promise<void> => {
        await buffers.drain(async ({ data }) => {
          await src.buffer(mediaBuffer(data, { pts }));
          return true;
        });
      };

      await src.caps(caps("video/mpegts", { systemstream: true, packetsize: PACKET_SIZE }));
      await forEachItem(context.sink(), {
        async buffer({ data, pts }) {
          framer.push(data, buffers.onPackets);
          if (!properties["set-timestamps"]) return sendNow(pts);
          origin ??= pts ?? 0n;
          const arrival = pts === undefined ? 0 : Number(((pts - origin) * 27n) / 1000n);
          for (const pcr of scanner.push(data)) times.add(pcr, arrival);
          return sendTimed(false);
        },
      });
      framer.flush(buffers.onPackets);
      for (const pcr of scanner.flush()) times.add(pcr);
      buffers.flush();
      if (properties["set-timestamps"]) await sendTimed(true);
      else await sendNow(undefined);
      if (framer.resyncs > 0) {
        context.post({ type: "warning", text: `framing was lost ${framer.resyncs} times` });
      }
    },
  }),
});

interface PacketBuffer {
  readonly data: Uint8Array;
  /** Packets before it in the stream, in bytes. */
  readonly position: number;
}

/** Packets in buffers of one size; the last one may be shorter. */
class PacketBuffers {
  readonly #size: number;
  readonly #whole: PacketBuffer[] = [];
  #data: Uint8Array;
  #filled = 0;
  #position = 0;

  readonly onPackets: PacketHandler = (bytes, start, count, stride, packet) => {
    for (let i = 0; i < count; i++) {
      const at = start + i * stride;
      if (this.#filled === 0) this.#position = (packet + i) * PACKET_SIZE;
      this.#data.set(bytes.subarray(at, at + PACKET_SIZE), this.#filled);
      this.#filled += PACKET_SIZE;
      if (this.#filled === this.#size) this.flush();
    }
  };

  constructor(size: number) {
    this.#size = size;
    this.#data = new Uint8Array(size);
  }

  /** No packet goes into the buffer at hand any more. */
  flush(): void {
    if (this.#filled === 0) return;
    this.#whole.push({ data: this.#data.subarray(0, this.#filled), position: this.#position });
    this.#data = new Uint8Array(this.#size);
    this.#filled = 0;
  }

  /** Hand out whole buffers until `take`, which is told how many bytes are held, does not want one. */
  async drain(take: (buffer: PacketBuffer, held: number) => Promise<boolean>): Promise<void> {
    const whole = this.#whole;
    let taken = 0;
    for (const buffer of whole) {
      if (!(await take(buffer, (whole.length - taken) * this.#size))) break;
      taken++;
    }
    whole.splice(0, taken);
  }
}

function nanoseconds(ticks: number): bigint {
  return (BigInt(ticks) * 1000n) / 27n;
}
