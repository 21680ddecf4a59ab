import { addressText } from "./address";
import { functionCodeOf, type ModbusRequest } from "./pdu";

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** What a request does, for people: `read holding 199 (400200), 2 registers`. Shows wrong arguments as they are. */
export function requestText(request: ModbusRequest): string {
  switch (request.kind) {
    case "readBits":
      return `read ${addressText(request.table, request.address)}, ${count(request.count, "bit")}`;
    case "readRegisters":
      return `read ${addressText(request.table, request.address)}, ${count(request.count, "register")}`;
    case "writeSingleCoil":
      return `write ${addressText("coil", request.address)}`;
    case "writeCoils":
      return `write ${addressText("coil", request.address)}, ${count(request.values?.length, "bit")}`;
    case "writeSingleRegister":
      return `write ${addressText("holding", request.address)}`;
    case "writeRegisters":
      return `write ${addressText("holding", request.address)}, ${count(request.values?.length, "register")}`;
    case "maskWriteRegister":
      return `mask write ${addressText("holding", request.address)}`;
    case "readWriteRegisters":
      return `write ${addressText("holding", request.write?.address)} and read ${addressText("holding", request.read?.address)}`;
    case "readFifoQueue":
      return `read the FIFO queue at ${addressText("holding", request.address)}`;
    default:
      return `${FURTHER[request.kind]} (function ${functionCodeOf(request)})`;
  }
}

const FURTHER = {
  diagnostics: "diagnostics",
  reportServerId: "report server id",
  readFileRecord: "read file record",
  writeFileRecord: "write file record",
  readDeviceIdentification: "read device identification",
  custom: "custom function",
} as const;

/** The first 0-based PDU address that a request names, where it names one. */
export function addressOf(request: ModbusRequest): number | undefined {
  if (request.kind === "readWriteRegisters") return request.write.address;
  return "address" in request ? request.address : undefined;
}
