import { createLog } from "../../../src/runtime/log";
import { quietLog } from "../../../src/runtime/quietLog";
import { withoutSecrets } from "../../../src/runtime/secrets";
import { createManualClock } from "../../support/manualClock";

function setUp() {
  const clock = createManualClock();
  const lines: string[] = [];
  const inner = createLog({ format: "line", level: "debug", write: (line) => void lines.push(line) });
  const texts = () => lines.map((line) => line.trimEnd().replace(/^<\d>.* - /, ""));
  return { clock, log: quietLog(inner, clock), texts };
}

test("a burst of equal lines is counted, not repeated; others pass", async () => {
  const { clock, log, texts } = setUp();
  for (let at = 0; at < 1000; at++) log.warn("lost", { at });
  log.error("lost", { at: 0 });
  log.warn("lost too");
  expect(texts()).toEqual([
    'lost {"at":0}',
    'lost {"at":1}',
    'lost {"at":2}',
    'lost {"at":3}',
    'lost {"at":4}',
    'lost {"at":0}',
    "lost too",
  ]);
  await clock.advance(60_000);
  expect(texts().slice(7)).toEqual(['lost (995 times more in the last minute) {"at":999}']);
  log.warn("lost", { at: 1000 });
  await clock.advance(60_000);
  expect(texts().slice(8)).toEqual(['lost (1 times more in the last minute) {"at":1000}']);
  await clock.advance(60_000);
  expect(clock.pendingTimers).toBe(0);
  log.warn("lost", { at: 1001 });
  expect(texts().slice(9)).toEqual(['lost {"at":1001}']);
});

test("debug is shown whole, and what is still to be said is said at the end", () => {
  const { clock, log, texts } = setUp();
  for (let at = 0; at < 20; at++) log.debug("poll");
  for (let at = 0; at < 20; at++) log.info("open");
  log.close();
  expect(texts().filter((text) => text === "poll")).toHaveLength(20);
  expect(texts().at(-1)).toBe("open (15 times more in the last minute)");
  expect(clock.pendingTimers).toBe(0);
});

test("very many texts cost no memory, and none is lost", () => {
  const { log, texts } = setUp();
  for (let at = 0; at < 2000; at++) log.info(`text ${at}`);
  expect(texts()).toHaveLength(2000);
});

test.each([
  [
    "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0;GatewayHostName=g",
    "HostName=h;DeviceId=d;SharedAccessKey=***;GatewayHostName=g",
  ],
  ["SharedAccessSignature sr=h%2Fd&sig=abc%3D&se=17", "SharedAccessSignature sr=h%2Fd&sig=***&se=17"],
  ['{"password":"hunter2","user":"u"}', '{"password":"***","user":"u"}'],
  [String.raw`{"text":"{\"password\": \"hunter2\"}"}`, String.raw`{"text":"{\"password\": \"***\"}"}`],
  ["opc https://user:hunter2@example.com/x", "opc https://***@example.com/x"],
  ["-----BEGIN EC PRIVATE KEY-----\\nMHc=\\n-----END EC PRIVATE KEY----- rest", "*** rest"],
  ["signal 7 and design: nice; the sigma=3", "signal 7 and design: nice; the sigma=3"],
])("%s", (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});

test.each(["line", "json", "pretty"] as const)("no format shows a secret: %s", (format) => {
  const lines: string[] = [];
  const log = createLog({ format, level: "info", write: (line) => void lines.push(line) });
  log.error("SharedAccessKey=c2VjcmV0", { why: new Error("sig=c2VjcmV0&x"), password: "c2VjcmV0" });
  expect(lines.join("")).not.toContain("c2VjcmV0");
  if (format === "json") expect(() => JSON.parse(lines[0] ?? "") as unknown).not.toThrow();
});
