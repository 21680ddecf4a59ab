/**
 * Writes docs/configuration.md and modbus-edge.schema.json from the schema that validates configurations, and the table
 * of built-in profiles of docs/add-a-device.md from the profiles, so that none can differ from the code. `--check`
 * writes nothing and fails when one is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";

const FILE = "docs/configuration.md";
/** For editors: `"$schema"` of a configuration leads to it. */
const SCHEMA_FILE = "modbus-edge.schema.json";
/** Between its two marks stands the table of profiles. */
const PROFILES_FILE = "docs/add-a-device.md";
const PROFILES_BEGIN = "<!-- Built-in profiles: written by scripts/docs.mjs from profiles/*.json. -->\n";
const PROFILES_END = "<!-- end -->";

/** The parts of a configuration in the order of the reference: name in the schema, heading, what stands above the table. */
const SECTIONS = [
  ["Configuration", "The configuration", ""],
  [
    "TcpConnection",
    "connections.NAME with `tcp`",
    "A connection is one serial line or one network endpoint: one request at a time is under way on it, unless `maxInFlight` allows more. `rtu` and `ascii` over tcp are for serial servers that pass frames through as they are; most convert to Modbus TCP (`mbap`).",
  ],
  [
    "TlsConnection",
    "connections.NAME with `tls`",
    "Modbus/TCP Security. The server's certificate is always verified: by the authorities of `tls.caPath` or of the system, and by its name.",
  ],
  ["Tls", "connections.NAME.tls", "PEM files, in a container mounted into it."],
  [
    "UdpConnection",
    "connections.NAME with `udp`",
    "Datagrams of anybody but the server are ignored. A request or answer that is lost on the way is a timeout.",
  ],
  [
    "SerialConnection",
    "connections.NAME with `serial`",
    "Two connections cannot have one `path`: put the devices of a line on one connection.",
  ],
  [
    "Device",
    "devices.NAME",
    "A device is a named view of one unit id on a connection. It needs a `profile` or `points`. Keys of the device win over those of its profile: `groups` and `points` are merged by name and key by key.",
  ],
  ["Profile", "profiles.NAME", "What devices of one model have in common."],
  [
    "Block",
    "profiles.NAME.blocks.NAME",
    "A part of the register map whose points count from its beginning: at an `address` (in a `table`), or at a SunSpec model, which is found by walking the chain of models from the marker at holding 40000, 0 or 50000 (0-based), after each connect and after each silence of the unit. Points of a model that the device has not are bad `notAvailable`, with the reason in `getStatus`.",
  ],
  [
    "Point",
    "points.NAME",
    "A point is a named, typed value. In a device's `points` each key may also be `null`: it takes away what the profile says.",
  ],
  ["Range", "points.NAME.range", 'A straight line through two points: `{"raw": [0, 27648], "value": [0, 100]}`.'],
  ["Repeat", "points.NAME.repeat", '`{"count": 8, "stride": 20}`.'],
  [
    "Group",
    "groups.NAME",
    "Points polled with one interval, on an absolute grid. The group `default` (10 000 ms) exists always.",
  ],
  [
    "Command",
    "commands.NAME",
    "Of a profile or device: called as the method `DEVICE*NAME`. Everything is checked before anything is written: the request, `when`, and every value of every `write`, inside the limits of its point. What is written down in the configuration is checked when that is applied.",
  ],
  ["RequestField", "commands.NAME.request.FIELD", ""],
  ["CommandStep", "commands.NAME.steps", ""],
  [
    "Output",
    "outputs.NAME",
    "Where messages leave: routes of the deployment name them (`FROM /messages/modules/modbus/outputs/telemetry INTO $upstream`). The output `events` is the module's own.",
  ],
  [
    "Watchdog",
    "devices.NAME.watchdog",
    "Goes before polling. It writes nothing while the module stops, the device is disabled or writing is off; a failed or slow write costs its turn and is never repeated. Its writes are confirmed by the device's echo and leave no audit record. What is wrong makes the device degraded, with the reason.",
  ],
  ["WatchdogWrite", "devices.NAME.watchdog.write", ""],
  ["WatchdogRead", "devices.NAME.watchdog.read", ""],
  ["Module", "module", ""],
];

