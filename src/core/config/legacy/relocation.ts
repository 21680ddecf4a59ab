import { pointer } from "../../../kernel/json";
import type { Problem } from "../problem";

/** The place in the legacy document, of a part or of a key of it. */
export type LegacyPlace = (key?: string) => readonly string[];

/** Where the parts of a native document come from. */
export interface Relocation {
  /** What stands at `native` (a JSON pointer), and below it, comes from `place`. */
  add(native: string, place: LegacyPlace): void;
  /** The problem at the nearest place that is known; as it is where none is. */
  relocate(problem: Problem): Problem;
}

export function createRelocation(): Relocation {
  const places = new Map<string, LegacyPlace>();
  return {
    add: (native, place) => void places.set(native, place),
    relocate(problem) {
      let key: string | undefined;
      for (let path = problem.path; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
        const place = places.get(path);
        if (place !== undefined) return { ...problem, path: pointer(place(key)) };
        key = path.slice(path.lastIndexOf("/") + 1);
      }
      return problem;
    },
  };
}
