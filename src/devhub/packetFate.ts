import type { Packet } from "mqtt-packet";

/** A packet on its way between the hub and one client, before the receiver sees it. */
export interface PacketInTransit {
  readonly direction: "toClient" | "fromClient";
  /** `deviceId/moduleId`, or `deviceId` of a leaf; empty before CONNECT was accepted. */
  readonly client: string;
  readonly packet: Packet;
}

/** What becomes of a packet. `replace` with another packet, which is then not looked at again. */
export type PacketFate =
  | { readonly kind: "pass" }
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "replace"; readonly packet: Packet };

/** The seam for faults: decides over every packet in both directions. */
export type PacketJudge = (transit: PacketInTransit) => PacketFate;

export const passEverything: PacketJudge = () => ({ kind: "pass" });
