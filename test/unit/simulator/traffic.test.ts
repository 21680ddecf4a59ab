import { describeRequest } from "../../../src/simulator/traffic";

// Examples of the MODBUS Application Protocol Specification V1.1b3, sections 6.3, 6.5 and 6.12, with a unit id in front.
test.each([
  ["11 03 006b 0003", { unitId: 17, functionCode: 3, address: 107, count: 3 }],
  ["01 05 00ac ff00", { unitId: 1, functionCode: 5, address: 172, count: 1 }],
  ["01 10 0001 0002 04 000a 0102", { unitId: 1, functionCode: 16, address: 1, count: 2 }],
  ["01 2b 0e 01 00", { unitId: 1, functionCode: 43, address: -1, count: 0 }],
  ["01", undefined],
])("%s", (hex, expected) => {
  expect(describeRequest(Buffer.from(hex.replaceAll(" ", ""), "hex"))).toEqual(expected);
});
