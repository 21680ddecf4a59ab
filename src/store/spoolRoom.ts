import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../kernel/result";

/** What LevelDB writes when it opens a folder, beside the contents of its log: a manifest, a new log, small files. */
const BESIDE_LOG_BYTES = 128 * 1024;

/**
 * Whether the folder could be opened anew: tried by writing as much as that would take, and removed again. A full disk, a
 * read-only one, a quota and a failing one say the same thing then as they would later, when it is closed and can't be
 * read any more.
 */
export async function tryRoom(path: string): Promise<Result<void, unknown>> {
  const probe = `${path}.room`;
  try {
    await writeFile(probe, Buffer.alloc((await logBytes(path)) + BESIDE_LOG_BYTES, 1), { flush: true });
    return ok(undefined);
  } catch (error) {
    // The folder was taken away: there is nothing to be read, and opening makes it again.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? ok(undefined) : err(error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/** What opening takes where the log is as large as it gets, twice (one that is full, one that follows it). */
const RESERVE_BYTES = 2 * 1024 * 1024 + BESIDE_LOG_BYTES;

const reserveOf = (path: string): string => `${path}.reserve`;

/** Keeps some room of the disk for the next start, which may find it full. Where there is none now, it is tried again. */
export async function keepReserve(path: string): Promise<void> {
  const reserve = reserveOf(path);
  const found = await stat(reserve).catch(() => undefined);
  if (found?.size === RESERVE_BYTES) return;
  try {
    await writeFile(reserve, Buffer.alloc(RESERVE_BYTES, 1), { flush: true });
  } catch {
    await rm(reserve, { force: true }).catch(() => undefined);
  }
}

/** Gives the room back to the disk; false where none was kept. */
export async function spendReserve(path: string): Promise<boolean> {
  try {
    await rm(reserveOf(path));
    return true;
  } catch {
    return false;
  }
}

async function logBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) if (name.endsWith(".log")) bytes += (await stat(join(path, name))).size;
  return bytes;
}
