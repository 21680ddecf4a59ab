import type { Packet } from "mqtt-packet";
import type { Clock, Timer } from "../kernel/clock";
import type { PacketInTransit, PacketJudge } from "./packetFate";

/** Carries out what the judge decides over the packets of one connection. */
export interface PacketGate {
  /** Calls `go` with the packet, later, with another one, or never. */
  pass(transit: PacketInTransit, go: (packet: Packet) => void): void;
  /** Forgets the packets that were delayed. */
  close(): void;
}

export function createPacketGate(clock: Pick<Clock, "setTimer">, judge: PacketJudge): PacketGate {
  const delayed = new Set<Timer>();

  function later(delayMs: number, run: () => void): void {
    const timer = clock.setTimer(delayMs, () => {
      delayed.delete(timer);
      run();
    });
    delayed.add(timer);
  }

  return {
    pass(transit, go) {
      const fate = judge(transit);
      if (fate.kind === "pass") go(transit.packet);
      else if (fate.kind === "replace") go(fate.packet);
      else if (fate.kind === "delay") later(fate.delayMs, () => go(transit.packet));
    },
    close() {
      for (const timer of delayed) timer.cancel();
      delayed.clear();
    },
  };
}
