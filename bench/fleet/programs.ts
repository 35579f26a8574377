import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";

/** Devices with an identity and a deployment each. */
export function devices(count: number, hub: iotedge.ProviderArgs): PulumiFn {
  return () => {
    const provider = new iotedge.Provider("hub", hub);
    for (const deviceId of names(count)) {
      const device = new iotedge.DeviceIdentity(deviceId, { deviceId, tags: tags() }, { provider });
      new iotedge.DeviceDeployment(
        `${deviceId}-modules`,
        { deviceId: device.deviceId, modulesContent: modulesContent() },
        { provider },
      );
    }
    return Promise.resolve({});
  };
}

/** As many resources with the same properties, and nobody who does anything for them. */
export function noOps(count: number): PulumiFn {
  return () => {
    const provider = new NoOpProvider("no-op");
    for (const deviceId of names(count)) {
      const device = new NoOp(deviceId, { deviceId, tags: tags() }, provider);
      new NoOp(`${deviceId}-modules`, { deviceId: device.result, modulesContent: modulesContent() }, provider);
    }
    return Promise.resolve({});
  };
}

/** A fleet that provisions itself. */
export function selfProvisioned(provider: iotedge.ProviderArgs): PulumiFn {
  return () => {
    const options = { provider: new iotedge.Provider("services", provider) };
    new iotedge.EnrollmentGroup(
      "fleet",
      { enrollmentGroupId: "fleet", attestation: { type: "symmetricKey" }, tags: tags() },
      options,
    );
    new iotedge.FleetDeployment(
      "fleet",
      { modulesContent: modulesContent(), targetCondition: "*", priority: 1 },
      options,
    );
    return Promise.resolve({});
  };
}

class NoOpProvider extends pulumi.ProviderResource {
  constructor(name: string) {
    super("noop", name, {}, {});
  }
}

class NoOp extends pulumi.CustomResource {
  declare readonly result: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, provider: pulumi.ProviderResource) {
    super("noop:index:Resource", name, { ...inputs, result: undefined }, { provider });
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `device-${String(index).padStart(6, "0")}`);
}

function tags(): Record<string, string> {
  return { site: "bench", kind: "camera" };
}

/** A whole deployment of two modules, as large as a small real one. */
function modulesContent(): Record<string, Record<string, Record<string, unknown>>> {
  const docker = (image: string) => ({ type: "docker", settings: { image, createOptions: "{}" } });
  const module = (image: string) => ({ ...docker(image), version: "1.0", status: "running", restartPolicy: "always" });
  const digest = `sha256:${"0".repeat(64)}`;
  return {
    $edgeAgent: {
      "properties.desired": {
        schemaVersion: "1.1",
        runtime: { type: "docker", settings: { minDockerVersion: "v1.25" } },
        systemModules: {
          edgeAgent: docker("mcr.microsoft.com/azureiotedge-agent:1.6"),
          edgeHub: module("mcr.microsoft.com/azureiotedge-hub:1.6"),
        },
        modules: {
          "camera-module": module(`bench.azurecr.io/camera-module@${digest}`),
          "object-detection": module(`bench.azurecr.io/object-detection@${digest}`),
        },
      },
    },
    $edgeHub: {
      "properties.desired": {
        schemaVersion: "1.1",
        routes: { detections: "FROM /messages/modules/camera-module/outputs/* INTO $upstream" },
        storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
      },
    },
    "camera-module": { "properties.desired": { fps: 2, threshold: 0.5, report: "spots" } },
  };
}
