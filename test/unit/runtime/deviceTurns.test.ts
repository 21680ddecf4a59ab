import { DeviceTurns, type Turn } from "../../../src/runtime/deviceTurns";

const NEVER = new AbortController().signal;

function end(turn: Turn | undefined): void {
  if (turn?.kind === "mine") turn.done();
}

/** Takes turns and notes who has got one. */
function setUp() {
  const turns = new DeviceTurns();
  const begun: string[] = [];
  const take = async (name: string, device = "tank", signal = NEVER): Promise<Turn> => {
    const turn = await turns.take(device, signal);
    begun.push(`${name} ${turn.kind}`);
    return turn;
  };
  return { begun, take };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one at a time, in the order of asking; another device does not wait", async () => {
  const { begun, take } = setUp();
  const [first, second, third] = [take("first"), take("second"), take("third")];
  await take("other", "pump");
  expect(begun).toEqual(["first mine", "other mine"]);
  end(await first);
  await settled();
  expect(begun.at(-1)).toBe("second mine");
  // Twice ends nothing else.
  end(await first);
  await settled();
  expect(begun).toHaveLength(3);
  end(await second);
  end(await third);
  expect(await take("fourth")).toMatchObject({ kind: "mine" });
});

test("who gives up is passed over", async () => {
  const { begun, take } = setUp();
  const abort = new AbortController();
  const first = take("first");
  const second = take("second", "tank", abort.signal);
  const third = take("third");
  abort.abort();
  expect((await second).kind).toBe("aborted");
  end(await first);
  expect((await third).kind).toBe("mine");
  expect((await take("late", "tank", AbortSignal.abort())).kind).toBe("aborted");
  expect(begun).toEqual(["first mine", "second aborted", "third mine", "late aborted"]);
});

test("sixteen wait, more are turned away", async () => {
  const { begun, take } = setUp();
  await take("first");
  for (let i = 0; i < 16; i++) void take(`${i}`);
  expect((await take("one more")).kind).toBe("full");
  expect(begun).toEqual(["first mine", "one more full"]);
});