const INTRODUCTION = `<!-- Written by scripts/docs.mjs from the schema: change that, then "npm run docs". -->
# Configuration reference

The configuration stands in the module twin under \`desired.configuration\`, or in a file (\`--config FILE\`, \`MODBUS_EDGE_CONFIG\`), which holds the same object or has it under \`configuration\`. \`modbus-edge check FILE\` says whether it is valid. In a file, \`"$schema": "./modbus-edge.schema.json"\` at the root lets editors complete and check it while it is typed ([the schema](../modbus-edge.schema.json), also printed by \`modbus-edge schema\`); the module looks at this key no further.

\`\`\`json
{
  "connections": { "hall": { "transport": "serial", "path": "/dev/ttyUSB0", "line": "9600 8N1" } },
  "devices": {
    "boiler": {
      "connection": "hall",
      "unitId": 7,
      "points": { "supplyTemperature": { "table": "input", "address": 100, "type": "int16", "scale": 0.1, "unit": "°C" } }
    }
  }
}
\`\`\`

**Keys that are not listed here are refused**, with the nearest one that is; keys of coming versions with "not supported yet". Durations end in \`Ms\`.

**Names** of connections, devices, points and groups: letters, digits and \`_\`, first a letter, last no \`_\`, at most 64. A device cannot be called \`configuration\`, \`configurationStatus\`, \`module\`, \`connections\` or like a method; a point not \`modbus\`, \`readPoints\` or \`writePoints\`. Names of profiles: small letters, digits and single \`-\`, at most 48.

**Profiles** are looked up whole: in the document, then as \`NAME.json\` in the profile folder (\`MODBUS_EDGE_PROFILES\`, default \`profiles\` in the data folder), then built in.

**Faults** stay where they are: a device with a fault (or on a connection or profile with one) stays on its last good definition, or absent; the others are applied. A fault outside any device, connection and profile changes nothing. Every fault is reported with its JSON pointer in \`configurationStatus.problems\`.

**Order of precedence** of a point's key: the device's point, the profile's point, the profile's \`defaults\`. Of \`order\`: the point's own letters, the device's \`order\`, the profile's \`defaults.order\`, the profile's \`order\`.

**Deleting**: \`null\` at a device, connection, profile, point or group leaves it out, where the configuration comes from a file. A twin never holds \`null\` (it deletes the key itself): there use \`"enabled": false\` for a point or device of a lower layer.

**Numbers** are read exactly. One whose digits a double does not keep (\`18446744073709551615\`) is refused: write it as a text, in quotes.
`;

