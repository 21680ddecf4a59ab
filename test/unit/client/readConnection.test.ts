import { readConnection } from "../../../src/client/readConnection";

const PLANT = { transport: "tcp", host: "plc.local" };

test("a template is no connection", () => {
  expect(readConnection(PLANT)).toMatchObject({ ok: true, value: { host: "plc.local", port: 502 } });
  expect(readConnection({ ...PLANT, for: { c: "1-2" } })).toEqual({
    ok: false,
    error: [{ path: "/for", text: "this is one connection: templates are for configurations" }],
  });
});
