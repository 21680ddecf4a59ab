import { randomBytes } from "node:crypto";
import { access, readdir, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join, resolve } from "node:path";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { within } from "../kernel/wait";
import { makeFolder } from "./makeFolder";

/** A folder that this process alone uses, until it is released. */
export interface FolderHold {
  release(): Promise<void>;
}

const PREFIX = ".in-use.";
/** Longest path of a socket (sun_path of Linux has 108 bytes). */
const LONGEST_PATH = 100;
const ANSWER_MS = 1000;
const MOST_ANSWER = 200;
const SOMEBODY = "another process";
const NOBODY: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "ENOENT", "ENOTSOCK"]);

/** Of one that ended while it was asked. */
const GONE: ReadonlySet<string | undefined> = new Set(["ECONNRESET", "EPIPE"]);
/** The first line of an answer. */
const HOLDS = "holds";

/** Where a process can't be told from another one (no sockets on this file system, no right to it), all may use it. */
const UNHELD: FolderHold = { release: () => Promise.resolve() };

/**
 * Takes a folder for this process, or says who has it. Who wants it listens at a socket in it, under a name of its own,
 * and asks at all others there. The kernel closes a socket with its process, however that ends: where nobody listens any
 * more, the name is removed. (A number of a process would not do: in containers all have the same.) Of several that
 * come at once the least name has it; each knows of the other, since one of the two asks.
 *
 * @param self how this process is called where another one asks.
 */
export async function holdFolder(
  folder: string,
  self: string,
  clock: Pick<Clock, "setTimer">,
): Promise<Result<FolderHold, string>> {
  const candidate = new Candidate(resolve(folder), self, clock);
  if (!(await candidate.listens())) return ok(UNHELD);
  const rival = await candidate.rival();
  if (rival === undefined) return ok(candidate);
  await candidate.release();
  return err(rival);
}

class Candidate implements FolderHold {
  private readonly id = `${PREFIX}${randomBytes(4).toString("hex")}`;
  private readonly server: Server;
  private isHolding = false;
  /** One of a lesser name asked while we were asking. */
  private lesser: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly self: string,
    private readonly clock: Pick<Clock, "setTimer">,
  ) {
    this.server = createServer((socket) => this.answer(socket));
    // It alone keeps no process alive.
    this.server.unref();
  }

  /** False: there can be no socket here. */
  async listens(): Promise<boolean> {
    const path = this.pathOf(this.id);
    if (Buffer.byteLength(path) > LONGEST_PATH) return false;
    try {
      await makeFolder(this.folder);
    } catch {
      return false;
    }
    return new Promise((done) => {
      this.server.once("error", () => done(false));
      this.server.listen(path, () => done(true));
    });
  }

  /** Who has the folder, or will have it; `undefined`: it is ours from now on. */
  async rival(): Promise<string | undefined> {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(PREFIX) && name !== this.id);
    const found = await Promise.all(names.map((name) => this.rivalAt(name)));
    // Somebody who came between our name and our listening took it for that of a dead one: later ones would not see us.
    const isSeen = await access(this.pathOf(this.id)).then(
      () => true,
      () => false,
    );
    const rival = found.find((name) => name !== undefined) ?? this.lesser ?? (isSeen ? undefined : SOMEBODY);
    this.isHolding = rival === undefined;
    return rival;
  }

  async release(): Promise<void> {
    // Node removes the name.
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private answer(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("data", (bytes) => {
      const [id = "", name = ""] = `${bytes}`.split("\n");
      if (!this.isHolding && id < this.id) this.lesser = name;
      socket.end(`${this.isHolding ? HOLDS : ""}\n${this.self}`);
    });
  }

  /** The process at this socket, where it comes before us. */
  private async rivalAt(name: string): Promise<string | undefined> {
    const path = this.pathOf(name);
    const socket = connect(path);
    const answer = await within(this.clock, ANSWER_MS, heard(socket, `${this.id}\n${this.self}`));
    socket.destroy();
    if (answer === undefined) return SOMEBODY;
    if (answer === "nobody") {
      await rm(path, { force: true });
      return undefined;
    }
    if (answer === "gone") return undefined;
    return answer.isHolding || name < this.id ? answer.self : undefined;
  }

  private pathOf(name: string): string {
    return join(this.folder, name);
  }
}

type Answer = "nobody" | "gone" | { readonly isHolding: boolean; readonly self: string };

/** One that has no time to answer, or to whom we have no right, is there all the same. */
function heard(socket: Socket, question: string): Promise<Answer> {
  let text = "";
  socket.write(question);
  return new Promise((done) => {
    socket.on("data", (bytes) => {
      text = `${text}${bytes}`.slice(0, MOST_ANSWER);
    });
    socket.on("end", () => {
      const [word, self] = text.split("\n");
      // Nothing said: it ended while we asked.
      done(self === undefined ? "gone" : { isHolding: word === HOLDS, self });
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      done(NOBODY.has(code) ? "nobody" : GONE.has(code) ? "gone" : { isHolding: true, self: SOMEBODY }),
    );
  });
}
