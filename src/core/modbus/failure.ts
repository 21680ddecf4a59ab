import { exceptionText } from "./spec";

/** Why a transaction gave no answer that can be trusted. `detail` is for people, in words, with figures. */
export type ModbusFailure = Failure & {
  /** Surely nothing was sent, whatever the kind says: a write can't have been carried out. */
  readonly unsent?: true;
};

type Failure =
  /** Refused before anything was sent: an argument outside its range, or what the transport cannot do. */
  | { readonly kind: "argument"; readonly detail: string }
  /** No connection: it could not be opened, was lost, or is waiting to be opened again. Nothing was sent. */
  | { readonly kind: "offline"; readonly detail: string }
  /** The connection was lost while the request was under way: it may have been carried out. */
  | { readonly kind: "lost"; readonly detail: string }
  /** No answer within the response timeout. */
  | { readonly kind: "timeout"; readonly detail: string }
  /** The answer failed its checksum. */
  | { readonly kind: "crc"; readonly detail: string }
  /** An answer that breaks the protocol or does not fit the request. */
  | { readonly kind: "protocol"; readonly detail: string }
  /** The device answered with an exception (section 7). */
  | { readonly kind: "exception"; readonly code: number; readonly detail: string }
  /** Not sent: the device has told that it has nothing of the kind (a SunSpec model that its chain lacks). */
  | { readonly kind: "absent"; readonly detail: string }
  /** The caller gave up, the client was closed, or its queue was full. */
  | { readonly kind: "aborted"; readonly detail: string };

export type FailureKind = ModbusFailure["kind"];

export function failure(kind: Exclude<FailureKind, "exception">, detail: string): ModbusFailure {
  return { kind, detail };
}

/** The same failure of a request that surely was not sent. */
export function unsent(reason: ModbusFailure): ModbusFailure {
  return { ...reason, unsent: true };
}

/** Whether a request that failed so was surely never sent. */
export function wasNotSent({ kind, unsent: isUnsent }: ModbusFailure): boolean {
  return isUnsent === true || kind === "argument" || kind === "offline" || kind === "absent";
}

export function exceptionFailure(code: number): ModbusFailure {
  return { kind: "exception", code, detail: exceptionText(code) };
}

/** What a failed request asks of those who sent it. */
export interface Consequence {
  /** A *read* may be sent again (within `readRetries`). A write never: it may have been carried out. */
  readonly retry: boolean;
  /** Counts towards `failuresBeforeReopen`: nothing has shown that anybody is at the other end. */
  readonly reopen: boolean;
  /** The request covers something that the device refuses: ask for its parts, remember which part it was. */
  readonly splitBlock: boolean;
  /** What cannot be split further is not asked again until the configuration or the connection changes. */
  readonly disablePoint: boolean;
  /** Leave this unit alone for a while; the other units of the connection go on. */
  readonly backOffUnit: boolean;
  /** Ask again when it is due next. */
  readonly keepPolling: boolean;
}

const NONE: Consequence = {
  retry: false,
  reopen: false,
  splitBlock: false,
  disablePoint: false,
  backOffUnit: false,
  keepPolling: true,
};

type TableKey = Exclude<FailureKind, "exception"> | `exception:${number}`;

/** The one table from failure to consequence (meaning of the exception codes: section 7). */
const CONSEQUENCES: Readonly<Partial<Record<TableKey, Consequence>>> = {
  argument: NONE,
  // The session is opening the connection anew already.
  offline: NONE,
  lost: NONE,
  aborted: NONE,
  absent: NONE,
  timeout: { ...NONE, retry: true, reopen: true, backOffUnit: true },
  crc: { ...NONE, retry: true, reopen: true },
  protocol: { ...NONE, retry: true, reopen: true },
  // Illegal function: permanent for this device and function.
  "exception:1": { ...NONE, disablePoint: true, keepPolling: false },
  // Illegal address or value: one address of the block spoils it.
  "exception:2": { ...NONE, splitBlock: true, disablePoint: true },
  "exception:3": { ...NONE, splitBlock: true, disablePoint: true },
  "exception:4": { ...NONE, backOffUnit: true },
  // Acknowledge: accepted and still busy with it. Never sent again.
  "exception:5": NONE,
  "exception:6": { ...NONE, retry: true },
  "exception:8": { ...NONE, retry: true },
  // The gateway answered: the connection is fine, the unit behind it is not.
  "exception:10": { ...NONE, backOffUnit: true },
  "exception:11": { ...NONE, backOffUnit: true },
};

export function consequenceOf(reason: ModbusFailure): Consequence {
  const key: TableKey = reason.kind === "exception" ? `exception:${reason.code}` : reason.kind;
  return CONSEQUENCES[key] ?? NONE;
}
