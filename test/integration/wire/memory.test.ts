import { memoryMedium } from "./media";
import { RTU_TABLE, TCP_TABLE } from "./rows";
import { ASCII_ROWS, RTU_LATER_ROWS } from "./rtuRows";
import { runRows } from "./runRows";
import { TCP_NOISE_ROWS } from "./tcpContentRows";

/** The whole table in memory, by a clock that stands still between events: every deadline to the millisecond. */
describe("MODBUS/TCP in memory", () => runRows({ ...TCP_TABLE, ...TCP_NOISE_ROWS }, () => memoryMedium("mbap")));

describe("RTU in memory", () => runRows({ ...RTU_TABLE, ...RTU_LATER_ROWS }, () => memoryMedium("rtu")));

describe("ASCII in memory", () =>
  runRows({ ...RTU_TABLE, ...RTU_LATER_ROWS, ...ASCII_ROWS }, () => memoryMedium("ascii")));
