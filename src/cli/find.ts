import type { ModbusClient } from "../client/modbusClient";
import { openConnection } from "../client/openConnection";
import { type Display, parseDisplay } from "../core/fieldwork/display";
import { type DisplayMatch, findDisplay, narrow } from "../core/fieldwork/displaySearch";
import type { WalkRange } from "../core/fieldwork/rangeWalk";
import type { Clock } from "../kernel/clock";
import { createSystemClock } from "../kernel/systemClock";
import { wait } from "../kernel/wait";
import { endpointText, failureText } from "./failureText";
import { asForgiving } from "./fieldModels";
import { modbusErrorOf } from "./fieldRead";
import { FIND_USAGE, type FindJob, findJob, tolerant } from "./findOptions";
import { definitionText, type FindOutcome, findJson, matchTable, severalText, TOO_MANY } from "./findView";
import type { CliIo } from "./io";
import { createProgress, type Progress } from "./progress";
import { type Survey, surveyRegisters } from "./registerSurvey";
import { refuse, usageError } from "./usage";

/** Registers of one request of the survey. */
const BLOCK = 64;

/** `modbus-edge find`. */
export async function find(args: string[], io: CliIo): Promise<number> {
  const job = await findJob(args, io);
  if (!job.ok) {
    return refuse(io, job.error, (error) => usageError(error, FIND_USAGE));
  }
  if (job.value === "help") {
    io.out(FIND_USAGE);
    return 0;
  }
  const { connection, device } = job.value.target;
  const clock = createSystemClock();
  const progress = createProgress(io, clock);
  let client: ModbusClient;
  try {
    client = await openConnection(connection, io);
  } catch (error) {
    io.err(`${failureText(modbusErrorOf(error), connection, device.unitId)}\n`);
    return 1;
  }
  try {
    return await new Search(job.value, client, io, clock, progress).run();
  } finally {
    progress.end();
    await client.close();
  }
}

class Search {
  private matches: readonly DisplayMatch[] = [];
  private readonly rounds: { readonly expected: number; readonly candidates: number }[] = [];
  private registers = 0;
  private requests = 0;
  private complete = true;

  constructor(
    private readonly job: FindJob,
    private readonly client: ModbusClient,
    private readonly io: CliIo,
    private readonly clock: Clock,
    private readonly progress: Progress,
  ) {}

  async run(): Promise<number> {
    const [first, ...further] = this.job.displays;
    if (first === undefined || !(await this.begin(first))) return 1;
    for (const display of further) {
      if (this.matches.length === 0 || (await wait(this.clock, this.job.everyMs, this.io.signal)) === "aborted") break;
      this.matches = await this.follow(display);
    }
    if (this.job.isInteractive && this.matches.length > 1) await this.ask();
    return this.finish();
  }

  /** The whole ranges; false: there is nothing to go on with. */
  private async begin(display: Display): Promise<boolean> {
    const survey = await this.survey(this.job.ranges, this.job.requests);
    this.registers = survey.registers;
    this.complete = survey.ended === undefined;
    if (survey.registers === 0) {
      this.io.err(`${this.nothingRead(survey)}\n`);
      return false;
    }
    const { matches, isCut } = findDisplay(survey.contents, display);
    this.matches = matches;
    this.rounds.push({ expected: display.value, candidates: matches.length });
    this.progress.note(`${survey.registers} registers read in ${survey.requests} requests${this.cutShort(survey)}`);
    this.progress.note(`${display.value}: ${isCut ? TOO_MANY : `${matches.length} candidates`}`);
    return true;
  }

  private async survey(ranges: readonly WalkRange[], most: number): Promise<Survey> {
    const { client, clock, io, progress } = this;
    const { device } = this.job.target;
    const options = {
      most,
      block: Math.min(BLOCK, device.limits.maxReadRegisters),
      signal: io.signal,
      onStep: (requests: number, left: number) =>
        progress.show(`reading: ${requests} requests, ${left} registers to go`),
    };
    const survey = await surveyRegisters(asForgiving(client, device), device.unitId, ranges, options, clock);
    this.requests += survey.requests;
    progress.end();
    return survey;
  }

