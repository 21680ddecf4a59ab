import { readJsonText, textWithPlace } from "../core/config/jsonText";
import type { Json } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { CliIo } from "./io";

/** The JSON of a file (`-`: standard input), or why there is none, with the file's name and the places in it. */
export async function readJsonFile(file: string, io: Pick<CliIo, "readFile">): Promise<Result<Json, string>> {
  const text = await io.readFile(file);
  if (!text.ok) return text;
  const json = readJsonText(text.value);
  return json.ok ? ok(json.value) : err(`${file}: ${json.error.map(textWithPlace).join("; ")}`);
}
