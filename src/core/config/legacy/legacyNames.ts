import { NAME_LENGTH } from "../names";

/** Names that are given out once each. */
export interface NameGiver {
  /** A name made of `text`, and where that is taken with a number behind it. `more`: names that come with it. */
  give(text: string, more?: (name: string) => readonly string[]): string;
}

/** `fallback`: where nothing of a text can stay, or it begins with a digit. `room`: characters that may follow. */
export function createNameGiver(fallback: string, reserved: Iterable<string> = [], room = 8): NameGiver {
  const taken = new Set(reserved);
  return {
    give(text, more = () => []) {
      const stem = nameFrom(text, fallback, NAME_LENGTH - room);
      for (let number = 1; ; number++) {
        const name = number === 1 ? stem : `${stem}${/\d$/.test(stem) ? "x" : ""}${number}`;
        const all = [name, ...more(name)];
        if (all.some((one) => taken.has(one))) continue;
        for (const one of all) taken.add(one);
        return name;
      }
    },
  };
}

/** Letters, digits and inner underscores (DTDL), made of any text: `Supply temp. 1` → `supplyTemp1`, `PM-1` → `PM1`. */
export function nameFrom(text: string, fallback: string, most = NAME_LENGTH): string {
  const words = text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  const joined = words
    .map((word, at) => {
      const before = words[at - 1]?.at(-1) ?? "";
      const gap = /\d$/.test(before) && /^\d/.test(word) ? "_" : "";
      return at === 0 ? word : `${gap}${word.charAt(0).toUpperCase()}${word.slice(1)}`;
    })
    .join("");
  const name = /^[A-Za-z]/.test(joined) ? joined : `${fallback}${joined}`;
  return name.slice(0, most).replace(/_+$/, "");
}
