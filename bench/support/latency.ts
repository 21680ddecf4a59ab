export interface Latencies {
  readonly units: number;
  readonly least: number;
  readonly most: number;
}

/** ms from a request to its answer: spread evenly over the units 1 … `units`. */
export function latencyOf(unitId: number, { units, least, most }: Latencies): number {
  return least + ((most - least) * (unitId - 1)) / Math.max(1, units - 1);
}
