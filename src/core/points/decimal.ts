/** coefficient × 10^-scale, exact. `scale` is 0 or more; canonical: no trailing zero of the coefficient where scale > 0. */
export interface ExactDecimal {
  readonly coefficient: bigint;
  readonly scale: number;
}
