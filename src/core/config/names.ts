/** Names of connections, devices, points and groups: the rule of DTDL, so that each can become a component or a member. */
export const NAME = /^[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?$/;
export const NAME_LENGTH = 64;

/** Names of profiles; in a DTMI they become camelCase. */
export const PROFILE_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
export const PROFILE_NAME_LENGTH = 48;

/** Direct methods of the module (contract section 6): a device may not have the name of one. */
const METHODS = [
  "readPoints",
  "writePoints",
  "readRegisters",
  "writeRegisters",
  "getStatus",
  "getPlan",
  "getTrace",
  "identify",
  "validateConfiguration",
  "putProfile",
  "setPolling",
  "restart",
];

export const RESERVED_FOR_DEVICES: ReadonlySet<string> = new Set([
  "configuration",
  "configurationStatus",
  "module",
  "connections",
  ...METHODS,
]);

export const RESERVED_FOR_POINTS: ReadonlySet<string> = new Set(["modbus", "readPoints", "writePoints"]);

/** What is wrong with a name, or nothing. `what` is for the message: `a device`. */
export function nameFault(name: string, what: string, reserved?: ReadonlySet<string>): string | undefined {
  if (reserved?.has(name)) return `"${name}" is a reserved name: call ${what} otherwise`;
  if (NAME.test(name) && name.length <= NAME_LENGTH) return undefined;
  if (name.includes("{")) return `${JSON.stringify(name)} is not a name: only devices and connections have instances`;
  const shown = name.length <= NAME_LENGTH ? JSON.stringify(name) : `${JSON.stringify(name.slice(0, 40))}…`;
  return `${shown} is not a name for ${what}: letters, digits and _, first a letter, last no _, at most ${NAME_LENGTH}`;
}

export function profileNameFault(name: string): string | undefined {
  if (PROFILE_NAME.test(name) && name.length <= PROFILE_NAME_LENGTH) return undefined;
  const shown = JSON.stringify(name.slice(0, PROFILE_NAME_LENGTH));
  return `${shown} is not a name for a profile: small letters, digits and single -, first a letter, at most ${PROFILE_NAME_LENGTH}`;
}
