import type { Log } from "../../src/kernel/log";

/** A log that keeps its lines: `"warn: text"`. */
export interface MemoryLog extends Log {
  readonly lines: string[];
}

export function createMemoryLog(): MemoryLog {
  const lines: string[] = [];
  return {
    lines,
    error: (text) => void lines.push(`error: ${text}`),
    warn: (text) => void lines.push(`warn: ${text}`),
    info: (text) => void lines.push(`info: ${text}`),
    debug: (text) => void lines.push(`debug: ${text}`),
  };
}
