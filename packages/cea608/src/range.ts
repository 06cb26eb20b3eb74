/** `value` itself. @throws {RangeError} when it is not an integer from `min` to `max`. */
export function inRange(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from ${min} to ${max}`);
  }
  return value;
}
