import { tcpMedium } from "./media";
import { TCP_TABLE } from "./rows";
import { runRows } from "./runRows";

describe("MODBUS/TCP on sockets", () => runRows(TCP_TABLE, () => tcpMedium("mbap")));
