import type { Command } from "./cli/io";

/** Loads a command, and what it stands on, when it is called. */
type Load = () => Promise<Command>;

/** A bundle of its own (`dist/desk.cjs`): what works on files and answers at once starts without Azure's SDK. */
export const desk = {
  check: async () => (await import("./cli/check")).check,
  decode: async () => (await import("./cli/codec")).decode,
  encode: async () => (await import("./cli/codec")).encode,
  manifest: async () => (await import("./cli/manifest")).manifest,
  migrate: async () => (await import("./cli/migrate")).migrate,
  plan: async () => (await import("./cli/plan")).plan,
  profiles: async () => (await import("./cli/profiles")).profiles,
  read: async () => (await import("./cli/read")).read,
  schema: async () => (await import("./cli/schema")).schema,
  template: async () => (await import("./cli/template")).template,
  write: async () => (await import("./cli/write")).write,
} satisfies Readonly<Record<string, Load>>;
