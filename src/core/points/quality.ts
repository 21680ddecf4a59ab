import type { ModbusFailure } from "../modbus/failure";
import type { BadReason, Reading } from "./point";

/** Why the points of a failed read are not known (contract section 3). */
export function badReason(failure: ModbusFailure): BadReason {
  switch (failure.kind) {
    case "exception":
      return `exception:${failure.code}`;
    case "lost":
    case "aborted":
      return "offline";
    case "argument":
      return "protocol";
    default:
      return failure.kind;
  }
}

/** The reading that a failure leaves. */
export function badReading(failure: ModbusFailure): Reading {
  return { bad: badReason(failure) };
}
