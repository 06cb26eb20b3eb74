import { pcrEventAt } from "./clock-sample.js";
import type { PacketStride } from "./constants.js";
import type { TsPcrEvent } from "./events.js";
import { type PacketHandler, TsFramer } from "./framer.js";

/** Options of {@link PcrScanner}. */
export interface PcrScannerOptions {
  /** Distance of sync bytes. Default: found out. */
  readonly packetSize?: PacketStride;
  /** PIDs to look at. Default: all. */
  readonly pids?: readonly number[];
}

/**
 * Finds PCRs and nothing else: the fastest way through a transport stream. Packets with transport_error_indicator and
 * adaptation fields without room for a PCR give nothing; scrambled packets do.
 */
export class PcrScanner {
  readonly #framer: TsFramer;
  readonly #pids: ReadonlySet<number> | undefined;
  #found: TsPcrEvent[] = [];

  readonly #onPackets: PacketHandler = (bytes, at, count, stride, packet, offset) => {
    for (let i = 0, sync = at; i < count; i++, sync += stride) {
      if (((bytes[sync + 3] as number) & 0x20) === 0) continue;
      const length = bytes[sync + 4] as number;
      if (length < 7 || length > 183 || ((bytes[sync + 5] as number) & 0x10) === 0) continue;
      const head = bytes[sync + 1] as number;
      if (head >= 0x80) continue;
      const pid = ((head & 0x1f) << 8) | (bytes[sync + 2] as number);
      if (this.#pids?.has(pid) === false) continue;
      this.#found.push(pcrEventAt(bytes, sync, packet + i, offset + (sync - at)));
    }
  };

  constructor(options: PcrScannerOptions = {}) {
    const { packetSize, pids } = options;
    this.#framer = new TsFramer(packetSize === undefined ? {} : { packetSize });
    this.#pids = pids === undefined ? undefined : new Set(pids);
  }

  /** Packets so far. */
  get packets(): number {
    return this.#framer.packets;
  }

  /** Feed a chunk of any size; returns the PCRs in it, in order. */
  push(chunk: Uint8Array): TsPcrEvent[] {
    this.#framer.push(chunk, this.#onPackets);
    return this.#take();
  }

  /** End of input. The next push begins anew. */
  flush(): TsPcrEvent[] {
    this.#framer.flush(this.#onPackets);
    return this.#take();
  }

  /** Forget everything. */
  reset(): void {
    this.#framer.reset();
    this.#found = [];
  }

  #take(): TsPcrEvent[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
