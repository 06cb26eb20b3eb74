/**
 * Puts the times of several clocks, ns, onto one axis: near ones lie side by side, others as if they began where the first
 * one stands, and the jump of a clock takes no time.
 */
export class SharedAxis<Clock> {
  readonly #clocks = new Map<Clock, { readonly time: bigint; readonly position: bigint }>();

  /** Where a time lies. `maxGap`: a greater step of its clock, or distance from another, is none of one clock. */
  position(clock: Clock, time: bigint, maxGap: bigint): bigint {
    const own = this.#clocks.get(clock);
    if (own !== undefined) {
      return isNear(time, own.time, maxGap) ? own.position + time - own.time : own.position;
    }
    const others = [...this.#clocks.values()];
    const near = others.find((other) => isNear(time, other.time, maxGap));
    if (near !== undefined) return near.position + time - near.time;
    return others[0]?.position ?? 0n;
  }

  /** A clock has come to a time, which lies at `position`. */
  advance(clock: Clock, time: bigint, position: bigint): void {
    this.#clocks.set(clock, { time, position });
  }

  /** What a clock shows at a position; `undefined` before it was seen. */
  timeAt(clock: Clock, position: bigint): bigint | undefined {
    const own = this.#clocks.get(clock);
    return own && own.time + position - own.position;
  }
}

function isNear(a: bigint, b: bigint, maxGap: bigint): boolean {
  return (a > b ? a - b : b - a) <= maxGap;
}
