/**
 * What the tests against programs of others, and the reconciliation run, need from Debian: one list for `.ci/run` (`node scripts/foreignPackages.mjs`
 * prints the packages) and for `npm run test:foreign` (which names what is missing).
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/** pymodbus is of Debian, so the system's Python has it: another `python3` of PATH has not. */
const PYTHON = "/usr/bin/python3";

const NEEDED = [
  command("socat", "socat"),
  command("mbpoll", "mbpoll"),
  command("tshark", "tshark"),
  command("tcpdump", "tcpdump"),
  command("openssl", "openssl"),
  command("promtool", "prometheus"),
  command("gcc", "gcc"),
  command("faketime", "faketime"),
  file("/usr/include/stdio.h", "libc6-dev"),
  file("/usr/include/modbus/modbus.h", "libmodbus-dev"),
  file(PYTHON, "python3"),
  pythonModule("pymodbus.server", "python3-pymodbus"),
  pythonModule("serial_asyncio", "python3-serial-asyncio"),
];

function command(name, debianPackage) {
  const found = () => (process.env.PATH ?? "").split(delimiter).some((folder) => may(join(folder, name), "X_OK"));
  return { what: `the command ${name}`, debianPackage, found };
}

function file(path, debianPackage) {
  return { what: path, debianPackage, found: () => may(path, "R_OK") };
}

function pythonModule(name, debianPackage) {
  const found = () => spawnSync(PYTHON, ["-c", `import ${name}`], { stdio: "ignore" }).status === 0;
  return { what: `${name} of ${PYTHON}`, debianPackage, found };
}

function may(path, mode) {
  try {
    accessSync(path, constants[mode]);
    return true;
  } catch {
    return false;
  }
}

export function foreignPackages() {
  return [...new Set(NEEDED.map(({ debianPackage }) => debianPackage))];
}

/** What is not there: `{ what, debianPackage }`. */
export function missingForeign() {
  return NEEDED.filter(({ found }) => !found());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(foreignPackages().join(" "));
