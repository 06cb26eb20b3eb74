/** Sum of the bytes from `start` to before `end`. Eight a turn: for a CDP this is most of what a walk costs. */
export function byteSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at < end - 7; at += 8) {
    sum +=
      (bytes[at] as number) +
      (bytes[at + 1] as number) +
      (bytes[at + 2] as number) +
      (bytes[at + 3] as number) +
      (bytes[at + 4] as number) +
      (bytes[at + 5] as number) +
      (bytes[at + 6] as number) +
      (bytes[at + 7] as number);
  }
  for (; at < end; at++) sum += bytes[at] as number;
  return sum;
}
