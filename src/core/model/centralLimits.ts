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
