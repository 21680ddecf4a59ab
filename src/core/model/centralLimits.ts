import type { JsonObject } from "../../kernel/json";

/** Capabilities (telemetry, properties, commands) in one template of IoT Central. */
export const MAX_CAPABILITIES = 300;
export const MAX_COMPONENTS = 10;

/** What IoT Central would not take, or its users would not like; what to do. */
export function centralWarnings(capabilities: number, components: number): readonly string[] {
  const texts: string[] = [];
  if (capabilities > MAX_CAPABILITIES) {
    texts.push(
      `${capabilities} capabilities, but IoT Central takes ${MAX_CAPABILITIES} in a template: leave points out ("use", "kind": "none"), give devices "identity": "none" (they appear in "records" alone), or share the site among several modules (modbus-edge manifest --split)`,
    );
  }
  if (components > MAX_COMPONENTS) {
    texts.push(`${components} components: views of more than ${MAX_COMPONENTS} are hard to use in IoT Central`);
  }
  return texts;
}

/** Contents of one interface in version 2 of DTDL; version 3 takes more than anybody has. */
const MAX_CONTENTS = 300;

/** Interfaces that version 2 of the language does not take, with what to do. */
export function contentsWarnings(interfaces: readonly JsonObject[]): readonly string[] {
  return interfaces.flatMap((one) => {
    const contents = one["contents"];
    const count = Array.isArray(contents) ? contents.length : 0;
    if (count <= MAX_CONTENTS) return [];
    return [
      `${String(one["@id"])} has ${count} contents, but an interface of DTDL version 2 takes ${MAX_CONTENTS}: leave points out ("use", "kind": "none"), make two devices of one, or write version 3 (--dtdl 3)`,
    ];
  });
}