const NOTES = `## Connections in practice

\`\`\`json
{
  "plant": { "transport": "tcp", "host": "plc.local", "maxInFlight": 4 },
  "vault": { "transport": "tls", "host": "10.0.0.5", "tls": { "caPath": "/pki/plant-ca.pem", "certPath": "/pki/gateway.pem", "keyPath": "/pki/gateway.key", "serverName": "vault.plant.example" } },
  "pump": { "transport": "udp", "host": "10.0.0.6" },
  "yard": { "transport": "tcp", "framing": "rtu", "host": "10.0.0.7", "port": 4001 },
  "hall": { "transport": "serial", "path": "/dev/serial/by-id/usb-FTDI_FT232R_A1B2C3-if00-port0", "line": "19200 8E1" },
  "oldMeters": { "transport": "serial", "framing": "ascii", "path": "/dev/ttyS1", "line": "9600 7E1", "echo": true }
}
\`\`\`

**Opening again.** A connection that cannot be opened, or is lost, is opened again: first soon, at most once a second, then ever more rarely up to every 30 s. \`failuresBeforeReopen\` requests in a row without an answer close it too, but not while a unit has answered the last request that it was sent (within 10 minutes): one silent unit behind a gateway never costs the others their connection. Where opening anew did not bring an answer, it takes twice as many failures the next time, up to four times as many.

**\`idleCloseMs\`** is for servers that allow few connections. The connection counts as open while it is closed this way; the next request opens it. It has no effect where polling is faster.

**A serial adapter that comes back under another name** (\`/dev/ttyUSB0\` → \`/dev/ttyUSB1\`) is found again by a path in \`/dev/serial/by-id\`, which is looked up at each opening. A container sees it only when it sees the whole of \`/dev\`: \`{"HostConfig":{"Binds":["/dev:/dev"],"DeviceCgroupRules":["c 188:* rmw"]}}\` (188: USB serial adapters; 166: those with the driver cdc_acm). \`Devices\` passes only the device that is there when the container starts.

**\`echo\`**: with 2-wire adapters that receive what they send. What comes back must be exactly what was sent; where it is not, the request fails and says so.

## Types

| type | registers | the value |
|---|---|---|
| \`bool\` | a bit of a bit table | \`true\`, \`false\` |
| \`int8High\` \`int8Low\` \`uint8High\` \`uint8Low\` | 1 | the first or the second byte on the wire |
| \`int16\` \`uint16\`, \`int32\` \`uint32\`, \`int64\` \`uint64\` | 1, 2, 4 | a number, every digit kept |
| \`int24\` \`uint24\` | 2 | a number; the top byte (\`A\` of \`ABCD\`) is not looked at, and written as 0 |
| \`float16\` \`float32\` \`float64\` | 1, 2, 4 | the shortest decimal that reads back as the same float; NaN and infinite: \`notAvailable\` |
| \`bcd16\` \`bcd32\` \`bcd64\` | 1, 2, 4 | four decimal digits a register; a nibble over 9: \`decode\` |
| \`signMagnitude16\` \`signMagnitude32\` | 1, 2 | the top bit is the sign; negative zero is 0 |
| \`mod10k\` | \`length\` 2 to 4 | word i counts 10000^i, the first the least significant; a word over 9999: \`decode\` |
| \`string\` | \`length\` | two characters a register: UTF-8, else latin1; ends at the first NUL, spaces and 0xFF at its end are left out |
| \`stringHigh\` \`stringLow\` | \`length\` | one character a register, in the byte that counts more or less |
| \`ti081\` | 4 | date and time of IEC 60870-5-4, ms; its bit "invalid": \`notAvailable\` |
| \`ymdhms\` | 3 | date and time, a byte each: year from 2000, month, day, hour, minute, second |
| \`unix32\` \`unix64\` | 2, 4 | seconds since 1970, unsigned |

**Order.** With letters of its own a point may have any permutation. The switches of a device, profile or \`defaults\` reverse registers, swap the bytes in each, or both; of \`mod10k\`, \`ti081\` and \`ymdhms\` they reverse the registers alone, of strings they swap the bytes alone, to 8-bit types they do nothing.

**Dates** are ISO 8601 texts with milliseconds: \`"2026-11-23T10:15:30.000Z"\`. Where the device's clock is set to local time, \`zone\` says which: \`"+02:00"\`, or a name such as \`"Europe/Berlin"\`, which knows summer time; the value is then local with its offset, \`"2026-11-23T11:15:30.000+01:00"\`. An impossible date is bad \`decode\`, and so is an hour that the clocks of the zone skip; of an hour that they show twice it is the first, unless the device says which (bit "summer time" of \`ti081\`). Written are ISO 8601 texts with any offset.

**Raw values** in \`enum\` and \`notAvailable\` are numbers of the type, or bit patterns: of an int16 \`"0x8000"\` is -32768, of a bcd16 \`"0xFFFF"\` is the pattern of all ones, which is no number. Of dates they are patterns. \`auto\` is the most negative number of a signed type, all ones of the others.

## What a value goes through

raw → \`notAvailable\` → \`bit\` or \`mask\` → \`enum\` → × \`scale\` + \`offset\` → \`decimals\` → \`min\`, \`max\`. \`scale\`, \`offset\`, \`decimals\`, \`min\`, \`max\`, \`writeMin\` and \`writeMax\` are for numbers alone; \`enum\` for integers and bools, \`zone\` for dates.

\`bits\` makes one boolean point of each bit that it names. They share the word's registers, so one read serves them all; the word itself is not published. They have its \`group\`, \`kind\`, \`notAvailable\` and \`description\`, and as title the word's title and their name.

\`neverRead\` names addresses of every table; a point that touches one is refused.
`;

