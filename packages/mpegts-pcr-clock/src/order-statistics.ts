/**
 * The element that sorting `values[from..to)` would put at `rank` (an index into `values`). Reorders the range so that
 * nothing before `rank` is greater and nothing behind it smaller; linear time.
 */
export function selectRank(values: Float64Array, rank: number, from: number, to: number): number {
  let low = from;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const pivot = medianOfThree(
      values[low] as number,
      values[middle] as number,
      values[high] as number,
    );
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
  return values[rank] as number;
}

/** The upper median of `values[0..count)`, which are reordered. */
export function medianOf(values: Float64Array, count: number): number {
  return selectRank(values, count >>> 1, 0, count);
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
