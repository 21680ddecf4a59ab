import { Bench, type Medium } from "./bench";
import type { Row } from "./tcpTimeRows";

/** Runs each row on a bench of its own; afterwards three normal requests succeed and nothing went uncaught. */
export function runRows(rows: Readonly<Record<string, Row>>, medium: () => Promise<Medium>): void {
  const uncaught: unknown[] = [];
  const remember = (error: unknown): void => void uncaught.push(error);

  beforeAll(() => {
    process.on("uncaughtException", remember);
    process.on("unhandledRejection", remember);
  });
  afterAll(() => {
    process.off("uncaughtException", remember);
    process.off("unhandledRejection", remember);
  });

  test.each(Object.entries(rows))("%s", async (_name, row) => {
    const bench = await Bench.start(await medium());
    try {
      await row(bench);
      await bench.recovers();
    } finally {
      await bench.close();
    }
    expect(uncaught).toEqual([]);
  });
}
