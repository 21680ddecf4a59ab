import type { ModbusClient } from "../client/modbusClient";
import type { ModbusError } from "../client/modbusError";
import type { Contents } from "../core/fieldwork/displaySearch";
import { createRangeWalk, type WalkRange } from "../core/fieldwork/rangeWalk";
import type { Clock } from "../kernel/clock";
import { wait } from "../kernel/wait";
import { readRange } from "./fieldRead";

/** What was found in ranges of which nobody knew what exists. */
export interface Survey {
  /** Neighbours joined; by table, then by address. */
  readonly contents: readonly Contents[];
  readonly requests: number;
  readonly registers: number;
  /** Wide areas where everything is refused were not looked at address by address. */
  readonly sampled: boolean;
  /** Why it ended before its end. */
  readonly ended: "requests" | "silence" | "aborted" | undefined;
  /** The last failure that was no plain "not here". */
  readonly error: ModbusError | undefined;
}

export interface SurveyOptions {
  readonly most: number;
  readonly block: number;
  readonly signal: AbortSignal;
  onStep?(requests: number, left: number): void;
}

/** A client that has lost its connection opens it again in about this time. */
const REOPEN_MS = 500;
/** Exceptions of gateways: nothing behind them answers. */
const NOBODY = [10, 11];
const BUSY = [5, 6];

type Reader = Pick<ModbusClient, "read" | "write">;

/** Reads register ranges, around what the device refuses. Never throws for what the device does. */
export async function surveyRegisters(
  client: Reader,
  unitId: number,
  ranges: readonly WalkRange[],
  { most, block, signal, onStep }: SurveyOptions,
  clock: Pick<Clock, "setTimer">,
): Promise<Survey> {
  const walk = createRangeWalk(ranges, most, block);
  const found: Contents[] = [];
  let error: ModbusError | undefined;
  for (let part = walk.next; part !== undefined && !signal.aborted; part = walk.next) {
    onStep?.(walk.requests, walk.left);
    const { table, first, count } = part;
    const outcome = await readRange(client, unitId, { table, address: first, count }, { signal });
    if (!("error" in outcome)) {
      found.push({ table, first, registers: Uint16Array.from(outcome.data as Uint16Array) });
      walk.answered();
      continue;
    }
    const { kind, exceptionCode: code } = outcome.error;
    if (code !== undefined && ![...NOBODY, ...BUSY].includes(code)) walk.refused(code);
    else {
      error = outcome.error;
      walk.silent();
      if (code !== undefined && NOBODY.includes(code)) break;
      if (kind === "lost" || kind === "offline" || code !== undefined) await wait(clock, REOPEN_MS, signal);
    }
  }
  const contents = joined(found);
  const registers = contents.reduce((sum, one) => sum + one.registers.length, 0);
  const ended = signal.aborted ? "aborted" : walk.ended;
  return { contents, registers, requests: walk.requests, sampled: walk.sampled, ended, error };
}

/** A value may lie across two requests. */
function joined(parts: readonly Contents[]): readonly Contents[] {
  const sorted = [...parts].sort((a, b) => a.table.localeCompare(b.table) || a.first - b.first);
  const runs: { table: Contents["table"]; first: number; registers: number[] }[] = [];
  for (const { table, first, registers } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last.table === table && last.first + last.registers.length === first)
      last.registers.push(...registers);
    else runs.push({ table, first, registers: [...registers] });
  }
  return runs.map((run) => ({ ...run, registers: Uint16Array.from(run.registers) }));
}
