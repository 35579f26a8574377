import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import { EdgeDevice } from "./components/edge-device";
import { ModuleRegistry } from "./components/module-registry";
import { VisionDeployment } from "./components/vision-deployment";
import { VisionHub } from "./components/vision-hub";
import { readConfig } from "./config";
import { MODULE_IDS } from "./config/schema";
import { moduleImages } from "./images";
import { readEndpoint } from "./vision/endpoint";
import { checkHubLimits } from "./vision/hub-limits";
import { visionSpec } from "./vision/vision-spec";

/** The program: reads the stack's configuration, composes components, returns the stack's outputs. */
export = async function program(): Promise<Record<string, unknown>> {
  const config = readConfig(pulumi.runtime.allConfig());
  const { location, tags } = config;
  for (const warning of checkHubLimits(config)) void pulumi.log.warn(warning);
  const group = new resources.ResourceGroup("edge-vision", { location, tags }, { protect: config.protect });
  const placed = { resourceGroupName: group.name, location, tags };

  const hub = new VisionHub("edge-vision", {
    ...placed,
    sku: config.hubSku,
    units: config.hubUnits,
    protect: config.protect,
    ...(await readEndpoint(config)),
  });
  const { provider } = hub;
  const images = moduleImages(
    config,
    (push) =>
      new ModuleRegistry(
        "edgevision",
        { ...placed, repositories: MODULE_IDS, push, rotation: config.passwordRotation },
        { provider },
      ),
  );

  const devices = config.devices.map((device) => {
    const edgeDevice = new EdgeDevice(
      device.id,
      {
        deviceId: device.id,
        authentication: device.authentication,
        tags: device.tags,
        hubHostName: hub.hostName,
        edgeAgentImage: config.edgeAgentImage,
      },
      { provider },
    );
    const deployment = new VisionDeployment(
      device.id,
      {
        ...visionSpec(config, device),
        deviceId: edgeDevice.deviceId,
        images: images.of(device.architecture),
        ...(images.registry && { registry: images.registry.pull }),
      },
      { provider },
    );
    return { id: device.id, edgeDevice, deployment };
  });
  const byDevice = <T>(pick: (device: (typeof devices)[number]) => T): Record<string, T> =>
    Object.fromEntries(devices.map((device) => [device.id, pick(device)]));

  return {
    hubHostName: hub.hostName,
    hubName: hub.name,
    eventsConnectionString: hub.eventsConnectionString,
    consumerGroup: hub.consumerGroup,
    registryLoginServer: images.registry?.loginServer,
    images: images.references,
    devices: config.devices.map(({ id }) => id),
    manifest: byDevice(({ deployment }) => deployment.manifest),
    connectionStrings: byDevice(({ edgeDevice }) => edgeDevice.connectionString),
    configToml: byDevice(({ edgeDevice }) => edgeDevice.configToml),
    configYaml: byDevice(({ edgeDevice }) => edgeDevice.configYaml),
  };
};
