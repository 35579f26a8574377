import type { DeploymentManifest } from "@edge-vision/manifest";
import * as pulumi from "@pulumi/pulumi";
import { DeviceSetup } from "./components/device-setup";
import { EdgeDevice } from "./components/edge-device";
import { VisionDeployment } from "./components/vision-deployment";
import type { VisionHub } from "./components/vision-hub";
import type { StackConfig } from "./config";
import type { StackImages } from "./images";
import { visionSpec } from "./vision/vision-spec";

/** The stack's outputs about devices; all but the ids are secret, each by device id. */
export interface DeviceOutputs {
  devices: string[];
  manifest: pulumi.Output<Record<string, DeploymentManifest>>;
  connectionStrings: pulumi.Output<Record<string, string>>;
  configToml: pulumi.Output<Record<string, string>>;
  configYaml: pulumi.Output<Record<string, string>>;
}

/** Identity and modules of every device in the stack's configuration. */
export function visionDevices(config: StackConfig, hub: VisionHub, images: StackImages): DeviceOutputs {
  const made = config.devices.map((device) => {
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
    if (device.setup && config.setupPrivateKey !== undefined) {
      new DeviceSetup(id, {
        ...device.setup,
        privateKey: config.setupPrivateKey,
        architecture,
        cameraSource: device.camera.source,
        configToml: edgeDevice.configToml,
      });
    }
    return { id, edgeDevice, deployment };
  });
  // A list of outputs with a secret in it would show as plain; the whole of it is the secret.
  const secretly = <T>(pick: (device: (typeof made)[number]) => pulumi.Output<T>) => {
    const entries = made.map((device) => pulumi.all([device.id, pick(device)]));
    return pulumi.secret(
      pulumi.output(entries).apply((pairs) => Object.fromEntries(pairs as [string, unknown][]) as Record<string, T>),
    );
  };
  return {
    devices: made.map(({ id }) => id),
    manifest: secretly(({ deployment }) => deployment.manifest),
    connectionStrings: secretly(({ edgeDevice }) => edgeDevice.connectionString),
    configToml: secretly(({ edgeDevice }) => edgeDevice.configToml),
    configYaml: secretly(({ edgeDevice }) => edgeDevice.configYaml),
  };
}
