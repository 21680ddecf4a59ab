/** Folders of the SDK and of what it stands on for the link to the hub. */
const SDK = /node_modules\/(?:azure-iot-[a-z-]+|mqtt|mqtt-packet|machina)\//;
const FRAME = /^\s+at /;

/**
 * Whether an error that nobody caught comes from the SDK: it was thrown there, in code of the SDK alone (the first
 * frames of the stack that are in any package or source of ours). Such an error says nothing about us: the session is
 * built anew. Anything else is a bug of ours, and ends the process.
 *
 * @param stack in the places of the sources, not of the bundle.
 */
export function isSdkFault(stack: string): boolean {
  const frames = stack.split("\n").filter((line) => FRAME.test(line) && !line.includes("node:"));
  const [first] = frames;
  return first !== undefined && SDK.test(first);
}
