import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";

/** What the program of the tests describes. */
export interface Fleet {
  deviceId: string;
  tags: Record<string, unknown>;
  fps: number;
  image: string;
  priority: number;
  targetCondition: string;
  groupId: string;
  groupTags: Record<string, unknown>;
  /** The certificate authority of a second group, `<groupId>-authority`. */
  authority: string;
  tokenId: string;
  rotation: string;
  /** Of the certificate of the device "self-signed". */
  thumbprint: string;
  /** Of the device "signed", whose certificate an authority signed. */
  signedStatus: "enabled" | "disabled";
}

/** Every resource type, and a device and a group for each way to authenticate. */
export function fleetProgram(
  providerArgs: iotedge.ProviderArgs,
  fleet: Fleet,
  only?: { import: boolean; deploymentId: string; passwordName: string },
) {
  return (): Promise<Record<string, unknown>> => {
    const provider = new iotedge.Provider("hub", providerArgs);
    const imported = (id: string) => ({ provider, ...(only?.import === true ? { import: id } : {}) });
    const device = new iotedge.DeviceIdentity(
      "device",
      { deviceId: fleet.deviceId, tags: fleet.tags },
      imported(fleet.deviceId),
    );
    const modules = new iotedge.DeviceDeployment(
      "modules",
      { deviceId: device.deviceId, modulesContent: contentOf(fleet.image, fleet.fps) },
      imported(fleet.deviceId),
    );
    const group = new iotedge.EnrollmentGroup(
      "group",
      { enrollmentGroupId: fleet.groupId, attestation: { type: "symmetricKey" }, tags: fleet.groupTags },
      imported(fleet.groupId),
    );
    const authorityId = `${fleet.groupId}-authority`;
    new iotedge.EnrollmentGroup(
      "authority",
      { enrollmentGroupId: authorityId, attestation: { type: "x509", primaryCaReference: fleet.authority } },
      imported(authorityId),
    );
    const selfSigned = new iotedge.DeviceIdentity(
      "selfSigned",
      {
        deviceId: "self-signed",
        authentication: { type: "selfSigned", primaryThumbprint: fleet.thumbprint },
      },
      imported("self-signed"),
    );
    const signed = new iotedge.DeviceIdentity(
      "signed",
      { deviceId: "signed", authentication: { type: "certificateAuthority" }, status: fleet.signedStatus },
      imported("signed"),
    );
    const deployment = new iotedge.FleetDeployment(
      "Fleet",
      {
        modulesContent: contentOf(fleet.image, 1),
        targetCondition: fleet.targetCondition,
        priority: fleet.priority,
        labels: { team: "vision" },
        metrics: { running: "SELECT deviceId FROM devices.modules WHERE moduleId = '$edgeAgent'" },
      },
      imported(only?.deploymentId ?? ""),
    );
    const token = new iotedge.RegistryPullToken(
      "token",
      // What a registry does not know is not imported.
      { tokenId: fleet.tokenId, ...(only === undefined ? { rotation: fleet.rotation } : {}) },
      imported(`${fleet.tokenId},${only?.passwordName ?? ""}`),
    );
    return Promise.resolve({
      connectionString: device.connectionString,
      certificateConnectionStrings: pulumi.all([selfSigned.connectionString, signed.connectionString]),
      groupKey: group.primaryKey,
      moduleIds: modules.moduleIds,
      deploymentId: deployment.deploymentId,
      password: token.password,
      passwordName: token.passwordName,
    });
  };
}

/** A whole deployment of one module. */
export function contentOf(image: string, fps: number): Record<string, Record<string, Record<string, unknown>>> {
  const docker = (name: string) => ({ type: "docker", settings: { image: name, createOptions: "{}" } });
  const running = { status: "running", restartPolicy: "always" };
  return {
    $edgeAgent: {
      "properties.desired": {
        schemaVersion: "1.1",
        runtime: {
          type: "docker",
          settings: {
            registryCredentials: {
              test: { address: "test.azurecr.io", username: "pull", password: "registry-secret" },
            },
          },
        },
        systemModules: {
          edgeAgent: docker("mcr.microsoft.com/azureiotedge-agent:1.6"),
          edgeHub: { ...docker("mcr.microsoft.com/azureiotedge-hub:1.6"), ...running },
        },
        modules: { camera: { ...docker(image), ...running } },
      },
    },
    $edgeHub: {
      "properties.desired": {
        schemaVersion: "1.1",
        routes: { up: "FROM /messages/* INTO $upstream" },
        storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
      },
    },
    camera: { "properties.desired": { fps } },
  };
}
