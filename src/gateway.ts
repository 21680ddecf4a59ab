import type { Command } from "./cli/io";
import { run } from "./cli/run";

/** The bundle of the module's own process (`dist/gateway.cjs`): its memory does not pay for what people call by hand. */
export const gateway: Readonly<Record<"run", Command>> = { run };
