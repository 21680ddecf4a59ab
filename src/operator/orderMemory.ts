import type { InputMessage } from "../cloud/edgeHub";
import { sha256 } from "../core/config/sha256";
import type { Clock } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { DataFolder } from "../store/dataFolder";

/** In the data folder: the messages that were taken and could still come again in time. */
const DOCUMENT = "write-input";

export interface OrderMemoryPorts {
  readonly clock: Pick<Clock, "epoch">;
  readonly data: Pick<DataFolder, "read" | "write">;
}

/** `repeat`: the same message again. */
export type OrderKnown = "new" | "repeat" | { readonly refused: string };

interface Taken {
  /** After this a repeat is late anyway. */
  readonly until: number;
  /** Digest of its body. */
  readonly body: string;
}

/**
 * The messages that were taken, until they can't come again in time; over restarts. A message is known by its sender
 * (as edgeHub names it) and its message id: two senders may count alike. Without an id, by its sender and its body.
 */
export class OrderMemory {
  #taken: Map<string, Taken> | undefined;

  constructor(
    private readonly ports: OrderMemoryPorts,
    private readonly most: number,
  ) {}

  /** Remembers a message, on disk before it returns, and says whether it was known. */
  async take(message: InputMessage, until: number): Promise<OrderKnown> {
    const taken = await this.#memory();
    const body = sha256(message.body);
    const hasId = message.messageId !== undefined && message.messageId !== "";
    const key = sha256(`${senderOf(message)} ${hasId ? `id ${message.messageId}` : `body ${body}`}`);
    const known = taken.get(key);
    if (known !== undefined && !hasId) return { refused: UNNAMED };
    if (known !== undefined) return known.body === body ? "repeat" : { refused: USED };
    if (taken.size >= this.most) return { refused: `${this.most} others are remembered until their notAfter` };
    taken.set(key, { until, body });
    await this.ports.data.write(DOCUMENT, Object.fromEntries([...taken].map(([name, one]) => [name, { ...one }])));
    return "new";
  }

  async #memory(): Promise<Map<string, Taken>> {
    const read = this.#taken ?? readMemory(await this.ports.data.read(DOCUMENT));
    this.#taken ??= read;
    const now = this.ports.clock.epoch();
    for (const [key, { until }] of this.#taken) if (until < now) this.#taken.delete(key);
    return this.#taken;
  }
}

const UNNAMED =
  "the same order has come before, and without a messageId nobody can tell a repeat from a new one: give every order a messageId, or another notAfter";
const USED = "its messageId has been used by the same sender for another order: every order needs one of its own";

/** edgeHub says from which device and module a message is. */
function senderOf({ properties }: InputMessage): string {
  return `${properties["$.cdid"] ?? ""}/${properties["$.cmid"] ?? ""}`;
}

function readMemory(document: Json | undefined): Map<string, Taken> {
  if (!isJsonObject(document)) return new Map();
  return new Map(Object.entries(document).flatMap(([key, json]): [string, Taken][] => takenOf(key, json)));
}

function takenOf(key: string, json: Json): [string, Taken][] {
  if (!isJsonObject(json)) return [];
  const { until, body } = json as JsonObject & { until?: Json; body?: Json };
  return typeof until === "number" && typeof body === "string" ? [[key, { until, body }]] : [];
}
