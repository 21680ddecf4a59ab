import { demo } from "./cli/demo";
import { devhub } from "./cli/devhub";
import { find } from "./cli/find";
import type { Command } from "./cli/io";
import { report } from "./cli/report";
import { scan } from "./cli/scan";
import { simulate } from "./cli/simulate";

type Name = "demo" | "devhub" | "find" | "report" | "scan" | "simulate";

/**
 * A bundle of its own (`dist/workshop.cjs`): what stands beside the module. The module's own process never loads it, so
 * that its memory does not pay for hub, simulator and what is done by hand in front of devices.
 */
export const workshop: Readonly<Record<Name, Command>> = { demo, devhub, find, report, scan, simulate };
