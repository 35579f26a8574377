import type * as pulumi from "@pulumi/pulumi";
import { EdgeDevice } from "./components/edge-device";
import { VisionDeployment } from "./components/vision-deployment";
import type { VisionHub } from "./components/vision-hub";
import type { StackConfig } from "./config";
import type { StackImages } from "./images";
import { visionSpec } from "./vision/vision-spec";

/** The stack's outputs about devices, each by device id. */
export interface DeviceOutputs {
  devices: string[];
  manifest: Record<string, VisionDeployment["manifest"]>;
  connectionStrings: Record<string, pulumi.Output<string>>;
  configToml: Record<string, pulumi.Output<string>>;
  configYaml: Record<string, pulumi.Output<string>>;
}

/** Identity and modules of every device in the stack's configuration. */
export function visionDevices(config: StackConfig, hub: VisionHub, images: StackImages): DeviceOutputs {
  const outputs: DeviceOutputs = { devices: [], manifest: {}, connectionStrings: {}, configToml: {}, configYaml: {} };
  for (const device of config.devices) {
    const { id, authentication, tags, architecture } = device;
    const edgeDevice = new EdgeDevice(
      id,
      { deviceId: id, authentication, tags, hubHostName: hub.hostName, edgeAgentImage: config.edgeAgentImage },
      { provider: hub.provider },
    );
    const deployment = new VisionDeployment(
      id,
      {
        ...visionSpec(config, device),
        deviceId: edgeDevice.deviceId,
        images: images.of(architecture),
        ...(images.registry && { registry: images.registry.pull }),
      },
      { provider: hub.provider },
    );
    outputs.devices.push(id);
    outputs.manifest[id] = deployment.manifest;
    outputs.connectionStrings[id] = edgeDevice.connectionString;
    outputs.configToml[id] = edgeDevice.configToml;
    outputs.configYaml[id] = edgeDevice.configYaml;
  }
  return outputs;
}
