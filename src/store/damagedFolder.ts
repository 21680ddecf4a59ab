import { cp, lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Log } from "../kernel/log";

/** Damaged folders that are kept; beyond them the oldest goes, for a bad disk must not be filled with its own remains. */
const MOST_KEPT = 3;

/** Whether a LevelDB folder lacks the file that makes it one: opening it would begin anew, over what is left in it. */
export async function isBeheaded(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return false;
  if (!facts.isDirectory()) return true;
  const names = await readdir(path);
  return !names.includes("CURRENT") && names.some((name) => /\.(ldb|log)$|^MANIFEST-/.test(name));
}

/** Renames what is at `path` to `PATH.bad-N`, the N counting up. Returns the new path. Rejects when the disk refuses. */
export async function setAside(path: string, log: Log): Promise<string> {
  const prefix = `${basename(path)}.bad-`;
  const earlier = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
  const target = join(dirname(path), `${prefix}${(earlier.at(-1) ?? 0) + 1}`);
  await rename(path, target);
  for (const number of earlier.slice(0, Math.max(0, earlier.length + 1 - MOST_KEPT))) {
    log.warn(`${path}.bad-${number} is removed: ${MOST_KEPT} later ones are kept`);
    await rm(`${path}.bad-${number}`, { recursive: true, force: true });
  }
  return target;
}

/** Copies a folder that was set aside back to its place, to be mended there. False: that can't be done. */
export async function copyBack(aside: string, path: string): Promise<boolean> {
  const facts = await lstat(aside);
  if (!facts.isDirectory()) return false;
  try {
    await cp(aside, path, { recursive: true });
    return true;
  } catch (error) {
    // Half a copy is worth nothing; the original is kept.
    await rm(path, { recursive: true, force: true });
    return error === undefined;
  }
}
