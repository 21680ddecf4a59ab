import type { Command } from "./io";

/** A row of the table of commands. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Loads the code of this command only: the others cost neither time nor memory. */
  load(): Promise<Command>;
}

/** What `modbus-edge` can do, in the order of its help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    summary: "the module: polls devices and serves the hub (in a container the default)",
    load: async () => (await import("../gateway")).gateway.run,
  },
  {
    name: "demo",
    summary: "simulator, development hub and module in one process, with a live view",
    load: async () => (await import("../workshop")).workshop.demo,
  },
  {
    name: "check",
    summary: "is a configuration valid? Faults by place, and what the configuration amounts to",
    load: async () => (await import("../desk")).desk.check(),
  },
  {
    name: "plan",
    summary: "the requests that polling will send, and the load of each connection",
    load: async () => (await import("../desk")).desk.plan(),
  },
  {
    name: "read",
    summary: "registers, bits or points straight from a device: no module, no cloud",
    load: async () => (await import("../desk")).desk.read(),
  },
  {
    name: "write",
    summary: "values straight to a device, read back",
    load: async () => (await import("../desk")).desk.write(),
  },
  {
    name: "scan",
    summary: "who is there? Unit ids at an endpoint or on a serial line, its settings too, and a first configuration",
    load: async () => (await import("../workshop")).workshop.scan,
  },
  {
    name: "find",
    summary: "which register does the display show? Address, type, order and scale from the numbers on it",
    load: async () => (await import("../workshop")).workshop.find,
  },
  {
    name: "report",
    summary: "the hand-over sheet of a site: every device visited once, in Markdown or as a page for printing",
    load: async () => (await import("../workshop")).workshop.report,
  },
  {
    name: "template",
    summary: "the device template of IoT Central for a configuration, or plain DTDL",
    load: async () => (await import("../desk")).desk.template(),
  },
  {
    name: "manifest",
    summary: "the deployment manifest for a configuration: whole, layered, or shared among instances",
    load: async () => (await import("../desk")).desk.manifest(),
  },
  {
    name: "migrate",
    summary: "a configuration of what there is: documents of iot-edge-modbus, lists of registers (CSV)",
    load: async () => (await import("../desk")).desk.migrate(),
  },
  {
    name: "decode",
    summary: "what registers mean: JSON lines in, a line out for each",
    load: async () => (await import("../desk")).desk.decode(),
  },
  {
    name: "encode",
    summary: "the registers of a value: JSON lines in, a line out for each",
    load: async () => (await import("../desk")).desk.encode(),
  },
  {
    name: "profiles",
    summary: "the device profiles that are known, or one of them",
    load: async () => (await import("../desk")).desk.profiles(),
  },
  {
    name: "schema",
    summary: "the JSON Schema of a configuration, for editors",
    load: async () => (await import("../desk")).desk.schema(),
  },
  {
    name: "simulate",
    summary: "serves the devices of a configuration on this machine, to develop against",
    load: async () => (await import("../workshop")).workshop.simulate,
  },
  {
    name: "devhub",
    summary: "a stand-in for edgeHub and the workload API, to develop against",
    load: async () => (await import("../workshop")).workshop.devhub,
  },
  {
    name: "completion",
    summary: "completion of commands, options and file names for bash, zsh or fish",
    load: async () => (await import("./completion")).completionOf(() => COMMANDS),
  },
];
