/**
 * Puts at `rank` (an index into `values`) what sorting `values[from..to)` would put there. Reorders the range so that
 * nothing before `rank` is greater and nothing behind it smaller; linear time.
 */
export function selectRank(values: Float64Array, rank: number, from: number, to: number): void {
  let low = from;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const pivot = values[medianOfThree(values, low, middle, high)] as number;
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i <= j) {
        const swapped = values[i] as number;
        values[i++] = values[j] as number;
        values[j--] = swapped;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
}

/** The upper median of `values[0..count)`, which are reordered. */
export function medianOf(values: Float64Array, count: number): number {
  selectRank(values, count >>> 1, 0, count);
  return values[count >>> 1] as number;
}

/** Which of three indices has the middle value. */
function medianOfThree(values: Float64Array, i: number, j: number, k: number): number {
  const a = values[i] as number;
  const b = values[j] as number;
  const c = values[k] as number;
  if (a < b) return b < c ? j : a < c ? k : i;
  return a < c ? i : b < c ? k : j;
}
