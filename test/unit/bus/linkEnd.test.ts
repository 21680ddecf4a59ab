import { LinkEnd, type LinkUser } from "../../../src/bus/linkEnd";
import { tellSoon } from "../../../src/bus/telling";
import { createFakeLink } from "../../support/fakeLink";

function setUp() {
  const heard: string[] = [];
  const link = createFakeLink();
  const user: LinkUser = {
    receive: (bytes) => void heard.push(`bytes ${Buffer.from(bytes).toString("hex")}`),
    lost(reason) {
      heard.push(`lost: ${reason}`);
      tellSoon({ tell: () => heard.push("a request fails") });
    },
  };
  const end = new LinkEnd(link, user);
  link.listen(end);
  const listener = { linkEnded: (reason: string) => void heard.push(`ended: ${reason}`) };
  return { heard, link, end, listener };
}

describe("the end of a link", () => {
  it("is told to the listener once, after those whose requests it fails", async () => {
    const { heard, link, end, listener } = setUp();
    end.listen(listener);
    link.arrive("0102");
    await Promise.resolve();
    expect(heard).toEqual(["bytes 0102"]);
    end.closed("reset by the server");
    expect(heard).toEqual(["bytes 0102", "lost: reset by the server"]);
    await Promise.resolve();
    const all = ["bytes 0102", "lost: reset by the server", "a request fails", "ended: reset by the server"];
    expect(heard).toEqual(all);
    await Promise.resolve();
    expect(heard).toEqual(all);
  });

  it("is told to who listens later too, but not before the call has returned", async () => {
    const { heard, end, listener } = setUp();
    end.closed("the device is gone");
    await Promise.resolve();
    heard.length = 0;
    end.listen(listener);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(["ended: the device is gone"]);
  });

  it("is one end, whatever the link says after it", async () => {
    const { heard, end, listener } = setUp();
    end.closed("reset by the server");
    end.listen(listener);
    end.closed("closed by us");
    await Promise.resolve();
    expect(heard).toEqual(["lost: reset by the server", "a request fails", "ended: reset by the server"]);
  });

  it("is a promise for who asks, before it and after; what was given up has the first reason", async () => {
    const { end } = setUp();
    const asked = end.whenGone();
    expect(end.refusal).toBeUndefined();
    end.begin("the stream is out of step");
    expect(end.refusal).toEqual({ kind: "offline", detail: "the stream is out of step" });
    end.closed("closed by us");
    expect(await asked).toBe("the stream is out of step");
    expect(await end.whenGone()).toBe("the stream is out of step");
  });
});
