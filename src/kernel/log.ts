/** Where events for people go. A line an event; `details` become JSON behind the text. Secrets never. */
export interface Log {
  error(text: string, details?: Readonly<Record<string, unknown>>): void;
  warn(text: string, details?: Readonly<Record<string, unknown>>): void;
  info(text: string, details?: Readonly<Record<string, unknown>>): void;
  debug(text: string, details?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
