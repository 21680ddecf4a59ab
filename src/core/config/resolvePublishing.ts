import type { Group } from "./gatewayConfig";
import type { Place } from "./layers";
import { DEFAULT_OUTPUT } from "./outputs";
import type { Problem } from "./problem";
import type { GroupKeys } from "./schemaDevice";

/** How the values of a group are published. `interval`: in ms, or how it is polled instead; `undefined` where it is missing. */
export function resolvePublishing(
  keys: Pick<GroupKeys, "publishMs" | "aggregate" | "output">,
  interval: GroupKeys["intervalMs"],
  place: Place,
  problems: Problem[],
): Pick<Group, "publish" | "output"> {
  const { publishMs, aggregate, output } = keys;
  if (publishMs === undefined && aggregate !== undefined)
    problems.push(place(["aggregate"], '"aggregate" says what is made of the values of a "publishMs": give both'));
  if (publishMs !== undefined && typeof interval === "string")
    problems.push(place(["publishMs"], `"${interval}" has no interval: leave "publishMs" out, or give milliseconds`));
  if (publishMs !== undefined && typeof interval === "number" && publishMs < interval) {
    const text = `${publishMs} ms is less than the interval of ${interval} ms: nothing can be published more often than it is read`;
    problems.push(place(["publishMs"], text));
  }
  return {
    ...(publishMs === undefined ? {} : { publish: { everyMs: publishMs, aggregate: aggregate ?? "last" } }),
    ...(output === undefined || output === DEFAULT_OUTPUT ? {} : { output }),
  };
}
