import { open, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { err, ok, type Result } from "../kernel/result";
import { makeFolder } from "../store/makeFolder";

/** What is larger is nothing that a command takes: a site of a thousand devices with points of their own has a tenth. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** The text of a file, or why it can't be read, in words. No more is read than is taken, whatever the file is. */
export async function readFileText(path: string, mostBytes: number = MAX_FILE_BYTES): Promise<Result<string, string>> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > mostBytes) return err(`${path}: ${tooLarge(size, mostBytes)}`);
      const text = await streamText(file.createReadStream({ autoClose: false }), mostBytes);
      return text.ok ? text : err(`${path}: ${text.error}`);
    } finally {
      await file.close();
    }
  } catch (error) {
    return err(`${path}: ${reasonOf(error)}`);
  }
}

/** All of a stream as UTF-8, or why not; ends as soon as it is too much. */
export async function streamText(
  stream: AsyncIterable<unknown>,
  mostBytes: number = MAX_FILE_BYTES,
): Promise<Result<string, string>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) return err(tooLarge(undefined, mostBytes));
  }
  return ok(Buffer.concat(chunks).toString("utf8"));
}

function tooLarge(size: number | undefined, most: number): string {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;
  return `is too large${size === undefined ? "" : ` (${megabytes(size)})`}: at most ${megabytes(most)} are read`;
}

/** Replaces a file, whole or not at all: a new one takes the place of the old one. */
export async function replaceFile(path: string, text: string, pid: number): Promise<Result<void, string>> {
  const part = `${path}.${pid}.part`;
  try {
    await makeFolder(dirname(path));
    await writeFile(part, text);
    return ok(await rename(part, path));
  } catch (error) {
    return err(`${path}: ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user has no right to it",
  EISDIR: "is a folder, where a file is expected",
  ENOTDIR: "a part of the path is no folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENAMETOOLONG: "the name is too long",
};

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
