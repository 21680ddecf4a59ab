import type { Row } from "./tcpTimeRows";

/** Ends of connections, by either side. */
export const TCP_CLOSE_ROWS: Readonly<Record<string, Row>> = {
  "tcp-fin-mid": async (b) => {
    b.proxy.answers.once({ kind: "close", afterBytes: 9 });
    await b.promptError(b.read(10, 2), "lost");
    expect(await b.closeSignalled()).toContain("the server closed the connection");
  },
  "tcp-fin": async (b) => {
    b.proxy.answers.once({ kind: "close", afterBytes: 0 });
    await b.promptError(b.read(10, 2), "lost");
    expect(await b.closeSignalled()).toContain("the server closed the connection");
  },
  "tcp-rst": async (b) => {
    b.proxy.answers.once({ kind: "reset", afterBytes: 0 });
    await b.promptError(b.read(10, 2), "lost");
    expect(await b.closeSignalled()).toContain("reset by the server");
  },
  "tcp-rst-idle": async (b) => {
    await b.value(b.read());
    b.proxy.cutAll("reset");
    expect(await b.closeSignalled()).toContain("reset by the server");
  },
  "tcp-close-pending": async (b) => {
    b.server.once(() => undefined);
    const asked = b.read();
    await b.pass(20);
    const closing = b.session.close();
    await b.promptError(asked, "aborted");
    await b.medium.run(closing);
    await b.reopen();
  },
  "tcp-close-halfopen": async (b) => {
    b.proxy.answers.once({ kind: "halfOpen" });
    const asked = b.read();
    await b.pass(20);
    const { clock } = b.medium;
    const start = clock.monotonic();
    await b.medium.run(b.session.close());
    expect(clock.monotonic() - start).toBeLessThan(b.T);
    await b.promptError(asked, "aborted");
    await b.reopen();
  },
  "tcp-close-twice": async (b) => {
    b.proxy.cutAll("close");
    await b.closeSignalled();
    await b.medium.run(b.session.close());
    await b.medium.run(b.session.close());
    await b.reopen();
  },
  "tcp-refused": async (b) => {
    await b.medium.run(b.session.close());
    await b.medium.unplug();
    b.states.length = 0;
    const { clock } = b.medium;
    const start = clock.monotonic();
    await b.reopen();
    await b.closeSignalled();
    expect(clock.monotonic() - start).toBeLessThan(b.T);
    await b.promptError(b.read(), "offline");
    await b.medium.plugIn();
  },
};
