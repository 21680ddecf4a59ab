import type { JsonObject } from "../../../kernel/json";
import { type LegacyLink, legacyLink } from "./legacyConnection";
import { type Findings, knownKeys, LegacyObject } from "./legacyObject";
import { type LegacyOperation, legacyOperation, OPERATION_KEYS } from "./legacyOperation";

/** `FlowControl` means nothing on a line of three wires: the archived module did not use it either. */
const SLAVE_KEYS = knownKeys(
  ...["SlaveConnection", "TcpPort", "RetryCount", "RetryInterval", "HwId", "Operations"],
  ...["BaudRate", "DataBits", "StopBits", "Parity", "FlowControl"],
);

/** What the archived module called a slave: an endpoint or port, and what is read there. */
export interface LegacySlave {
  readonly name: string;
  readonly place: LegacyObject;
  readonly hwId: string | null;
  readonly link: LegacyLink;
  readonly operations: readonly LegacyOperation[];
}

/** A slave that can't be carried out: what stood before stays. */
export interface FaultySlave {
  readonly name: string;
  readonly hwId: string | null;
  readonly problems: Findings["problems"];
}

/** Reads a slave; one fault spoils the whole of it. */
export function legacySlave(name: string, object: JsonObject, path: readonly string[], warnings: Findings["warnings"]) {
  const findings: Findings = { problems: [], warnings };
  const place = new LegacyObject(object, path, "a slave", SLAVE_KEYS, findings);
  const hwId = place.text("HwId") ?? null;
  const link = legacyLink(place);
  const isSerial = link?.keys["transport"] === "serial";
  const operations = place.named("Operations", "an object with the operations by name").flatMap(([key, operation]) => {
    const at = [...place.place("Operations"), key];
    return (
      legacyOperation(new LegacyObject(operation, at, "an operation", OPERATION_KEYS, findings), key, isSerial) ?? []
    );
  });
  const { problems } = findings;
  if (problems.length > 0 || link === undefined) return { faulty: { name, hwId, problems } satisfies FaultySlave };
  return { slave: { name, place, hwId, link, operations } satisfies LegacySlave };
}
