/** Refuse a value that its field cannot hold: a mistake of the caller, so `RangeError`. */
export function fits(field: string, value: number, max: number, min = 0): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from ${min} to ${max}`);
  }
}

/** Refuse bytes that are too many or too few for their field. */
export function fitsLength(field: string, bytes: ArrayLike<number>, max: number, min = 0): void {
  if (bytes.length < min || bytes.length > max) {
    const range = min === max ? `${max}` : `${min} to ${max}`;
    throw new RangeError(`${field}: ${bytes.length} bytes instead of ${range}`);
  }
}

/** A 16-bit value, big-endian. */
export function twoBytes(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
