import type { GatewayConfig, OutputConfig } from "./gatewayConfig";

/** The output that exists without being named. */
export const DEFAULT_OUTPUT = "telemetry";

/** The output of the module's own events: its name can't be given to another. */
export const EVENTS_OUTPUT = "events";

/** What an output has when the document says nothing else. */
export const OUTPUT_DEFAULTS = {
  format: "pnp",
  maxBytes: 245_760,
  maxDelayMs: 60_000,
  maxSkewMs: 1000,
  bigIntegers: "number",
} as const;

const TELEMETRY: OutputConfig = { name: DEFAULT_OUTPUT, ...OUTPUT_DEFAULTS };

type Outputs = GatewayConfig["outputs"];

/** The output of that name (absent: `telemetry`); `undefined` where there is none. */
export function outputOf(outputs: Outputs, name: string = DEFAULT_OUTPUT): OutputConfig | undefined {
  return outputs?.get(name) ?? (name === DEFAULT_OUTPUT ? TELEMETRY : undefined);
}

/** The names that a group may give. */
export function outputNames(outputs: Outputs): readonly string[] {
  return [...new Set([DEFAULT_OUTPUT, ...(outputs?.keys() ?? [])])];
}