const WRITING = `## Writing

Only points with \`access\` \`readWrite\` or \`write\` can ever be written, inside \`writeMin\` … \`writeMax\` (and \`min\` … \`max\`, since a value outside reads back as none). Everything is checked before anything is written, and no request that writes is ever sent twice: when its answer is lost, what the device holds is read.

**Requests.** One register is written by FC 6, one coil by FC 5, more by FC 16 and FC 15. Of several values the order of the payload counts: a point that begins where the one before it ends goes into the same request, up to \`maxWriteRegisters\`, unless one of the two has \`writeFunction\` \`single\`. Name them in another order, or write them one after another, where the device wants separate requests. A failure stops: what follows is not written.

**Parts of a register** (\`bit\`, \`bits\`, \`mask\`, 8-bit types): with \`auto\` the register is read, the point's bits are changed, and it is written back, all in one turn on the connection, so that no other request of ours comes between. A bit that the device itself changes in that moment would be set back: where it does such a thing and knows FC 22, use \`"writeFunction": "mask"\`, which changes the bits inside the device. A part with \`"access": "write"\` is always written by FC 22, for its register is not to be read. Two points that may write one bit are refused.

**Verification** compares raw registers, of a part its own bits, before anything else happens on the connection. With \`verifyDelayMs\` the connection serves others meanwhile. Outcomes: \`verified\` · \`acknowledged\` (confirmed by the device and not read back) · \`mismatch\` (it holds something else) · \`refused\` (not written) · \`unknown\` (no answer, and it could not be read back).
`;

/** The modules of the sources that the reference is made of, bundled for this process. */
async function loadSources() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { configurationJsonSchema } from "./src/core/config/jsonSchema";
        export { editorJsonSchema } from "./src/core/config/editorSchema";
        export { builtInProfiles } from "./src/core/config/profiles";
        export { profileSummary } from "./src/core/config/profileSummary";`,
      resolveDir: projectRoot,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** Both files as they should be, by name. */
async function render() {
  const { configurationJsonSchema, editorJsonSchema, builtInProfiles, profileSummary } = await loadSources();
  const jsonSchema = configurationJsonSchema();
  const definitions = jsonSchema.$defs;
  const sections = SECTIONS.map(([name, heading, above]) =>
    [`## ${heading}`, ...(above === "" ? [] : [above]), table(definitions[name])].join("\n\n"),
  );
  const profiles = builtInProfiles.names.map((name) => [
    name,
    profileSummary(name, builtInProfiles(name).value, builtInProfiles),
  ]);
  const reference = [INTRODUCTION.trimEnd(), ...sections, NOTES.trimEnd(), WRITING.trimEnd(), profileList(profiles)];
  return new Map([
    [FILE, `${reference.join("\n\n")}\n`],
    [PROFILES_FILE, withProfiles(profiles)],
    [SCHEMA_FILE, `${JSON.stringify(editorJsonSchema(), null, 2)}\n`],
  ]);
}

