import { ptyMedium } from "./media";
import { RTU_TABLE } from "./rows";
import { runRows } from "./runRows";

describe("RTU on a pseudo terminal", () => runRows(RTU_TABLE, ptyMedium));
