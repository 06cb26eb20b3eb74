import { type Cue, CueReader, cueText, decodeCdp, isFormatError } from "@x/cea708";
import { type AncPacket, checksumValid, did, lookup, parityErrors, payload, sdid } from "@x/st291";
import { Counter, type ProbeFindings } from "./report.js";

interface AncKind {
  readonly did: number;
  readonly sdid: number | undefined;
  readonly name: string;
  packets: number;
  readonly lines: Set<number>;
  parityErrors: number;
  checksumErrors: number;
}

const CDP_DID = 0x61;
const CDP_SDID = 0x01;
/** Services that a decoder must be able to show; more can be described, few are used. */
const SERVICES = [1, 2, 3, 4, 5, 6];

/** Gathers what is in a stream of ancillary packets. */
export class AncCollector {
  readonly #kinds = new Map<string, AncKind>();
  readonly #readers = new Map<number, CueReader>();
  readonly #captions: { service: number; startMs: number; endMs: number; text: string }[] = [];
  readonly #issues = new Counter();
  #packets = 0;
  #lastMs = 0;

  /** Take packets that belong to one frame at `timeMs`. */
  push(packets: readonly AncPacket[], timeMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, timeMs);
    for (const packet of packets) {
      this.#packets++;
      this.#count(packet);
      if (did(packet) === CDP_DID && sdid(packet) === CDP_SDID) this.#caption(packet, timeMs);
    }
  }

  /** Note a diagnostic of the layer below. */
  issue(code: string): void {
    this.#issues.add(code);
  }

  /** Add everything to `findings`; call it once, at the end. */
  finish(label: string, findings: ProbeFindings): void {
    for (const [service, reader] of this.#readers) this.#keep(service, reader.flush(this.#lastMs));
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
    if (this.#captions.length > 0) {
      const cues = this.#captions.sort((a, b) => a.startMs - b.startMs);
      findings.captions.push({ label, cues });
    }
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

  #caption(packet: AncPacket, timeMs: number): void {
    let ccData: Uint8Array | undefined;
    try {
      ccData = decodeCdp(payload(packet)).cdp.ccData;
    } catch (error) {
      if (!isFormatError(error)) throw error;
      this.#issues.add(`cdp-${error.code}`);
      return;
    }
    if (ccData === undefined) return;
    for (const service of SERVICES) {
      let reader = this.#readers.get(service);
      if (reader === undefined) {
        reader = new CueReader({ serviceNumber: service });
        this.#readers.set(service, reader);
      }
      this.#keep(service, reader.push(ccData, timeMs));
    }
  }

  #keep(service: number, cues: readonly Cue[]): void {
    for (const cue of cues) {
      const { startMs, endMs } = cue;
      this.#captions.push({ service, startMs, endMs, text: cueText(cue) });
    }
  }
}
