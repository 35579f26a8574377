import { deviceDeployment } from "./device-deployment";
import { deviceIdentity } from "./device-identity";
import { enrollmentGroup } from "./enrollment-group";
import { fleetDeployment } from "./fleet-deployment";
import { configuration, endpoint } from "./provider";
import { registryPullToken } from "./registry-pull-token";
import type { EnumSpec, ObjectSpec, PropertySpec, ResourceSpec } from "./schema";

const resources = [deviceIdentity, deviceDeployment, fleetDeployment, enrollmentGroup, registryPullToken];

/** A Pulumi package schema. */
export interface PackageSchema {
  name: string;
  version: string;
  resources: Record<string, ResourceSpec>;
  types: Record<string, ObjectSpec | EnumSpec>;
  provider: { description: string; inputProperties: Record<string, PropertySpec>; requiredInputs: string[] };
  [other: string]: unknown;
}

/** The package schema of `iotedge`, from which `pulumi package gen-sdk` makes SDKs for other languages. */
export function packageSchema(version: string): PackageSchema {
  const token = (name: string): string => `iotedge:index:${name}`;
  const types = Object.assign({}, ...resources.map((resource) => resource.types)) as PackageSchema["types"];
  return {
    name: "iotedge",
    displayName: "Azure IoT Edge",
    version,
    description: "The data plane of Azure IoT Hub as code: device identities, deployments, enrollment groups.",
    keywords: ["pulumi", "azure", "iot", "iot-edge", "category/cloud", "kind/native"],
    license: "MIT",
    meta: { moduleFormat: "(.*)" },
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true, pyproject: { enabled: true } },
      go: { respectSchemaVersion: true, generateResourceContainerTypes: true },
      csharp: { respectSchemaVersion: true },
    },
    config: { variables: configuration },
    provider: {
      description: "The hub in which resources live.",
      inputProperties: configuration,
      requiredInputs: [],
    },
    types: Object.fromEntries(
      Object.entries({ Endpoint: endpoint, ...types }).map(([name, type]) => [token(name), type]),
    ),
    resources: Object.fromEntries(resources.map(({ name, resource }) => [token(name), resource])),
  };
}
