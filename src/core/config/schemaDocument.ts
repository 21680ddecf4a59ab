import * as z from "zod";
import { WRITE_POLICIES } from "./gatewayConfig";
import { nameFault, PROFILE_NAME, profileNameFault, RESERVED_FOR_DEVICES } from "./names";
import { show } from "./nearest";
import { connectionSchema } from "./schemaConnection";
import { deviceSchema, groupsSchema, profileSchema } from "./schemaDevice";
import { duration, flag, integer, key, namedBy, objectOf, oneOf, pattern } from "./schemaKinds";
import { outputsSchema } from "./schemaOutput";

export const SCHEMA_VERSION = 1;

const LATER_MODULE_KEYS: readonly string[] = [];

/** DTDL: segments of letters, digits and inner underscores, then a version; the whole is at most 128 long. */
const DTMI =
  /^(?=.{1,128}$)dtmi:[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?(?::[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?)*;[1-9][0-9]{0,8}$/;

export const moduleSchema = objectOf(
  "the module",
  {
    logLevel: key(
      oneOf("a log level", ["debug", "info", "warn", "error"]),
      "Least important events that are logged. Default: what the environment says, else `info`.",
    ),
    writes: key(
      oneOf("a policy of writing", WRITE_POLICIES),
      "Narrows what `MODBUS_EDGE_WRITES` allows on the gateway (default `declared`): `off`: nothing is ever written; `declared`: points with write access; `raw`: registers by `writeRegisters` too. It never widens it.",
    ),
    writeInput: key(
      flag(),
      "Messages of other modules to the input `write` are carried out: payloads of `writePoints` with `notAfter`, the instant until which they may be written. What comes of them goes to `events`.",
      false,
    ),
    modelId: key(
      pattern(DTMI, "a model id such as dtmi:acme:site1:modbus;1 (at most 128 characters)"),
      "Model of the module (a DTMI) that is announced to the hub, so that IoT Central finds its template. A change connects anew.",
    ),
    metricsPort: key(
      integer("a port", 0, 65_535),
      "Port of `/metrics` (Prometheus), `/healthz` and `/readyz`; 0: none.",
      9600,
    ),
    confirmMs: key(
      integer("a time for confirmation in ms", 5000, 3_600_000),
      "A document is taken back when devices that were online are not (again) so long after it came; `configurationStatus` says which. A restart meanwhile finds the document before it. Default: documents stand at once.",
    ),
    spoolMaxBytes: key(
      integer("a size of the spool in bytes", 1024 * 1024, 16 * 1024 ** 3),
      "Messages that wait for the hub, on disk and in memory together; over it the oldest are dropped. Files and their upkeep may take half as much again.",
      52_428_800,
    ),
    queueMaxBytes: key(
      integer("a size of the queue in bytes", 1024 * 1024, 1024 ** 3),
      "Of them, those in memory. Where the disk can't be written this is all there is.",
      8 * 1024 * 1024,
    ),
    statusIntervalMs: key(
      duration(1000, 86_400_000),
      "The reported property `module` is renewed at most so often.",
      60_000,
    ),
  },
  LATER_MODULE_KEYS,
).meta({ id: "Module" });

/** For editors, which see templates too; the names of their instances are checked by `fault`. */
const TEMPLATE_NAME = /^[A-Za-z{][A-Za-z0-9_{}+*() -]*$/;
const connectionName = { pattern: TEMPLATE_NAME, fault: (name: string) => nameFault(name, "a connection") };
const deviceName = {
  pattern: TEMPLATE_NAME,
  fault: (name: string) => nameFault(name, "a device", RESERVED_FOR_DEVICES),
};
const profileName = { pattern: PROFILE_NAME, fault: profileNameFault };

/** The whole configuration: single source of types, validation, JSON Schema and the reference (docs/configuration.md). */
export const documentSchema = objectOf("the configuration", {
  schemaVersion: key(
    z.literal(SCHEMA_VERSION, {
      error: ({ input }) => `${show(input)} is not a schema version that is known here: write ${SCHEMA_VERSION}`,
    }),
    "Version of this format.",
    SCHEMA_VERSION,
  ),
  connections: key(
    namedBy("connections", connectionName, z.nullable(connectionSchema)),
    "Serial lines and network endpoints, by name. `null` leaves one out.",
  ),
  profiles: key(
    namedBy("profiles", profileName, z.nullable(profileSchema)),
    "Device models, by name. One of the same name in the profile folder, or built in, is hidden whole.",
  ),
  devices: key(namedBy("devices", deviceName, z.nullable(deviceSchema)), "Devices, by name. `null` leaves one out."),
  groups: key(groupsSchema, "Groups for every device; a profile's or a device's own of the same name win, key by key."),
  outputs: key(
    outputsSchema,
    "Where messages leave, by name. `telemetry` (format `pnp`) exists always; groups name others.",
  ),
  module: key(moduleSchema, "The module itself."),
}).meta({ id: "Configuration" });

export type ConfigurationDocument = z.infer<typeof documentSchema>;
