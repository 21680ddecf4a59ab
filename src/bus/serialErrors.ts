import { readFile, stat } from "node:fs/promises";

/** Who may open a device, as far as the file system tells. */
export interface DeviceOwner {
  readonly groupId: number;
  /** Name of the group, where this system knows it. */
  readonly group?: string;
}

/** The owner of the device at `path`; undefined when there is none. */
export async function deviceAt(path: string): Promise<DeviceOwner | undefined> {
  // No such device, or no right to look at it: the message does without its group.
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const group = await groupName(found.gid);
  return group === undefined ? { groupId: found.gid } : { groupId: found.gid, group };
}

async function groupName(groupId: number): Promise<string | undefined> {
  const table = await readFile("/etc/group", "utf8").catch(() => "");
  const rows = table.split("\n").map((line) => line.split(":"));
  return rows.find(([, , id]) => id === String(groupId))?.[0];
}

/** Why a serial port did not open, and what to do about it. `native` is the text of the driver's error. */
export function serialOpenText(path: string, native: string, device: DeviceOwner | undefined): string {
  if (/no such file|no such device|not found/i.test(native)) return missing(path);
  if (/permission denied|access denied/i.test(native)) return forbidden(path, device);
  if (/cannot lock|temporarily unavailable|busy/i.test(native)) {
    return `${path} is in use by another program (another module, ModemManager, a terminal): only one can have it`;
  }
  if (/inappropriate ioctl|not a (tty|typewriter)/i.test(native)) return `${path} is not a serial port`;
  return `${path} does not open: ${native}`;
}

function missing(path: string): string {
  const devices = `{"HostConfig":{"Devices":[{"PathOnHost":"${path}","PathInContainer":"${path}","CgroupPermissions":"rwm"}]}}`;
  return `${path} does not exist: is the adapter plugged in? In a container the module's createOptions must pass it in: ${devices}`;
}

function forbidden(path: string, device: DeviceOwner | undefined): string {
  // The number always works in a container: the image may know the group by another name, or not at all.
  const group = device === undefined ? "dialout" : (device.group ?? `number ${device.groupId}`);
  const add = device === undefined || device.group === "dialout" ? "dialout" : String(device.groupId);
  return (
    `${path}: permission denied; the user of this process must be in the group ${group}. ` +
    `In a container add to the module's createOptions: {"HostConfig":{"GroupAdd":["${add}"]}}`
  );
}
