// Times of pictures that come without any.
import { SECOND } from "../buffer.js";
import type { Fraction } from "../caps.js";
import type { ElementContext } from "../element.js";

const FALLBACK: Fraction = { numerator: 25, denominator: 1 };

/** `rate`, or 25 pictures a second, of which the user is told. */
export function frameRateOr(rate: Fraction | undefined, context: ElementContext): Fraction {
  if (rate !== undefined && rate.numerator > 0) return rate;
  const text =
    "the stream tells no frame rate: 25 a second are assumed; caps with framerate in front say another one";
  context.post({ type: "warning", text });
  return FALLBACK;
}

/** When `count` pictures have gone by, or fields with `parts` 2. */
export function pictureTime(count: number, parts: 1 | 2, rate: Fraction): bigint {
  return (BigInt(count) * BigInt(rate.denominator) * SECOND) / BigInt(parts * rate.numerator);
}
