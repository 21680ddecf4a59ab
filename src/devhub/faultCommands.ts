import { err, ok, type Result } from "../kernel/result";
import type { DevHub } from "./devHub";
import {
  type FaultBoard,
  type FaultName,
  type FaultSetting,
  isLasting,
  type LastingFault,
  type SuddenFault,
} from "./faults";
import type { HubServers } from "./hubServers";
import type { Identities } from "./identities";

interface FaultCommandPorts {
  readonly faults: FaultBoard;
  readonly servers: Pick<HubServers, "mqtt" | "renewCertificates">;
  readonly identities: Pick<Identities, "all">;
}

/** Makes the named faults happen. */
export function faultCommands(ports: FaultCommandPorts): Pick<DevHub, "fault" | "clearFault" | "faults"> {
  const { faults, servers } = ports;
  return {
    async fault(name: FaultName, setting: FaultSetting = {}) {
      if (isLasting(name)) await begin(name, setting, ports);
      else await strike(name, ports);
      return ok(undefined);
    },
    async clearFault(name) {
      const wasDown = (name ?? "down") === "down" && faults.list()["down"] !== undefined;
      const ending = name === undefined ? (Object.keys(faults.list()) as LastingFault[]) : [name];
      for (const one of ending) faults.clear(one);
      return wasDown ? listening(await servers.mqtt.up()) : ok(undefined);
    },
    faults: () => faults.list(),
  };
}

function listening(outcome: Result<number, string>): Result<void, string> {
  return outcome.ok ? ok(undefined) : err(`the hub cannot listen again: ${outcome.error}`);
}

async function begin(name: LastingFault, setting: FaultSetting, { faults, servers }: FaultCommandPorts): Promise<void> {
  faults.set(name, setting);
  if (name === "down") await servers.mqtt.down();
  if (name === "expiredToken") servers.mqtt.cut();
}

async function strike(name: SuddenFault, { servers, identities }: FaultCommandPorts): Promise<void> {
  if (name === "reset") {
    servers.mqtt.reset();
    return;
  }
  if (name === "recreate") await servers.renewCertificates();
  for (const client of identities.all()) client.forgetSession();
  servers.mqtt.cut();
}
