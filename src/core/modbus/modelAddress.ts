/**
 * Addresses of points that stand in a SunSpec model, whose place is known only after its chain has been walked: they
 * lie above every address of Modbus, so that no request with one can reach the wire by mistake. What the planner
 * joins stays in one model, for two models are further apart than any gap.
 */
const SPACE = 65_536;
/** A point ends below this, which leaves a gap between models that no request reads over. */
export const MODEL_END = 32_768;
/** With 24 bits, addresses keep clear of 2^53 in every sum and product of planning. */
const NUMBERS = 2 ** 24;

/**
 * The number of "the first of these models in the chain", the same for equal lists on every gateway: of one model its
 * id, of several a hash beyond all ids (FNV-1a; who brings lists together checks that they do not meet).
 */
export function modelNumber(models: readonly number[]): number {
  const [only, second] = models;
  if (only !== undefined && second === undefined) return only;
  let hash = 0x811c9dc5;
  for (const character of models.join()) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return SPACE + (((hash ^ (hash >>> 24)) >>> 0) % (NUMBERS - SPACE));
}

/** `offset`: from the model's first register, which holds its id. */
export function modelAddress(number: number, offset: number): number {
  return number * SPACE + offset;
}

export interface ModelPlace {
  readonly number: number;
  readonly offset: number;
}

/** `undefined` for an address of Modbus. */
export function modelPlace(address: number): ModelPlace | undefined {
  return address < SPACE ? undefined : { number: Math.floor(address / SPACE), offset: address % SPACE };
}
