import { setImmediate as turn } from "node:timers/promises";
import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import { LogWorkspace } from "./components/log-workspace";
import { MessageArchive } from "./components/message-archive";
import { MlWorkspace } from "./components/ml-workspace";
import { ModuleRegistry } from "./components/module-registry";
import { VisionFleet } from "./components/vision-fleet";
import { VisionHub } from "./components/vision-hub";
import { readConfig } from "./config";
import { MODULE_IDS } from "./config/schema";
import { visionDevices } from "./devices";
import { moduleImages } from "./images";
import { withoutDebugLines } from "./debug-lines";
import { withoutOlderTypes } from "./older-types";
import { checkStack } from "./vision/check-stack";
import { readEndpoints } from "./vision/endpoint";
import { visionSpec } from "./vision/vision-spec";

/** The program: reads the stack's configuration, composes components, returns the stack's outputs. */
export = async function program(): Promise<Record<string, unknown>> {
  withoutDebugLines();
  const config = readConfig(pulumi.runtime.allConfig());
  for (const warning of checkStack(config)) void pulumi.log.warn(warning);
  const { location, tags, protect, fleet } = config;
  const endpoints = await readEndpoints(config);
  pulumi.runtime.registerStackTransformation(withoutOlderTypes);

  const group = new resources.ResourceGroup("edge-vision", { location, tags }, { protect });
  // What is declared so far goes to the engine, which starts the provider while the program goes on.
  await turn();
  const placed = { resourceGroupName: group.name, location, tags };
  const logs = config.diagnostics || config.mlWorkspace ? new LogWorkspace("edge-vision", placed) : undefined;
  const hub = new VisionHub("edge-vision", {
    ...placed,
    ...endpoints,
    sku: config.hubSku,
    units: config.hubUnits,
    protect,
    ...(config.diagnostics && logs && { logWorkspaceId: logs.id }),
    ...(config.archive && { archive: new MessageArchive("edge-vision-archive", { ...placed, protect }) }),
  });
  const { provider } = hub;
  const registryArgs = { ...placed, repositories: MODULE_IDS, rotation: config.passwordRotation };
  const images = moduleImages(
    config,
    (push) => new ModuleRegistry("edgevision", { ...registryArgs, push }, { provider }),
  );
  const registry = images.registry && { registry: images.registry.pull };
  const devices = visionDevices(config, hub, images);
  const selfProvisioned =
    fleet &&
    new VisionFleet("car-park", {
      ...placed,
      ...endpoints,
      ...visionSpec(config, fleet),
      hub,
      fleet,
      images: images.of(fleet.architecture),
      ...registry,
      protect,
    });
  await turn();
  const workspace =
    config.mlWorkspace && logs
      ? new MlWorkspace("edge-vision-ml", { ...placed, ...config.workspace, logWorkspaceId: logs.id, protect })
      : undefined;

  return {
    hubHostName: hub.hostName,
    hubName: hub.name,
    eventsConnectionString: hub.eventsConnectionString,
    consumerGroup: hub.consumerGroup,
    ...(images.registry && { registryLoginServer: images.registry.loginServer }),
    images: images.references,
    ...devices,
    ...(selfProvisioned && {
      fleet: pulumi.secret({
        idScope: selfProvisioned.idScope,
        deploymentId: selfProvisioned.deploymentId,
        manifest: selfProvisioned.manifest,
        groupKey: selfProvisioned.groupKey,
        configToml: selfProvisioned.configToml,
      }),
    }),
    ...(workspace && { workspace: workspace.outputs }),
  };
};
