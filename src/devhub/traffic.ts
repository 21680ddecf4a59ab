import type { Json, JsonObject } from "../kernel/json";
import type { HubMessage } from "./messageLog";

/** Something that happened between the hub and a client; `client` is `deviceId/moduleId` or the id of a leaf. */
export type Traffic =
  | { readonly kind: "connected"; readonly client: string }
  | { readonly kind: "disconnected"; readonly client: string; readonly reason: string }
  | { readonly kind: "refused"; readonly client: string; readonly reason: string }
  | { readonly kind: "message"; readonly client: string; readonly message: HubMessage }
  | { readonly kind: "discarded"; readonly client: string; readonly reason: string }
  | { readonly kind: "twinRead"; readonly client: string; readonly desiredVersion: number }
  | { readonly kind: "desired"; readonly client: string; readonly patch: JsonObject }
  | { readonly kind: "reported"; readonly client: string; readonly patch: Json; readonly problem?: string }
  | { readonly kind: "method"; readonly client: string; readonly name: string; readonly payload: Json }
  | { readonly kind: "methodAnswer"; readonly client: string; readonly status: number; readonly body: string }
  | { readonly kind: "input"; readonly client: string; readonly input: string; readonly body: string };

export type TrafficListener = (event: Traffic) => void;
