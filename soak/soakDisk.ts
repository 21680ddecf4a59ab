import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The module's disk: small, of memory, and full on demand. */
export interface SoakDisk {
  readonly path: string;
  fill(): void;
  free(): void;
  close(): void;
}

const PIECE = Buffer.alloc(64 * 1024, 1);

/** Needs root, as the mounting of a tmpfs does; throws in words where it can't be had. */
export function mountDisk(path: string, megabytes: number): SoakDisk {
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "modbus-edge-soak", path], { stdio: "pipe" });
  } catch (error) {
    throw new Error(
      `no disk of memory (a tmpfs, which needs root) can be mounted; leave it out by --without disk: ${error}`,
    );
  }
  const filler = join(path, "filler");
  return {
    path,
    fill: () => fill(filler),
    free: () => rmSync(filler, { force: true }),
    close: () => void execFileSync("umount", ["--lazy", path], { stdio: "pipe" }),
  };
}

/** A folder as it is: it is never full. */
export function plainDisk(path: string): SoakDisk {
  if (!existsSync(path)) mkdirSync(path);
  return { path, fill: () => undefined, free: () => undefined, close: () => undefined };
}

function fill(file: string): void {
  const opened = openSync(file, "a");
  try {
    for (let piece = PIECE; piece.length > 0; ) {
      try {
        if (writeSync(opened, piece) < piece.length) return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        if (piece.length <= 1) return;
        piece = piece.subarray(0, piece.length >> 1);
      }
    }
  } finally {
    closeSync(opened);
  }
}
