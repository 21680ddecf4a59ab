import { isJsonObject, type Json, pointer } from "../../kernel/json";
import type { Expansion, InstanceKind, Origin } from "./instances";
import type { Problem } from "./problem";

/** Problems of instances, shown where the document says what is wrong: in the template, or under the very name. */
export interface InstanceProblems {
  relocate(problem: Problem): Problem;
  /** All of them; those of one place in a template, which most instances share, once with their number. */
  gathered(problems: readonly Problem[]): readonly Problem[];
}

interface Located {
  readonly problem: Problem;
  /** Set where the place is in a template. */
  readonly instance?: string;
}

export function instanceProblems({ origins }: Pick<Expansion, "origins">): InstanceProblems {
  const none = origins.connections.size === 0 && origins.devices.size === 0;

  function locate(problem: Problem): Located {
    const [, kind = "", name = "", ...steps] = problem.path.split("/").map(unescaped);
    const known = kind === "connections" || kind === "devices" ? origins[kind as InstanceKind].get(name) : undefined;
    if (known === undefined || isExplicit(known, steps)) return { problem };
    const path = pointer([kind, known.template, ...steps]);
    return { problem: { path, text: `${name}: ${problem.text}` }, instance: name };
  }

  return {
    relocate: (problem) => (none ? problem : locate(problem).problem),
    gathered(problems) {
      if (none) return problems;
      const located = problems.map(locate);
      const instances = new Map<string, Set<string>>();
      for (const { problem, instance } of located) {
        if (instance === undefined) continue;
        const known = instances.get(problem.path) ?? new Set();
        instances.set(problem.path, known.add(instance));
      }
      return located.flatMap(({ problem, instance }) => {
        const [first, ...others] = instances.get(problem.path) ?? [];
        if (instance === undefined || others.length === 0) return [problem];
        if (instance !== first) return [];
        const rest = `${others.length} more instance${others.length === 1 ? "" : "s"} of it`;
        return [{ ...problem, text: `${problem.text} (and ${rest})` }];
      });
    },
  };
}

function unescaped(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Whether what is said under the very name reaches this far. A whole instance is its template's. */
function isExplicit({ explicit }: Origin, steps: readonly string[]): boolean {
  if (steps.length === 0) return false;
  let at: Json | undefined = explicit;
  for (const step of steps) {
    if (!isJsonObject(at) || !Object.hasOwn(at, step)) return false;
    at = at[step];
  }
  return true;
}
