import { exceptionText } from "./spec";

/** Why a transaction gave no answer that can be trusted. `detail` is for people, in words, with figures. */
export type ModbusFailure =
  /** Refused before anything was sent: an argument outside its range, or what the transport cannot do. */
  | { readonly kind: "argument"; readonly detail: string }
  /** No connection: it could not be opened, was lost, or is waiting to be opened again. */
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
  /** The caller gave up, or the client was closed. */
  | { readonly kind: "aborted"; readonly detail: string };

export type FailureKind = ModbusFailure["kind"];

export function exceptionFailure(code: number): ModbusFailure {
  return { kind: "exception", code, detail: exceptionText(code) };
}
