import { demo } from "./cli/demo";
import { devhub } from "./cli/devhub";
import type { Command } from "./cli/io";
import { simulate } from "./cli/simulate";

/**
 * The second bundle (`dist/workshop.cjs`): what stands beside the module. The module's own process never loads it, so
 * that its memory does not pay for hub and simulator.
 */
export const workshop: Readonly<Record<"demo" | "devhub" | "simulate", Command>> = { demo, devhub, simulate };
