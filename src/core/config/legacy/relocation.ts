import { pointer } from "../../../kernel/json";
import type { Problem } from "../problem";

/** Where the parts of a native document come from. */
export interface Relocation {
  /** What stands at `native`, and below it, comes from `legacy`. */
  add(native: readonly string[], legacy: readonly string[]): void;
  /** The problem at the nearest place that is known; as it is where none is. */
  relocate(problem: Problem): Problem;
}

export function createRelocation(): Relocation {
  const places = new Map<string, string>();
  return {
    add: (native, legacy) => void places.set(pointer(native), pointer(legacy)),
    relocate(problem) {
      for (let path = problem.path; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
        const place = places.get(path);
        if (place !== undefined) return { ...problem, path: place };
      }
      return problem;
    },
  };
}
