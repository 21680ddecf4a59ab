import type { Json } from "../../kernel/json";
import { deeperThan } from "../../kernel/jsonDepth";
import { type Applied, applyDocument } from "../config/apply";
import type { GatewayConfig } from "../config/gatewayConfig";
import { distinctProblems, type Problem } from "../config/problem";
import type { ProfileLookup } from "../config/profiles";
import { loadWarnings, predictLoads } from "./busLoad";
import { type CloudWrites, cloudWrites } from "./cloudWrites";
import { type ConnectionFigures, connectionFigures } from "./connectionFigures";
import { expertWarnings } from "./expertWarnings";
import { type MessageCost, messageCost } from "./messageCost";
import { placesIn } from "./places";
import { reportedSize } from "./reportedSize";
import { type TwinFigures, twinFigures, twinWarnings } from "./twinFigures";

/** What a document amounts to, beyond whether it is valid. */
export interface Assessment extends Applied {
  readonly points: number;
  readonly connections: readonly ConnectionFigures[];
  readonly twin: TwinFigures;
  readonly cost: MessageCost;
  readonly writes: CloudWrites;
}

const DEEPEST = 64;

/**
 * Looks through a document and what it would make of the gateway: validity, loads, size in the twin, cost a day, what
 * an expert would warn of, what the cloud could write. Pure; nothing is applied.
 * @param previous what is in force: faulty parts stay as they are there. Absent: they are left out.
 */
export function assessDocument(document: unknown, lookup: ProfileLookup, previous?: GatewayConfig): Assessment {
  return assessApplied(applyDocument(previous, document, lookup), document);
}

/** The same of a document that has been applied, or tried, already. */
export function assessApplied(applied: Applied, given: unknown): Assessment {
  const { config, problems } = applied;
  // Nothing can be made of what is nested so deep, and it may be deeper than the stack.
  const document = deeperThan(given as Json, DEEPEST) ? {} : given;
  const loads = predictLoads(config);
  const cost = messageCost(config);
  const found: readonly Problem[] = [
    ...applied.warnings,
    ...loadWarnings(config, loads),
    ...expertWarnings(config, placesIn(document), { loads, cost }),
  ];
  const twin = twinFigures(document, reportedSize(config, problems, found));
  return {
    ...applied,
    warnings: distinctProblems([...found, ...twinWarnings(document, twin)]),
    points: [...config.devices.values()].reduce((sum, device) => sum + device.points.length, 0),
    connections: connectionFigures(config, loads),
    twin,
    cost,
    writes: cloudWrites(config),
  };
}
