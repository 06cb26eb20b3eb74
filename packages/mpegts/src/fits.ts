/** @throws {RangeError} when `value` is not an integer from 0 to `max` */
export function fits(field: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from 0 to ${max}`);
  }
}
