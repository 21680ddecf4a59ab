import { builtInProfiles } from "../../src/core/config/profiles";
import type { CommandPorts } from "../../src/operator/methodError";

/** What a test of commands need not care about. */
export const restOfPorts = {
  profiles: async () => builtInProfiles,
  traces: { take: async () => undefined },
  reapply: async () => undefined,
} satisfies Partial<CommandPorts>;
