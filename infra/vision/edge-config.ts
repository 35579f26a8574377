import { stringify as stringifyToml } from "smol-toml";
import { stringify as stringifyYaml } from "yaml";
import type { AuthenticationConfig } from "../config/schema";

/** What a device needs to know to find its hub and prove who it is. */
export interface EdgeConfigInput {
  deviceId: string;
  hubHostName: string;
  authentication: AuthenticationConfig;
  /** Used for symmetric keys only. */
  connectionString: string;
  edgeAgentImage: string;
}

/** `/etc/aziot/config.toml` of IoT Edge 1.6. */
export function configToml(input: EdgeConfigInput): string {
  const { deviceId, hubHostName, authentication, connectionString, edgeAgentImage } = input;
  return stringifyToml({
    auto_reprovisioning_mode: "Dynamic",
    provisioning:
      authentication.type === "sas"
        ? { source: "manual", connection_string: connectionString }
        : {
            source: "manual",
            iothub_hostname: hubHostName,
            device_id: deviceId,
            authentication: {
              method: "x509",
              identity_cert: authentication.certificate,
              identity_pk: authentication.privateKey,
            },
          },
    agent: { name: "edgeAgent", type: "docker", config: { image: edgeAgentImage } },
  });
}

/** `/etc/iotedge/config.yaml` of IoT Edge 1.1, for devices that were never upgraded. */
export function configYaml(input: EdgeConfigInput): string {
  const { deviceId, hubHostName, authentication, connectionString } = input;
  return stringifyYaml({
    provisioning:
      authentication.type === "sas"
        ? { source: "manual", device_connection_string: connectionString, dynamic_reprovisioning: false }
        : {
            source: "manual",
            authentication: {
              method: "x509",
              iothub_hostname: hubHostName,
              device_id: deviceId,
              identity_cert: authentication.certificate,
              identity_pk: authentication.privateKey,
            },
            dynamic_reprovisioning: false,
          },
    agent: {
      name: "edgeAgent",
      type: "docker",
      env: {},
      config: { image: "mcr.microsoft.com/azureiotedge-agent:1.1", auth: {} },
    },
    hostname: deviceId.toLowerCase().replace(/[^a-z0-9-]/g, "-"),
    connect: {
      management_uri: "unix:///var/run/iotedge/mgmt.sock",
      workload_uri: "unix:///var/run/iotedge/workload.sock",
    },
    listen: { management_uri: "fd://iotedge.mgmt.socket", workload_uri: "fd://iotedge.socket" },
    homedir: "/var/lib/iotedge",
    moby_runtime: { uri: "unix:///var/run/docker.sock" },
  });
}

/** `config.toml` for devices of a fleet; the device's own registration id and key are put in on the device. */
export function fleetConfigToml(input: { idScope: string; certificates: boolean; edgeAgentImage: string }): string {
  const registration_id = "<registration id>";
  return stringifyToml({
    auto_reprovisioning_mode: "Dynamic",
    provisioning: {
      source: "dps",
      global_endpoint: "https://global.azure-devices-provisioning.net",
      id_scope: input.idScope,
      attestation: input.certificates
        ? {
            method: "x509",
            registration_id,
            identity_cert: "file:///var/lib/aziot/certs/device-identity.pem",
            identity_pk: "file:///var/lib/aziot/secrets/device-identity.key.pem",
          }
        : { method: "symmetric_key", registration_id, symmetric_key: { value: "<key of the device>" } },
    },
    agent: { name: "edgeAgent", type: "docker", config: { image: input.edgeAgentImage } },
  });
}
