import type { Series } from "../pcr-trace.js";

/** A point of a chart. */
export interface Point {
  readonly time: number;
  readonly value: number;
}

/**
 * At most `2 * buckets` points of a series: of each of `buckets` equal spans of time the least and the greatest value,
 * in their order. No peak is lost.
 */
export function downsample({ times, values }: Series, buckets: number): Point[] {
  const count = times.length;
  const point = (i: number): Point => ({ time: times[i] as number, value: values[i] as number });
  if (count <= 2 * buckets) return Array.from({ length: count }, (_, i) => point(i));
  const start = times[0] as number;
  const span = ((times[count - 1] as number) - start) / buckets;
  const points: Point[] = [];
  for (let i = 0; i < count; ) {
    const bucket = bucketOf(times[i] as number, start, span, buckets);
    let least = i;
    let greatest = i;
    for (; i < count && bucketOf(times[i] as number, start, span, buckets) === bucket; i++) {
      if ((values[i] as number) < (values[least] as number)) least = i;
      if ((values[i] as number) > (values[greatest] as number)) greatest = i;
    }
    points.push(point(Math.min(least, greatest)));
    if (least !== greatest) points.push(point(Math.max(least, greatest)));
  }
  return points;
}

function bucketOf(time: number, start: number, span: number, buckets: number): number {
  // A span of 0: everything happened at once.
  return span > 0 ? Math.min(buckets - 1, Math.floor((time - start) / span)) : 0;
}
