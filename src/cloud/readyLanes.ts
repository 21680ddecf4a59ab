import type { Entry } from "./outboxEntry";
import type { Lane } from "./outboxLanes";

/** Links that were lost with a message under way before it is sent alone, so that it is known which one it was. */
export const LOSSES_BEFORE_ALONE = 2;

/** `suspect`: may be what costs the link. `backlog`: has been stored. `urgent`: an event. */
export type Standing = "suspect" | "urgent" | "backlog" | "live";

/** Lanes whose first message may be sent, by what it is; in each class the one that waits longest goes first. */
export interface ReadyLanes {
  /** A lane with a first message that is not busy, new or of another standing now; a busy one is left out. */
  enlist(lane: Lane): void;
  remove(lane: Lane): void;
  has(standing: Standing): boolean;
  /** Takes the next lane of the class; it is busy from then on. */
  take(standing: Standing): Lane | undefined;
}

export function standingOf({ losses, urgent, stored, message }: Entry): Standing {
  if (losses >= LOSSES_BEFORE_ALONE) return "suspect";
  if (urgent || message.output === "events") return "urgent";
  return stored ? "backlog" : "live";
}

export function createReadyLanes(): ReadyLanes {
  const classes: Readonly<Record<Standing, Set<Lane>>> = {
    suspect: new Set(),
    urgent: new Set(),
    backlog: new Set(),
    live: new Set(),
  };
  const placeOf = new Map<Lane, Standing>();

  function remove(lane: Lane): void {
    const place = placeOf.get(lane);
    if (place === undefined) return;
    placeOf.delete(lane);
    classes[place].delete(lane);
  }

  function enlist(lane: Lane): void {
    const first = lane.head[0];
    if (lane.busy || first === undefined) return;
    const standing = standingOf(first);
    if (placeOf.get(lane) === standing) return;
    remove(lane);
    placeOf.set(lane, standing);
    classes[standing].add(lane);
  }

  return {
    enlist,
    remove,
    has: (standing) => classes[standing].size > 0,
    take(standing) {
      const [lane] = classes[standing];
      if (lane === undefined) return undefined;
      remove(lane);
      lane.busy = true;
      return lane;
    },
  };
}
