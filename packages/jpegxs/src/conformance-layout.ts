// Which lines of which bands a precinct has, and in which packets, as the standard's formulas say it.
import type { Band, Geometry } from "./geometry.js";
import type { CodestreamHeader } from "./header.js";

/** One line of a band in a precinct. */
export interface PacketLine {
  readonly band: number;
  readonly row: number;
}

/** Whether packet headers have their long form (ISO/IEC 21122-1 C.3). */
export function hasLongPackets({ pih }: CodestreamHeader): boolean {
  return pih.lh === 1 || pih.wf * pih.nc >= 32752;
}

/** Lines of a band in a full precinct. */
export function rowsOf({ pih, cdt, sd = 0 }: CodestreamHeader, g: Geometry, band: Band): number {
  if (band.component >= cdt.length - sd) return g.precinctHeight;
  const nly = pih.nly - ((cdt[band.component] as { sy: number }).sy - 1);
  return 2 ** (nly - band.dy);
}

/** Coefficients of a band in a column of precincts. */
export function columnOf(
  { pih, cdt }: CodestreamHeader,
  g: Geometry,
  band: Band,
  px: number,
): { start: number; width: number } {
  const { sx } = cdt[band.component] as { sx: number };
  const grid = Math.min(g.cs, pih.wf - px * g.cs);
  const samples = Math.ceil(grid / sx);
  const width =
    band.tx === 0
      ? Math.ceil(samples / 2 ** band.dx)
      : Math.floor(Math.ceil(samples / 2 ** (band.dx - 1)) / 2);
  return { start: (px * g.cs) / (sx * 2 ** band.dx), width };
}

/** The packets of a precinct in row `py`, each a list of band lines (ISO/IEC 21122-1 C.3). */
export function packetsOf(h: CodestreamHeader, g: Geometry, py: number): PacketLine[][] {
  const { pih, cdt, sd = 0 } = h;
  const betas = 2 * pih.nly + pih.nlx + 1;
  const transformed = cdt.length - sd;
  const packets: PacketLine[][] = [];
  const line = (component: number, beta: number, row: number): PacketLine[] => {
    const band = g.bands.findIndex((b) => b.component === component && b.beta === beta);
    if (band < 0) return [];
    const b = g.bands[band] as Band;
    return py * rowsOf(h, g, b) + row < b.height ? [{ band, row }] : [];
  };
  const components = cdt.map((_, i) => i).slice(0, transformed);
  const first: PacketLine[] = [];
  for (let beta = 0; beta <= pih.nlx - pih.nly; beta++) {
    for (const i of components) first.push(...line(i, beta, 0));
  }
  packets.push(first);
  for (let base = pih.nlx - pih.nly + 1; base < betas; base += 3) {
    const depth = (betas - 1 - (base + 2)) / 3 + 1;
    for (let row = 0; row < 2 ** (pih.nly - depth); row++) {
      for (let beta = base; beta < base + 3; beta++) {
        packets.push(
          components.flatMap((i) => {
            const { sy } = cdt[i] as { sy: number };
            return row % sy === 0 ? line(i, beta, row / sy) : [];
          }),
        );
      }
    }
  }
  for (let row = 0; row < 2 ** pih.nly; row++) {
    for (let i = transformed; i < cdt.length; i++) packets.push(line(i, 0, row));
  }
  return packets.filter((p) => p.length > 0);
}
