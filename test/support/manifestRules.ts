import * as z from "zod";

/** Rules of deployment manifests, as Microsoft's documentation gives them (edgeAgent 1.1, edgeHub 1.1): not our own code. */
const NAME = /^[a-zA-Z0-9_-]+$/;
const chunk = z.string().max(512);
const settings = z
  .object({ image: z.string().min(1), createOptions: chunk })
  .catchall(chunk)
  .refine((all) => Object.keys(all).every((key) => key === "image" || /^createOptions(0[1-9]|[1-9]\d)?$/.test(key)))
  .refine((all) => {
    const keys = Object.keys(all).filter((key) => key.startsWith("createOptions"));
    JSON.parse(
      keys
        .sort()
        .map((key) => all[key])
        .join(""),
    );
    return true;
  });
const moduleEntry = z.strictObject({
  version: z.string(),
  type: z.literal("docker"),
  status: z.enum(["running", "stopped"]),
  restartPolicy: z.enum(["never", "on-failure", "on-unhealthy", "always"]),
  startupOrder: z.int().min(0),
  settings,
  env: z.record(z.string(), z.strictObject({ value: z.string() })),
});
const systemModule = moduleEntry.partial().required({ type: true, settings: true });
const route = z.strictObject({
  route: z
    .string()
    .regex(
      /^FROM \/messages\/(\*|modules\/[a-zA-Z0-9_-]+\/outputs\/(\*|[A-Za-z0-9_]+)) (WHERE .+ )?INTO (\$upstream|BrokeredEndpoint\("[^"]+"\))$/,
    ),
  priority: z.int().min(0).max(9),
  timeToLiveSecs: z.int().min(0),
});

export const manifestRules = z.strictObject({
  modulesContent: z
    .object({
      $edgeAgent: z.strictObject({
        "properties.desired": z.strictObject({
          schemaVersion: z.enum(["1.0", "1.1"]),
          runtime: z.looseObject({
            type: z.literal("docker"),
            settings: z.looseObject({ minDockerVersion: z.string() }),
          }),
          systemModules: z.strictObject({ edgeAgent: systemModule, edgeHub: systemModule }),
          modules: z.record(z.string().regex(NAME), moduleEntry),
        }),
      }),
      $edgeHub: z.strictObject({
        "properties.desired": z.strictObject({
          schemaVersion: z.enum(["1.0", "1.1", "1.2"]),
          routes: z.record(z.string().regex(NAME), route),
          storeAndForwardConfiguration: z.strictObject({ timeToLiveSecs: z.int().min(0) }),
        }),
      }),
    })
    .catchall(z.record(z.string().regex(/^properties\.desired(\.[A-Za-z0-9_.]+)?$/), z.unknown())),
});

/** A layer changes modules that a deployment below it has; each sub-tree by itself. */
export const layerRules = z.strictObject({
  modulesContent: z.record(
    z.string().regex(NAME),
    z.record(z.string().regex(/^properties\.desired\.[A-Za-z0-9_.-]+$/), z.unknown()),
  ),
});
