/** A broken promise of our own code: a bug, never a situation of the field. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** States what must be true here. Throws `InvariantError` when it is not. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
