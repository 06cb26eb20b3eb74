import { line21PayloadsToCcData } from "@x/cea708";
import { type AncPacket, checksumValid, did, lookup, parityErrors, payload, sdid } from "@x/st291";
import { CaptionCollector } from "./caption-collector.js";
import { addCaptions, Counter, type ProbeFindings } from "./report.js";

interface AncKind {
  readonly did: number;
  readonly sdid: number | undefined;
  readonly name: string;
  packets: number;
  readonly lines: Set<number>;
  parityErrors: number;
  checksumErrors: number;
}

const CAPTION_DID = 0x61;
const CDP_SDID = 0x01;
const LINE21_SDID = 0x02;

/** Gathers what is in a stream of ancillary packets. */
export class AncCollector {
  readonly #kinds = new Map<string, AncKind>();
  readonly #captions = new CaptionCollector();
  readonly #issues = new Counter();
  #packets = 0;

  /** Take packets that belong to one frame at `timeMs`. */
  push(packets: readonly AncPacket[], timeMs: number): void {
    for (const packet of packets) {
      this.#packets++;
      this.#count(packet);
      if (did(packet) !== CAPTION_DID) continue;
      const data = payload(packet);
      if (sdid(packet) === CDP_SDID) {
        const wrong = this.#captions.pushCdp(data, timeMs);
        if (wrong !== undefined) this.#issues.add(`cdp-${wrong}`);
      } else if (sdid(packet) === LINE21_SDID) {
        this.#captions.push(line21PayloadsToCcData(data), timeMs);
      }
    }
  }

  /** Note a diagnostic of the layer below. */
  issue(code: string): void {
    this.#issues.add(code);
  }

  /** Add everything to `findings`; call it once, at the end. */
  finish(label: string, findings: ProbeFindings): void {
    if (this.#packets > 0) {
      const kinds = [...this.#kinds.values()]
        .sort((a, b) => a.did - b.did || (a.sdid ?? 0) - (b.sdid ?? 0))
        .map((kind) => ({ ...kind, lines: [...kind.lines].sort((a, b) => a - b) }));
      findings.ancillary.push({
        label,
        packets: this.#packets,
        kinds,
        issues: this.#issues.counts(),
      });
    }
    addCaptions(label, this.#captions.finish(), findings);
  }

  #count(packet: AncPacket): void {
    const kindDid = did(packet);
    const kindSdid = sdid(packet);
    const key = `${kindDid}/${kindSdid}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      const { name } = lookup(kindDid, kindSdid);
      kind = {
        did: kindDid,
        sdid: kindSdid,
        name,
        packets: 0,
        lines: new Set(),
        parityErrors: 0,
        checksumErrors: 0,
      };
      this.#kinds.set(key, kind);
    }
    kind.packets++;
    kind.lines.add(packet.lineNumber);
    if (parityErrors(packet).length > 0) kind.parityErrors++;
    if (!checksumValid(packet)) kind.checksumErrors++;
  }
}
