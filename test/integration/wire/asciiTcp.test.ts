import { tcpMedium } from "./media";
import { ASCII_ROWS } from "./rtuRows";
import { runRows } from "./runRows";

describe("ASCII over TCP", () => runRows(ASCII_ROWS, () => tcpMedium("ascii")));
