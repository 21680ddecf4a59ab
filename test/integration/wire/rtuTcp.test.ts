import { tcpMedium } from "./media";
import { RTU_TABLE } from "./rows";
import { runRows } from "./runRows";

describe("RTU over TCP", () => runRows(RTU_TABLE, () => tcpMedium("rtu")));
