import { concatBytes } from "@x/bits";
import { tokenise } from "./code-space.js";
import { type DtvccPacket, DtvccParser, decodeServiceBlocks } from "./dtvcc.js";
import { type CaptionIssue, IssueList } from "./issue.js";
import { ServiceDecoder } from "./service-decoder.js";
import type { CaptionWindow } from "./window.js";

/** How a {@link CaptionDecoder} works. */
export interface CaptionDecoderOptions {
  /** Service numbers to interpret. Default: all that appear. */
  readonly services?: readonly number[];
  /**
   * What to do when a packet's sequence number does not follow. `reset` all services (CTA-708-E 5), only `report`,
   * for files from muxers that always write 0, or `ignore`. Default: `reset`.
   */
  readonly sequenceCheck?: "reset" | "report" | "ignore";
  /** What a P16 character stands for. Default: a UTF-16 code unit. */
  readonly p16?: (code: number) => string;
  /** Called when a packet, or the end of a delay, changed something of a service. */
  readonly onChange?: (change: ServiceChange) => void;
}

/** A service's windows are not what they were. */
export interface ServiceChange {
  readonly serviceNumber: number;
  /** Presentation time of the frame that brought the change. */
  readonly timeMs: number;
  /** True when something that is to be seen changed, false when only hidden windows did. */
  readonly visible: boolean;
  /** The windows by number, as they are now: live objects. */
  readonly windows: readonly (CaptionWindow | undefined)[];
}

/** A service and what of it was last reported. */
interface WatchedService {
  readonly decoder: ServiceDecoder;
  version: number;
  /** Version of each window while it is visible, -1 otherwise. */
  readonly shown: number[];
}

/** The codes of one service in one packet. */
export interface ServiceCodes {
  /** 1 to 63. */
  readonly serviceNumber: number;
  /** Whole codes; views unless a code crossed service blocks. */
  readonly codes: readonly Uint8Array[];
}

/**
 * The codes that a packet brings to each service, in order of first appearance. Codes may cross from one service
 * block to the service's next one within the packet (CTA-708-E 6.2.5).
 */
export function decodePacketCodes(
  packetData: Uint8Array,
  issues?: IssueList,
  offset = 0,
): ServiceCodes[] {
  const collected = new Map<number, Uint8Array[]>();
  for (const { serviceNumber, blockData } of decodeServiceBlocks(packetData, issues, offset)) {
    const blocks = collected.get(serviceNumber);
    if (blocks === undefined) collected.set(serviceNumber, [blockData]);
    else blocks.push(blockData);
  }
  const services: ServiceCodes[] = [];
  for (const [serviceNumber, blocks] of collected) {
    const ends: number[] = [];
    let end = 0;
    for (const block of blocks) {
      end += block.length;
      ends.push(end);
    }
    const bytes = blocks.length === 1 ? (blocks[0] as Uint8Array) : concatBytes(...blocks);
    services.push({ serviceNumber, codes: tokenise(bytes, ends, issues, offset) });
  }
  return services;
}

/**
 * Decodes CTA-708 captions: feed it each frame's cc_data in presentation order, look at its services' windows.
 * Never throws on input.
 */
export class CaptionDecoder {
  readonly #parser = new DtvccParser();
  readonly #issues = new IssueList();
  readonly #services = new Map<number, WatchedService>();
  readonly #wanted: ReadonlySet<number> | undefined;
  readonly #sequenceCheck: "reset" | "report" | "ignore";
  readonly #p16: ((code: number) => string) | undefined;
  readonly #onChange: ((change: ServiceChange) => void) | undefined;
  #sequenceNumber = -1;
  #offset = 0;

  constructor(options: CaptionDecoderOptions = {}) {
    this.#wanted = options.services === undefined ? undefined : new Set(options.services);
    this.#sequenceCheck = options.sequenceCheck ?? "reset";
    this.#p16 = options.p16;
    this.#onChange = options.onChange;
  }

  /**
   * Trouble in packets and services; offsets count cc_data bytes from the start, to the frame that completed the packet.
   * Trouble in the triplets is in {@link tripletIssues}.
   */
  get issues(): readonly CaptionIssue[] {
    return this.#issues.list;
  }

  /** Trouble in the triplets; offsets count cc_data bytes from the start. */
  get tripletIssues(): readonly CaptionIssue[] {
    return this.#parser.issues;
  }

  /** Numbers of the services seen so far, ascending. */
  get serviceNumbers(): number[] {
    return [...this.#services.keys()].sort((a, b) => a - b);
  }

  /** The decoder of one service, once something came for it. */
  service(serviceNumber: number): ServiceDecoder | undefined {
    return this.#services.get(serviceNumber)?.decoder;
  }

  /**
   * Interpret bare triplets that are presented at `timeMs`.
   * @returns the packets that were completed by them.
   */
  push(ccData: Uint8Array, timeMs: number): DtvccPacket[] {
    this.#issues.position = this.#offset;
    const packets = this.#parser.push(ccData);
    this.#offset += ccData.length;
    for (const packet of packets) this.#interpret(packet, timeMs);
    for (const [serviceNumber, service] of this.#services) {
      service.decoder.advance(timeMs);
      this.#notify(serviceNumber, service, timeMs);
    }
    return packets;
  }

  /** Interpret what a packet under way has brought so far; then a new stream may begin. */
  flush(timeMs: number): DtvccPacket[] {
    const packets = this.#parser.flush();
    for (const packet of packets) this.#interpret(packet, timeMs);
    this.#sequenceNumber = -1;
    return packets;
  }

  /** As new: after a seek or a change of channel. */
  reset(): void {
    this.#parser.reset();
    this.#issues.clear();
    this.#services.clear();
    this.#sequenceNumber = -1;
    this.#offset = 0;
  }

  #interpret(packet: DtvccPacket, timeMs: number): void {
    this.#checkSequence(packet.sequenceNumber);
    for (const { serviceNumber, codes } of decodePacketCodes(packet.packetData, this.#issues)) {
      if (this.#wanted !== undefined && !this.#wanted.has(serviceNumber)) continue;
      let service = this.#services.get(serviceNumber);
      if (service === undefined) {
        const decoder = new ServiceDecoder(this.#issues, this.#p16);
        service = { decoder, version: 0, shown: new Array(8).fill(-1) };
        this.#services.set(serviceNumber, service);
      }
      service.decoder.push(codes, timeMs);
      this.#notify(serviceNumber, service, timeMs);
    }
  }

  #notify(serviceNumber: number, service: WatchedService, timeMs: number): void {
    if (this.#onChange === undefined) return;
    const { version, windows } = service.decoder;
    if (version === service.version) return;
    service.version = version;
    let visible = false;
    windows.forEach((window, id) => {
      const now = window?.visible === true ? window.version : -1;
      if (now !== service.shown[id]) visible = true;
      service.shown[id] = now;
    });
    this.#onChange({ serviceNumber, timeMs, visible, windows });
  }

  #checkSequence(sequenceNumber: number): void {
    const expected = (this.#sequenceNumber + 1) & 3;
    const first = this.#sequenceNumber < 0;
    this.#sequenceNumber = sequenceNumber;
    if (first || sequenceNumber === expected || this.#sequenceCheck === "ignore") return;
    const message = `sequence number ${sequenceNumber} where ${expected} was due: a packet is lost`;
    this.#issues.add("sequence", "error", 0, "sequenceNumber", message);
    if (this.#sequenceCheck === "reset")
      for (const { decoder } of this.#services.values()) decoder.reset();
  }
}
