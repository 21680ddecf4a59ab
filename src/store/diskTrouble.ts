const NO_SPACE = /no space left|ENOSPC/i;

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [NO_SPACE, "the disk is full"],
  [/read-only file system|EROFS/i, "the disk is read-only"],
  [/permission denied|EACCES/i, "this user may not write in the data folder"],
  [/not a directory|ENOTDIR|EEXIST/i, "there is a file where the data folder should be"],
  [/ENOENT.*mkdir/, "it is not there and can't be made"],
  [/lock /i, "another process uses the data folder"],
  [/input\/output error|EIO/i, "the disk fails"],
];

export function isNoSpace(text: string): boolean {
  return NO_SPACE.test(text);
}

/** What an error of the disk means for who keeps things in the data folder; `undefined`: nothing that is known. */
export function diskTrouble(text: string): string | undefined {
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
}
