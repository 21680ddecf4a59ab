import * as z from "zod";
import { NAME, nameFault } from "./names";
import { show } from "./nearest";
import { EVENTS_OUTPUT, OUTPUT_DEFAULTS } from "./outputs";
import { duration, integer, key, namedBy, objectOf, oneOf } from "./schemaKinds";

/** Below it the properties of a message leave hardly any room. */
const LEAST_BYTES = 1024;

const outputSchema = objectOf("an output", {
  format: key(
    oneOf("a format", ["pnp", "records", "legacy", "legacyV1"]),
    "`pnp`: a message a device and cycle, for IoT Plug and Play; `records`: a JSON array of what several devices yielded; `legacy`, `legacyV1`: the bodies of Microsoft's archived Modbus module.",
    OUTPUT_DEFAULTS.format,
  ),
  maxBytes: key(
    integer("maxBytes", LEAST_BYTES, OUTPUT_DEFAULTS.maxBytes),
    "Largest message, its properties included; what is larger goes in several. A single value that does not fit goes alone.",
    OUTPUT_DEFAULTS.maxBytes,
  ),
  maxDelayMs: key(
    duration(10, 86_400_000),
    "Not with `pnp`: what has been collected for so long is sent.",
    OUTPUT_DEFAULTS.maxDelayMs,
  ),
  maxSkewMs: key(
    duration(0, 86_400_000),
    "Values of a device that were read further apart go in separate messages (with `records`: separate records).",
    OUTPUT_DEFAULTS.maxSkewMs,
  ),
  bigIntegers: key(
    oneOf("a form", ["number", "string"]),
    "Numbers with more digits than a double keeps: JSON numbers with every digit, or texts of digits.",
    OUTPUT_DEFAULTS.bigIntegers,
  ),
}).meta({ id: "Output" });

const outputName = {
  pattern: NAME,
  fault: (name: string): string | undefined =>
    name === EVENTS_OUTPUT ? `${show(name)} is the output of the module's own events` : nameFault(name, "an output"),
};

/** `outputs`, by name. */
export const outputsSchema = namedBy("outputs", outputName, z.nullable(outputSchema));

export type OutputKeys = z.infer<typeof outputSchema>;
