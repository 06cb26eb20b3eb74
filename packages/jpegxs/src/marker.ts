/** Marker codes (ISO/IEC 21122-1 table A.1, and the temporal ones of the 2024 edition). */
export const Marker = {
  soc: 0xff10,
  eoc: 0xff11,
  pih: 0xff12,
  cdt: 0xff13,
  wgt: 0xff14,
  com: 0xff15,
  nlt: 0xff16,
  cwd: 0xff17,
  cts: 0xff18,
  crg: 0xff19,
  tpc: 0xff1a,
  wgr: 0xff1b,
  slh: 0xff20,
  sli: 0xff21,
  cap: 0xff50,
} as const;

/** The standard's name of a marker in capitals, or `undefined`. */
export function markerName(marker: number): string | undefined {
  for (const [name, code] of Object.entries(Marker)) {
    if (code === marker) return name.toUpperCase();
  }
  return undefined;
}
