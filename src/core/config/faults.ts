import type { Expansion } from "./instances";
import type { Problem } from "./problem";
import { documentSchema } from "./schemaDocument";
import { validate } from "./validate";

const KINDS = ["connections", "profiles", "devices"] as const;
type Kind = (typeof KINDS)[number];

/** What the schema finds, by the part of the document that it spoils. */
export interface Faults {
  /** Outside any connection, profile or device: nothing can be applied. */
  readonly root: readonly Problem[];
  readonly connections: ReadonlyMap<string, readonly Problem[]>;
  readonly profiles: ReadonlyMap<string, readonly Problem[]>;
  readonly devices: ReadonlyMap<string, readonly Problem[]>;
  readonly all: readonly Problem[];
}

/** The second step of `/devices/NAME/…` and its like; `undefined` for other pointers. */
function partOf(path: string): { readonly kind: Kind; readonly name: string } | undefined {
  const [, first, second] = path.split("/");
  const kind = KINDS.find((known) => known === first);
  if (kind === undefined || second === undefined) return undefined;
  return { kind, name: second.replaceAll("~1", "/").replaceAll("~0", "~") };
}

/** Of a document whose templates have been replaced by their instances. */
export function faultsOf({ document, broken, collisions }: Expansion): Faults {
  const root: Problem[] = [];
  const parts = {
    connections: new Map<string, Problem[]>(),
    profiles: new Map<string, Problem[]>(),
    devices: new Map<string, Problem[]>(),
  };
  const valid = validate(documentSchema, document);
  const all = [...broken.flatMap(({ problems }) => problems), ...valid];
  for (const kind of ["connections", "devices"] as const) {
    for (const [name, problems] of collisions[kind]) {
      parts[kind].set(name, [...problems]);
      all.push(...problems);
    }
  }
  for (const problem of valid) {
    const part = partOf(problem.path);
    if (part === undefined) {
      root.push(problem);
      continue;
    }
    const known = parts[part.kind].get(part.name);
    if (known === undefined) parts[part.kind].set(part.name, [problem]);
    else known.push(problem);
  }
  return { root, ...parts, all };
}
