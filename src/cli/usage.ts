/** What is wrong with the arguments, how they go, and where the rest stands. `usage`: a help text, `Usage:` first. */
export function usageError(error: string, usage: string): string {
  const [head = ""] = usage.split("\n\n");
  const name = /^Usage: (modbus-edge \S+)/.exec(usage)?.[1] ?? "modbus-edge";
  return `${error}\n\n${head}\n"${name} --help" explains them.\n`;
}
