import { RTU_FUNCTION_ROWS, TCP_FUNCTION_ROWS } from "./functionRows";
import { RTU_BUS_ROWS, RTU_LATE_ROWS, RTU_LINE_ROWS } from "./rtuRows";
import { TCP_CLOSE_ROWS } from "./tcpCloseRows";
import { TCP_CONTENT_ROWS } from "./tcpContentRows";
import { type Row, TCP_TIME_ROWS } from "./tcpTimeRows";

export const TCP_TABLE: Readonly<Record<string, Row>> = {
  ...TCP_TIME_ROWS,
  ...TCP_CONTENT_ROWS,
  ...TCP_FUNCTION_ROWS,
  ...TCP_CLOSE_ROWS,
};

export const RTU_TABLE: Readonly<Record<string, Row>> = {
  ...RTU_LINE_ROWS,
  ...RTU_FUNCTION_ROWS,
  ...RTU_LATE_ROWS,
  ...RTU_BUS_ROWS,
};
