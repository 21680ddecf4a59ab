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
    case "absent":
      return "notAvailable";
    default:
      return failure.kind;
  }
}

/** Nothing that could be trusted came, or the way to the device is shut for now: asked again, it may say more. */
export function isNoAnswer(reason: BadReason): boolean {
  return ["timeout", "offline", "crc", "protocol", "exception:6", "exception:10", "exception:11"].includes(reason);
}

/** The reading that a failure leaves. */
export function badReading(failure: ModbusFailure): Reading {
  return { bad: badReason(failure) };
}
