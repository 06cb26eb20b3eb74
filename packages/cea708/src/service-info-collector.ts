import type { CdpServiceInfo } from "./cdp.js";
import type { CaptionServiceEntry } from "./service-info.js";

/** Most entries that a set may have: one for each of 63 services and both fields. */
const MAX_ENTRIES = 65;

/** Puts a set of service information together that is spread over several CDPs (ST 334-2 5.5). */
export class ServiceInfoCollector {
  #entries: CaptionServiceEntry[] | undefined;

  /**
   * Take a CDP's section.
   * @returns the whole set with its last part, `undefined` before. A part without its start is left out.
   */
  push(svcInfo: CdpServiceInfo): readonly CaptionServiceEntry[] | undefined {
    if (svcInfo.svcInfoStart) this.#entries = [];
    if (this.#entries === undefined) return undefined;
    const entries = [...this.#entries, ...svcInfo.services].slice(0, MAX_ENTRIES);
    this.#entries = svcInfo.svcInfoComplete ? undefined : entries;
    return svcInfo.svcInfoComplete ? entries : undefined;
  }

  /** Forget a set under way, after a loss or a seek. */
  reset(): void {
    this.#entries = undefined;
  }
}
