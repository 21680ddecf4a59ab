import { spawn } from "node:child_process";
import { join } from "node:path";

export interface PlainSdkEvent {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** `test/support/plainSdkProcess.cjs` as a process: the SDK alone, at the development hub. */
export interface PlainSdk {
  /** Resolves with `"done"`, or the name of the error; stays pending where the SDK never answers. */
  order(what: string, more?: Readonly<Record<string, unknown>>): Promise<string>;
  readonly events: readonly PlainSdkEvent[];
  /** Exit code or signal, and the last words. */
  readonly ended: Promise<{ readonly code: number | string; readonly words: string }>;
  close(): Promise<unknown>;
}

export function startPlainSdk(
  environment: Readonly<Record<string, string>>,
  settings: { readonly validS?: number; readonly marginS?: number } = {},
): PlainSdk {
  const child = spawn(process.execPath, [join(__dirname, "plainSdkProcess.cjs")], {
    env: { PATH: process.env["PATH"] ?? "", PLAIN_SDK: JSON.stringify(settings), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const events: PlainSdkEvent[] = [];
  const waiting = new Map<number, (outcome: string) => void>();
  let rest = "";
  let words = "";
  let count = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const said = JSON.parse(line) as { done?: number; error?: string } & PlainSdkEvent;
      if (said.done === undefined) events.push(said);
      else waiting.get(said.done)?.(said.error ?? "done");
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    words += chunk.toString();
  });
  // Orders to a process that has ended are lost, as they should be.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<{ code: number | string; words: string }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code: code ?? signal ?? "unknown", words }));
  });
  return {
    order(what, more = {}) {
      count += 1;
      const id = count;
      child.stdin.write(`${JSON.stringify({ id, do: what, ...more })}\n`);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    events,
    ended,
    close() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
