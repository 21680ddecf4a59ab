import { readJsonText, textWithPlace } from "../core/config/jsonText";
import { profileLookup } from "../core/config/profiles";
import { err, ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { type FieldArguments, fieldArguments, WHERE_OPTIONS } from "./fieldOptions";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { migrateDocument } from "./migrateDocument";
import { type Migrated, type Note, nothing } from "./migrated";
import { migrateList } from "./migrateList";
import { overwriteFault } from "./outFile";
import { oneFile, settingsFrom, usageError } from "./usage";

const USAGE = `Usage: modbus-edge migrate FILE [options]

Makes a configuration of what there is already; FILE (- is standard input) is one of

- a document of Microsoft's archived iot-edge-modbus module ("SlaveConfigs"), or a deployment manifest or twin with one:
  the result is a configuration that polls the same registers with the same requests or fewer;
- a list of registers (CSV: comma, semicolon or tab; a row of titles, keys of a point: name,table,address,type,order,
  scale,offset,unit,access,min,max,description …): the result is a profile, or with --device a configuration.

  --out FILE           write there instead of to standard output
  --json               one JSON object: {"result", "problems": [{"line"?, "path"?, "text"}], "warnings": [the same]}

For lists:
  --device NAME        a configuration with this device instead of a profile, at
  --host HOST[:PORT] | --serial PATH --line "19200 8E1"    [--unit N] [--transport T] [--framing F] [--timeout MS]
  --table TABLE        for rows that name none: coil, discrete, input, holding
  --plain-addresses    numbers of 5 and 6 digits are addresses, not references such as 40001
  --address-base 1     numbers count from 1 (default 0)

What can't be taken is named with its place and left out; a summary goes to standard error.

Exit code: 0 everything was taken, 1 something was not (or nothing: then nothing is written), 2 usage.

Examples:
  modbus-edge migrate examples/iot-edge-modbus.json
  modbus-edge migrate examples/registers.csv --device meter --host 192.168.0.20 --unit 3
`;

/** `modbus-edge migrate FILE`. */
export async function migrate(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const { file, options } = settings.value;
  const text = await io.readFile(file);
  const migrated = text.ok ? await make(text.value, options, io) : ok(nothing({ text: text.error }));
  if (!migrated.ok) {
    io.err(usageError(migrated.error, USAGE));
    return 2;
  }
  return show(file, options, migrated.value, io);
}

interface Settings {
  readonly file: string;
  readonly options: FieldArguments;
}

const LIST_OPTIONS = [...WHERE_OPTIONS, "device", "table", "plain-addresses", "address-base"];
const OWN = {
  out: { type: "string" },
  device: { type: "string" },
  "plain-addresses": { type: "boolean" },
  "address-base": { type: "string" },
} as const;

function settingsOf(args: string[]): Result<Settings, string> {
  const options = fieldArguments(args, OWN);
  if (!options.ok) return options;
  const strange = ["config", "type", "order", "scale", "offset", "decimals", "length"];
  const unknown = strange.find((name) => options.value.text(name) !== undefined);
  if (unknown !== undefined) return err(`--${unknown} is no option of migrate`);
  const named = oneFile(options.value.positionals, "file");
  if (!named.ok) return named;
  const file = named.value;
  const lost = overwriteFault("--out", options.value.text("out"), file);
  return lost === undefined ? ok({ file, options: options.value }) : err(lost);
}

/** Larger texts are neither a configuration nor a list of registers. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** The error is about the options. */
async function make(text: string, options: FieldArguments, io: CliIo): Promise<Result<Migrated, string>> {
  const plain = text.replace(/^\ufeff/, "");
  if (plain.length > MAX_CHARACTERS)
    return ok(nothing({ text: `the file has ${plain.length} characters; at most ${MAX_CHARACTERS} are read` }));
  if (/[\0\ufffd]/.test(plain)) return ok(nothing({ text: "the file is not UTF-8 text: save it as UTF-8" }));
  if (plain.trim() === "") return ok(nothing({ text: "the file is empty" }));
  const lookup = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  if (!/^\s*[{[]/.test(plain)) return migrateList(plain, options, lookup);
  const odd = LIST_OPTIONS.find((name) => options.text(name) !== undefined || options.flag(name));
  if (odd !== undefined) return err(`--${odd} is for lists of registers; the file is a JSON document`);
  const document = readJsonText(plain);
  if (!document.ok)
    return ok(nothing(...document.error.map((problem) => ({ path: problem.path, text: textWithPlace(problem) }))));
  return ok(migrateDocument(document.value, lookup));
}

async function show(file: string, options: FieldArguments, migrated: Migrated, io: CliIo): Promise<number> {
  const { result, problems, warnings, summary } = migrated;
  const out = options.text("out");
  const text = result === undefined ? undefined : `${JSON.stringify(result, null, 2)}\n`;
  if (options.flag("json")) io.out(`${JSON.stringify({ result: result ?? null, problems, warnings })}\n`);
  else {
    for (const note of problems) io.err(`problem  ${placed(note)}\n`);
    for (const note of warnings) io.err(`warning  ${placed(note)}\n`);
    for (const sentence of summary) io.err(`${file}: ${sentence}\n`);
    if (text !== undefined && out === undefined) io.out(text);
  }
  if (text === undefined) return 1;
  const written = out === undefined ? ok(undefined) : await io.writeFile(out, text);
  if (!written.ok) io.err(`${written.error}\n`);
  return written.ok && problems.length === 0 ? 0 : 1;
}

function placed({ line, path = "", text }: Note): string {
  const place = line === undefined ? path : `line ${line}`;
  return place === "" ? text : `${place}: ${text}`;
}
