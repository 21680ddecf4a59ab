import type { JsonObject } from "../../kernel/json";
import { command, enumOf, field, mapOf, objectOf, words } from "./content";
import { moduleEventsText } from "./moduleEvents";

/** What the module itself shows (contract sections 4 to 6): events as telemetry, its state as properties, its methods. */
export function moduleContents(): readonly JsonObject[] {
  return [...events(), ...properties(), ...methods()];
}

function telemetry(name: string, title: string, description: string, fields: readonly JsonObject[]): JsonObject {
  return { "@type": "Telemetry", name, ...words(title, description), schema: objectOf(fields) };
}

/** A map of DTDL has one schema for all its values; these are numbers, texts and booleans, each as its point has them. */
export const NOT_MODELLED = { writeAudit: ["values"] } as const;
const WRITE_AUDIT =
  "Something was written, or refused, at the order of somebody outside. The field values (by point, what was asked for: numbers, texts, booleans) is sent beside those named here: no schema of DTDL carries it.";

function events(): readonly JsonObject[] {
  return [
    telemetry("deviceStatus", "Device status", "A device came, went, or lost some of its points.", [
      field("device", "string"),
      field("state", enumOf(["online", "degraded", "offline", "disabled"])),
      field("reason", "string"),
      field("since", "dateTime"),
    ]),
    telemetry("writeAudit", "Write audit", WRITE_AUDIT, [
      field("device", "string"),
      field("outcome", "string"),
      field("by", "string"),
      field("at", "dateTime"),
    ]),
    telemetry("moduleEvent", "Module event", "Something that the operator should know of the module itself.", [
      field("kind", "string", moduleEventsText()),
      field("text", "string"),
      field("at", "dateTime"),
    ]),
  ];
}

function properties(): readonly JsonObject[] {
  const texts = mapOf("place", "text", "string");
  return [
    {
      "@type": "Property",
      name: "configurationStatus",
      displayName: "Configuration status",
      schema: objectOf([
        field("state", enumOf(["applied", "partial", "rejected"])),
        field("version", "integer", "$version of the desired properties."),
        field("at", "dateTime"),
        field("devices", "integer"),
        field("points", "integer"),
        field("problems", texts, "By JSON pointer: what is wrong, what to do."),
        field("warnings", texts),
      ]),
    },
    {
      "@type": "Property",
      name: "module",
      displayName: "Module",
      schema: objectOf([
        field("version", "string"),
        field("schema", "integer"),
        field("modelId", "string"),
        field("online", "integer", "Devices that answer."),
        field("offline", "integer"),
        field("spooled", "integer", "Messages that wait for the hub."),
        field("dropped", "integer", "Messages lost, for the room was full."),
        field("quarantined", "integer", "Messages put aside, for the hub would not have them."),
        field("spool", objectOf([field("state", "string"), field("reason", "string")]), "While it can't be written."),
        field("writes", enumOf(["off", "declared", "raw"])),
        field("connections", mapOf("connection", "status", connectionStatus())),
        field("trimmed", "string", "What was left out, for the twin was full."),
      ]),
    },
  ];
}

function connectionStatus(): JsonObject {
  return objectOf([field("state", enumOf(["connecting", "open", "closed"])), field("loadPercent", "double")]);
}

/**
 * Methods whose payload a form can draw. `writePoints` of the module is left out: it takes a free map, which no form
 * draws; every device has it with its own points. `validateConfiguration` and `putProfile` take whole documents.
 */
function methods(): readonly JsonObject[] {
  const device = field("device", "string");
  const connection = field("connection", "string");
  const registers = [
    connection,
    field("unitId", "integer"),
    field("table", enumOf(["coil", "discrete", "input", "holding"])),
    field("address", "integer", "0-based."),
  ];
  const asText = "As JSON.";
  return [
    command("getStatus", { title: "Get status", description: "States, counters, loads; why there is no data." }, [
      device,
      connection,
    ]),
    command("getPlan", { title: "Get plan", description: "The requests of a cycle." }, [connection]),
    command("getTrace", { title: "Get trace", description: "Frames of a connection, decoded." }, [
      connection,
      field("seconds", "integer", "25 at most."),
      field("format", enumOf(["text", "pcap"])),
    ]),
    command("identify", { title: "Identify", description: "Asks a device who it is (FC 43/14, FC 17)." }, [device]),
    command(
      "readPoints",
      { title: "Read points", description: "Reads all points of a device now." },
      [device, field("maxAgeMs", "integer")],
      [device, field("at", "dateTime"), field("bad", mapOf("point", "reason", "string"))],
    ),
    command(
      "readRegisters",
      { title: "Read registers", description: `Raw registers, and what they may mean. ${asText}` },
      [...registers, field("count", "integer")],
    ),
    command("setPolling", { title: "Set polling", description: "Pauses a device, or lets it go on." }, [
      device,
      field("enabled", "boolean"),
      field("until", "dateTime", "An hour from now when left out."),
    ]),
    command("restart", { title: "Restart", description: "Delivers what waits, ends, is started again." }, []),
  ];
}
