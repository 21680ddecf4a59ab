import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../kernel/result";

/** A profile is a page of text; what is bigger is not one. */
const MAX_PROFILE_BYTES = 1024 * 1024;

/** The text of every `NAME.json` of a folder by NAME, or why one can't be read. An absent folder is an empty one. */
export async function readProfileFolder(path: string): Promise<ReadonlyMap<string, Result<string, string>>> {
  let names: readonly string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    return new Map([["", err(`the folder of profiles ${path} can't be read: ${reasonOf(error)}`)]]);
  }
  const files = names.filter((name) => name.endsWith(".json")).sort();
  const texts = await Promise.all(
    files.map(async (name) => [name.slice(0, -5), await readProfile(join(path, name))] as const),
  );
  return new Map(texts);
}

async function readProfile(file: string): Promise<Result<string, string>> {
  try {
    const facts = await stat(file);
    // A pipe or a device would keep its reader waiting for ever.
    if (!facts.isFile()) return err(`${file} is not a file`);
    const { size } = facts;
    if (size > MAX_PROFILE_BYTES) return err(`${file} has ${size} bytes; a profile has at most ${MAX_PROFILE_BYTES}`);
    return ok(await readFile(file, "utf8"));
  } catch (error) {
    return err(`${file} can't be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOTDIR") return "it is no folder";
  return code === "EACCES" ? "this user has no right to it" : (message ?? String(error));
}
