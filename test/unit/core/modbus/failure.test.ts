import { consequenceOf, exceptionFailure, failure } from "../../../../src/core/modbus/failure";

const KEEP = {
  retry: false,
  reopen: false,
  splitBlock: false,
  disablePoint: false,
  backOffUnit: false,
  keepPolling: true,
};

test.each([
  [failure("argument", ""), {}],
  [failure("offline", ""), {}],
  [failure("lost", ""), {}],
  [failure("aborted", ""), {}],
  [failure("timeout", ""), { retry: true, reopen: true, backOffUnit: true }],
  [failure("crc", ""), { retry: true, reopen: true }],
  [failure("protocol", ""), { retry: true, reopen: true }],
  [exceptionFailure(1), { disablePoint: true, keepPolling: false }],
  [exceptionFailure(2), { splitBlock: true, disablePoint: true }],
  [exceptionFailure(3), { splitBlock: true, disablePoint: true }],
  [exceptionFailure(4), { backOffUnit: true }],
  [exceptionFailure(5), {}],
  [exceptionFailure(6), { retry: true }],
  [exceptionFailure(8), { retry: true }],
  [exceptionFailure(10), { backOffUnit: true }],
  [exceptionFailure(11), { backOffUnit: true }],
  [exceptionFailure(0x55), {}],
])("%j", (reason, flags) => {
  expect(consequenceOf(reason)).toEqual({ ...KEEP, ...flags });
});