  private nothingRead({ error, ended }: Survey): string {
    const { connection, device } = this.job.target;
    if (error !== undefined) return failureText(error, connection, device.unitId);
    const where = `unit ${device.unitId} at ${endpointText(connection)}`;
    if (ended === "aborted") return "ended before anything was read";
    return `${where} has no registers there: try other addresses (--range), or another unit (--unit)`;
  }

  private cutShort({ ended, sampled }: Survey): string {
    if (ended === "requests") return `; the rest was not read (--requests ${this.job.requests})`;
    if (ended === "silence") return "; then the device gave no answer any more, and the rest was not read";
    if (ended === "aborted") return "; stopped";
    return sampled ? "; where much is refused, samples were taken (a smaller --range looks at every address)" : "";
  }

  /** Those that show the new number too. Only what they need is read again. */
  private async follow(display: Display): Promise<readonly DisplayMatch[]> {
    const { contents, ended } = await this.survey(windowsOf(this.matches), this.job.requests);
    const left = narrow(this.matches, contents, display);
    if (ended !== undefined) this.progress.note("not everything could be read again: what was not, is still counted");
    this.rounds.push({ expected: display.value, candidates: left.length });
    this.progress.note(`${display.value}: ${left.length} of ${this.matches.length} candidates followed`);
    return left;
  }

  private async ask(): Promise<void> {
    const { io, job, progress } = this;
    const lines = io.lines?.();
    if (lines === undefined) return;
    const prompt = (): void => {
      io.err(matchTable(this.matches, Math.min(job.limit, 8)));
      io.err("Wait until the display shows something else, then type it (an empty line ends): ");
    };
    prompt();
    for await (const line of stopping(lines, io.signal)) {
      if (line.trim() === "") return;
      const display = parseDisplay(line);
      if (!display.ok) {
        io.err(`${display.error}: `);
        continue;
      }
      const left = await this.follow(tolerant(display.value, job.tolerance));
      if (left.length > 0) this.matches = left;
      else progress.note("None is left: perhaps the display went on while it was read. The last ones stay; try again.");
      if (this.matches.length === 1) return;
      prompt();
    }
    // Ended at the prompt: what follows begins a line.
    io.err("\n");
  }

  private finish(): number {
    const { job, io, matches } = this;
    const [best] = matches;
    if (job.json) io.out(`${JSON.stringify(findJson(this.outcome(), job.limit))}\n`);
    else if (best !== undefined)
      io.out(`${matchTable(matches, job.limit)}\n${severalText(matches)}${definitionText(best, job)}`);
    if (best !== undefined) return 0;
    io.err(
      "Nothing there follows what was given. Other addresses (--range 0-9999), another unit (--unit), or a number that moves (--tolerance).\n",
    );
    return 1;
  }

  private outcome(): FindOutcome {
    const { rounds, matches, registers, requests, complete } = this;
    return { rounds, matches, registers, requests, complete };
  }
}

/** The registers of the candidates; near ones go in one request. */
function windowsOf(matches: readonly DisplayMatch[]): readonly WalkRange[] {
  const places = matches.map(({ table, address, form }) => ({ table, first: address, count: form.count }));
  places.sort((a, b) => a.table.localeCompare(b.table) || a.first - b.first);
  const windows: { table: WalkRange["table"]; first: number; count: number }[] = [];
  for (const { table, first, count } of places) {
    const last = windows.at(-1);
    const end = first + count;
    if (last !== undefined && last.table === table && first <= last.first + last.count && end - last.first <= BLOCK)
      last.count = Math.max(last.count, end - last.first);
    else windows.push({ table, first, count });
  }
  return windows;
}

/** Lines until the signal: readline ends by an error then. */
async function* stopping(lines: AsyncIterable<string>, signal: AbortSignal): AsyncIterable<string> {
  try {
    yield* lines;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
