import { anyMap, type PropertySpec, type ResourceSchema, textMap } from "./schema";

const inputProperties: Record<string, PropertySpec> = {
  deploymentName: {
    type: "string",
    description:
      "First part of the deployment's id; a hash of the content follows. Lower-case letters, digits and `-`, up to 100. By default the resource's name in lower case.",
    willReplaceOnChanges: true,
  },
  modulesContent: {
    ...anyMap,
    description:
      "A whole manifest, or a layer over one with keys such as `properties.desired.modules.camera`. A change makes a new deployment at a higher priority before the old one goes, so no module stops in between.",
    willReplaceOnChanges: true,
  },
  targetCondition: {
    type: "string",
    description: "Which devices: `tags.site = 'berlin'`, `deviceId = 'a'`, `*` for all. Updated in place.",
  },
  priority: {
    type: "integer",
    description: "Which deployment wins where several target a device, 0 to 2,147,483,647. Updated in place.",
    default: 0,
  },
  labels: { ...textMap, description: "Updated in place." },
  metrics: {
    ...textMap,
    description: "Queries by name over module twins, `SELECT deviceId FROM devices.modules WHERE …`. Updated in place.",
  },
};

export const fleetDeployment: ResourceSchema = {
  name: "FleetDeployment",
  resource: {
    description:
      "Modules for every device that a condition names: an IoT Edge deployment at scale, whole or layered. Import by the deployment's id.",
    inputProperties,
    requiredInputs: ["modulesContent", "targetCondition"],
    properties: {
      ...inputProperties,
      deploymentId: { type: "string", description: "Id of the deployment in the hub: name and hash of the content." },
      layered: { type: "boolean", description: "Whether it is a layer over another deployment." },
    },
    required: ["deploymentName", "modulesContent", "targetCondition", "priority", "deploymentId", "layered"],
  },
  types: {},
};
