import { IDENTIFICATION_NAMES, type IdentificationObject } from "./deviceIdentification";

/** Objects of FC 43/14: known ones by their name in the specification, others by their id; what is no text in hex. */
export function identificationTexts(objects: readonly IdentificationObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objects.map(({ id, value }) => [IDENTIFICATION_NAMES[id] ?? `object${id}`, printable(value) ?? hexOf(value)]),
  );
}

/** The answer to FC 17: its bytes are the device's own; what of them is text, too. */
export function serverIdTexts(bytes: Uint8Array): { readonly hex: string; readonly text?: string } {
  const text = printable(bytes.filter(isPrintable));
  return { hex: hexOf(bytes), ...(text === undefined || text === "" ? {} : { text }) };
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** The bytes as a text, where they are one. */
function printable(bytes: Uint8Array): string | undefined {
  return bytes.every(isPrintable) ? String.fromCharCode(...bytes).trim() : undefined;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
