import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those it stands in, as far as there are none. Not by Node's `recursive`, which never ends where the
 * file system says of a folder that it can't make what the others say of one whose parent is missing (`/proc`).
 *
 * @throws the error of the system
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isFolder(path))) return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path) throw error;
    if (!(await isFolder(parent))) await makeFolder(parent);
    await mkdirOrThere(path);
  }
}

/** Another one may have made it meanwhile. */
async function mkdirOrThere(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
