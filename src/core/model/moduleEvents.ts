/** What a `moduleEvent` can be about, for machines, and what that is, for people. */
export const MODULE_EVENTS = {
  configurationApplied: "a configuration is in force",
  configurationPartial: "parts of a configuration are faulty and stay as they were",
  configurationRejected: "a configuration changes nothing, or was taken back",
  messagesDropped: "messages were given up",
  messagesQuarantined: "messages were put aside that the hub would not have",
  spoolFailing: "what waits for the hub is in memory only",
  spoolWorks: "the spool can be written again",
  clockStepped: "the wall clock was set",
  writeRefused: "an order of another module was refused",
} as const satisfies Readonly<Record<string, string>>;

export type ModuleEventKind = keyof typeof MODULE_EVENTS;

/** As a sentence of the model. */
export function moduleEventsText(): string {
  return Object.entries(MODULE_EVENTS)
    .map(([kind, meaning]) => `${kind}: ${meaning}`)
    .join("; ");
}
