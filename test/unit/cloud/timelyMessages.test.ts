import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import { withTimelyMessages } from "../../../src/cloud/timelyMessages";
import { CREATION_TIME } from "../../../src/core/telemetry/messageTimes";
import { ok } from "../../../src/kernel/result";

/** Boot `now` was set by an hour since the message was made, `earlier` by two before it ended. */
const shifts: Readonly<Record<string, number>> = { now: 3_600_000, earlier: 7_200_000 };

async function sentTime(times: OutgoingMessage["times"]): Promise<string | undefined> {
  const sent: OutgoingMessage[] = [];
  const hub = withTimelyMessages({ send: async (message) => ok(void sent.push(message)) }, (boot) => shifts[boot]);
  await hub.send({
    output: "telemetry",
    messageId: "m-1",
    body: "{}",
    contentType: "application/json",
    contentEncoding: "utf-8",
    properties: { [CREATION_TIME]: "2026-11-23T10:00:00.000Z" },
    ...(times === undefined ? {} : { times }),
  });
  return sent[0]?.properties[CREATION_TIME];
}

test("of this start: as the clock says it now", async () => {
  expect(await sentTime({ boot: "now", shift: 0, places: [] })).toBe("2026-11-23T11:00:00.000Z");
  expect(await sentTime({ boot: "now", shift: 3_600_000, places: [] })).toBe("2026-11-23T10:00:00.000Z");
});

test("of an earlier start: as its clock said it last", async () => {
  expect(await sentTime({ boot: "earlier", shift: 0, places: [] })).toBe("2026-11-23T12:00:00.000Z");
});

test("of a start of which nothing is known, or without times: as it is", async () => {
  expect(await sentTime({ boot: "forgotten", shift: 0, places: [] })).toBe("2026-11-23T10:00:00.000Z");
  expect(await sentTime(undefined)).toBe("2026-11-23T10:00:00.000Z");
});
