import { createLog, type LogFormat, parseLogLevel } from "../../../src/runtime/log";

function setUp(format: LogFormat, level: "debug" | "info" | "warn" | "error" = "info") {
  const lines: string[] = [];
  const log = createLog({ format, level, write: (line) => void lines.push(line) });
  return { lines, log };
}

const STAMP = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+00:00`;

describe("line: what tools of IoT Edge read", () => {
  test("priority, time, level, text, details", () => {
    const { lines, log } = setUp("line", "debug");
    log.error("broken", { code: 2 });
    log.warn("odd");
    log.info("fine", { a: "x", b: [1] });
    log.debug("detail");
    expect(lines[0]).toMatch(new RegExp(`^<3> ${STAMP} \\[ERR\\] - broken \\{"code":2\\}\n$`));
    expect(lines[1]).toMatch(new RegExp(`^<4> ${STAMP} \\[WRN\\] - odd\n$`));
    expect(lines[2]).toMatch(new RegExp(`^<6> ${STAMP} \\[INF\\] - fine \\{"a":"x","b":\\[1\\]\\}\n$`));
    expect(lines[3]).toMatch(new RegExp(`^<7> ${STAMP} \\[DBG\\] - detail\n$`));
  });

  test("one line an event, whatever a device or a document puts into it", () => {
    const { lines, log } = setUp("line");
    log.info("a\nb\r\n<3> forged\rc\u2028d\u001b[31me", { text: "x\ny" });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(lines[0]).toContain(String.raw`{"text":"x\ny"}`);
  });

  test("details may have any name and any value: nothing makes logging fail, nothing disguises the event", () => {
    const { lines, log } = setUp("line");
    const loop: Record<string, unknown> = {};
    loop["loop"] = loop;
    log.warn("odd", { time: "yesterday", level: "fatal", msg: "other" });
    log.warn("odd", { big: 18446744073709551615n, loop, nothing: undefined, error: new RangeError("why") });
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(new RegExp(`^<4> ${STAMP} \\[WRN\\] - odd `));
    expect(lines[0]).toContain("yesterday");
    expect(lines[1]).toContain("18446744073709551615");
    expect(lines[1]).toContain("why");
  });
});

test("json: pino's own", () => {
  const { lines, log } = setUp("json");
  log.warn("odd", { code: 2 });
  expect(JSON.parse(lines[0] ?? "")).toEqual({ level: 40, time: expect.any(Number), code: 2, msg: "odd" });
});

test("pretty: for a terminal", () => {
  const { lines, log } = setUp("pretty");
  log.error("broken", { code: 2 });
  log.info("fine");
  expect(lines[0]?.slice(12)).toMatch(/^ .\[31mERR broken/);
  expect(lines[0]).toContain('{"code":2}');
  expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INF fine/);
});

test("the level may change while it runs", () => {
  const { lines, log } = setUp("line", "warn");
  log.info("not heard");
  log.setLevel("debug");
  log.debug("heard");
  log.setLevel("error");
  log.warn("not heard");
  expect(lines.map((line) => line.replace(/.* - /, ""))).toEqual(["heard\n"]);
});

test.each([
  ["fatal", "error"],
  ["Error", "error"],
  ["WARN", "warn"],
  ["Warning", "warn"],
  ["info", "info"],
  ["Information", "info"],
  ["debug", "debug"],
  ["Verbose", "debug"],
  ["", "info"],
  [undefined, "info"],
  ["loud", "info"],
] as const)("RuntimeLogLevel %s means %s", (word, level) => {
  expect(parseLogLevel(word)).toBe(level);
});
