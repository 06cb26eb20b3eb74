// A clock as a line. Local time x and sender time y differ little, so y − x is kept: doubles stay exact to a nanosecond's
// fraction however long the clock runs.

/** Sender time minus local time, as a line over local time. All in ns; `slope` is the sender's rate minus 1. */
export interface Line {
  x: number;
  difference: number;
  slope: number;
}

/** A moment of local time. One object used again and again: a number that goes through a call is boxed, a field is not. */
export interface Moment {
  x: number;
}

/** Sender minus local time, measured at a moment. */
export interface Point extends Moment {
  difference: number;
}

/** Sender minus local time at local time `x`. */
export function differenceAt(line: Line, x: number): number {
  return line.difference + line.slope * (x - line.x);
}

/** Go on from `x` at its value there. */
export function moveOrigin(line: Line, x: number): void {
  line.difference = differenceAt(line, x);
  line.x = x;
}
