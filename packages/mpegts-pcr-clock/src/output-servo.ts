import { differenceAt, type Line, type Moment, moveOrigin } from "./line.js";

const PPM = 1e-6;
const MS = 1e6;
/**
 * The clock that is read: it runs after the model at a bounded difference of rate, so it never steps and never goes
 * backwards whatever the model does.
 */
export class OutputServo {
  readonly line: Line = { x: 0, difference: 0, slope: 0 };

  /** Aim at `model` from `now` on. In the first seconds, while it is `starting`, the output may hurry. */
  aim(model: Line, now: Moment, starting: boolean): void {
    moveOrigin(this.line, now.x);
    const error = differenceAt(model, now.x) - this.line.difference;
    const size = Math.abs(error);
    let limit = 100 * PPM;
    let settle = 4e9;
    if (starting) {
      limit = 5000 * PPM;
      settle = 0.5e9;
    } else if (size > 20 * MS) limit = 2000 * PPM;
    else if (size > 2 * MS) limit = 500 * PPM;
    this.line.slope = model.slope + Math.max(-limit, Math.min(limit, error / settle));
  }

  /** Nothing is known from local time `x` on: go on at the rate `slope`, without correcting what was wrong. */
  coast(slope: number, x: number): void {
    moveOrigin(this.line, x);
    this.line.slope = slope;
  }
}
