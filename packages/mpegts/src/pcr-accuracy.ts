/** How well PCRs fit a constant bit rate. */
export interface PcrAccuracy {
  /** Bit/s of the whole transport stream: 188 bytes a packet. */
  readonly bitrate: number;
  /** Largest distance of a PCR from the line, ns: PCR_AC. */
  readonly maxErrorNs: number;
  /** PCRs farther from it than the limit, as indices. */
  readonly errors: readonly number[];
}

const PACKET_BITS = 188 * 8;
const TICKS_PER_SECOND = 27e6;
/** A packet duration that differs by more than this from the median is not that of a constant bit rate. */
const CONSTANT_WITHIN = 0.01;
const CONSTANT_SHARE = 0.9;
/** Fewer PCRs than these are evenly spaced by chance: pictures of equal size in a stream of variable rate. */
const MIN_TO_JUDGE = 10;

/**
 * Fit the PCRs of one time base to a constant bit rate (TR 101 290 5.3.2, PCR_AC without the arrival).
 * @param packets packet index of each PCR, growing
 * @param ticks its value, 27 MHz, continued over wraps
 * @param bitrate bit/s. Default: that of the best line
 * @param limitNs distance that is an error
 * @returns `undefined` for fewer than three PCRs; without a given bit rate also for fewer than ten and when it is not
 * constant
 */
export function pcrAccuracy(
  packets: readonly number[],
  ticks: readonly number[],
  bitrate: number | undefined,
  limitNs: number,
): PcrAccuracy | undefined {
  const count = packets.length;
  if (count < 3) return undefined;
  if (bitrate === undefined && !isConstant(packets, ticks)) return undefined;
  const packet0 = packets[0] as number;
  const ticks0 = ticks[0] as number;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < count; i++) {
    meanX += ((packets[i] as number) - packet0) / count;
    meanY += ((ticks[i] as number) - ticks0) / count;
  }
  let slope = bitrate === undefined ? 0 : (PACKET_BITS * TICKS_PER_SECOND) / bitrate;
  if (bitrate === undefined) {
    let xx = 0;
    let xy = 0;
    for (let i = 0; i < count; i++) {
      const x = (packets[i] as number) - packet0 - meanX;
      xx += x * x;
      xy += x * ((ticks[i] as number) - ticks0 - meanY);
    }
    slope = xy / xx;
  }
  const errors: number[] = [];
  let maxErrorNs = 0;
  for (let i = 0; i < count; i++) {
    const x = (packets[i] as number) - packet0 - meanX;
    const error = Math.abs((((ticks[i] as number) - ticks0 - meanY - slope * x) * 1000) / 27);
    maxErrorNs = Math.max(maxErrorNs, error);
    if (error > limitNs) errors.push(i);
  }
  return { bitrate: (PACKET_BITS * TICKS_PER_SECOND) / slope, maxErrorNs, errors };
}

/** Whether the packets between PCRs last about equally long. */
function isConstant(packets: readonly number[], ticks: readonly number[]): boolean {
  if (packets.length < MIN_TO_JUDGE) return false;
  const durations = new Float64Array(packets.length - 1);
  for (let i = 0; i < durations.length; i++) {
    const elapsed = (ticks[i + 1] as number) - (ticks[i] as number);
    durations[i] = elapsed / ((packets[i + 1] as number) - (packets[i] as number));
  }
  const median = durations.slice().sort()[durations.length >>> 1] as number;
  let near = 0;
  for (const duration of durations) {
    if (Math.abs(duration - median) <= CONSTANT_WITHIN * median) near++;
  }
  return near >= CONSTANT_SHARE * durations.length;
}
