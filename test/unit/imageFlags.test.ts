import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IMAGE_FLAGS } from "../support/imageFlags";

const ROOT = join(__dirname, "../..");
const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const dockerfiles = readdirSync(ROOT).filter((name) => name.startsWith("Dockerfile."));

describe("the flags that tests, benchmarks and soak run the module with", () => {
  it.each(dockerfiles)("are those of %s", (file) => {
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text(file))?.[1] ?? "[]") as string[];
    expect(entry).toEqual(["node", ...IMAGE_FLAGS, "/app/dist/main.cjs"]);
  });

  it("are those of the command, and there are images of three architectures", () => {
    expect(text("bin/modbus-edge")).toContain(`exec node ${IMAGE_FLAGS.join(" ")} "$main"`);
    expect(dockerfiles).toHaveLength(3);
  });
});
