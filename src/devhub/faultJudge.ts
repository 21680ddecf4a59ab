import type { FaultBoard } from "./faults";
import type { PacketJudge } from "./packetFate";

const SLOW_PUBACK_MS = 5000;

/** What the faults make of packets; where none strikes, `next` decides. */
export function judgeByFaults(faults: FaultBoard, next: PacketJudge): PacketJudge {
  return (transit) => {
    const { direction, client, packet } = transit;
    if (faults.strikes("silence", client) !== undefined) return { kind: "drop" };
    if (direction === "toClient" && packet.cmd === "puback") {
      if (faults.strikes("noPuback", client) !== undefined) return { kind: "drop" };
      const slow = faults.strikes("slowPuback", client);
      if (slow !== undefined) return { kind: "delay", delayMs: slow.delayMs ?? SLOW_PUBACK_MS };
    }
    return next(transit);
  };
}
