/** Microsoft's DTDL parser in a process of its own (it lingers): JSON documents in, a line each; a line out for each: "" or what is wrong. */
import { getInterop } from "@digicatapult/dtdl-parser";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const parser = await getInterop();
const lines = Buffer.concat(chunks)
  .toString("utf8")
  .split("\n")
  .filter((line) => line !== "");
const answers = lines.map((line) => {
  try {
    parser.parse(line);
    return "";
  } catch (error) {
    return String(error).replaceAll("\n", " ");
  }
});
process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0));
