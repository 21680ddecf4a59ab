import { lstat, readlink, symlink, unlink } from "node:fs/promises";
import { err, ok, type Result } from "../kernel/result";

/** A link that an earlier run left behind is replaced; anything else in the way is left alone. */
export async function placeLink(terminal: string, link: string): Promise<Result<void, string>> {
  try {
    if ((await statusOf(link)) === "link") await unlink(link);
    await symlink(terminal, link);
    return ok(undefined);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return err(code === "EEXIST" ? `${link} exists and is no link: it stays` : `${link}: ${String(error)}`);
  }
}

async function statusOf(path: string): Promise<"link" | "other" | "absent"> {
  try {
    return (await lstat(path)).isSymbolicLink() ? "link" : "other";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw error;
  }
}

/** Removes our own link; one that somebody has led elsewhere since then is theirs. */
export async function removeLink(terminal: string, link: string): Promise<void> {
  if ((await statusOf(link)) === "link" && (await readlink(link)) === terminal) await unlink(link);
}