function table({ properties, required = [] }) {
  const rows = Object.entries(properties).map(([key, schema]) => {
    const fallback = required.includes(key) ? "required" : schema.default === undefined ? "" : `\`${schema.default}\``;
    return `| \`${key}\` | ${cell(formOf(schema))} | ${fallback} | ${cell(schema.description ?? "")} |`;
  });
  return ["| key | value | default | |", "|---|---|---|---|", ...rows].join("\n");
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

/** What a value may be, for people. */
function formOf(schema) {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(" · ");
  if (schema.$ref !== undefined) return `[object](#${anchor(schema.$ref)})`;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined)
    return [...new Set(options.filter(({ type }) => type !== "null").map(formOf))].join(" or ");
  if (schema.type === "integer" || schema.type === "number") return numberForm(schema);
  if (schema.type === "array")
    return schema.prefixItems === undefined ? `list of ${formOf(schema.items)}` : "[first, last]";
  if (schema.type === "object") return `by name: ${named(schema.additionalProperties)}`;
  return schema.type === "string" ? "text" : schema.type;
}

function named(schema) {
  return schema === undefined || schema.properties !== undefined || schema.anyOf?.some(({ properties }) => properties)
    ? "[object](#pointsname)"
    : formOf(schema);
}

function numberForm({ type, minimum, maximum }) {
  const bounded = Math.abs(minimum) < Number.MAX_SAFE_INTEGER && Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
  return bounded ? `${minimum} … ${maximum}` : type === "integer" ? "whole number" : "number";
}

/** GitHub's anchor of the section about a definition. */
function anchor(ref) {
  const [, heading] = SECTIONS.find(([name]) => ref.endsWith(`/${name}`)) ?? [];
  return (heading ?? "")
    .toLowerCase()
    .replaceAll(" ", "-")
    .replace(/[^a-z0-9_-]/g, "");
}

function profileList(profiles) {
  const rows = profiles.map(([name, { title, device }]) => {
    const intervals = [...device.groups.values()].map(
      ({ name: group, intervalMs, poll }) => `${group} ${poll === undefined ? `${intervalMs} ms` : `(${poll})`}`,
    );
    return `| \`${name}\` | ${title} | ${device.points.length} | ${intervals.join(", ")} |`;
  });
  const head = ["| name | title | points | groups |", "|---|---|---|---|"];
  const note =
    "`modbus-edge profiles show NAME` prints one, with `--points` as a table. Where their facts come from, and how to add a device: [add-a-device.md](add-a-device.md).";
  return ["## Built-in profiles", [...head, ...rows].join("\n"), note].join("\n\n");
}

/** docs/add-a-device.md with the table as it should be. */
function withProfiles(profiles) {
  const text = found(PROFILES_FILE);
  const begin = text.indexOf(PROFILES_BEGIN);
  const end = text.indexOf(PROFILES_END, begin);
  if (begin < 0 || end < 0) throw new Error(`${PROFILES_FILE} has lost the marks around its table of profiles`);
  const rows = profiles.map(([name, { manufacturer, model, source, device }]) => {
    const writable = device.points.filter(({ access }) => access !== "read").length;
    const points = writable === 0 ? `${device.points.length}` : `${device.points.length} (${writable} writable)`;
    return `| \`${name}\` | ${manufacturer} ${model} | ${points} | ${cell(source)} |`;
  });
  const lines = ["| profile | device | points | facts from (licence of the source) |", "|---|---|---|---|", ...rows];
  return `${text.slice(0, begin)}${PROFILES_BEGIN}\n${lines.join("\n")}\n\n${text.slice(end)}`;
}

function found(file) {
  try {
    return readFileSync(join(projectRoot, file), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return "";
  }
}

/** Throws when a file is not what the sources say. */
export async function checkDocuments() {
  for (const [file, text] of await render()) {
    if (found(file) !== text) throw new Error(`${file} is stale: "npm run docs" writes it anew`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureDependencies();
  try {
    if (process.argv.includes("--check")) await checkDocuments();
    else for (const [file, text] of await render()) writeFileSync(join(projectRoot, file), text);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
