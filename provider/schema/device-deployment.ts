import { anyMap, type PropertySpec, type ResourceSchema } from "./schema";

const inputProperties: Record<string, PropertySpec> = {
  deviceId: {
    type: "string",
    description: "The device, which must be edge-enabled.",
    willReplaceOnChanges: true,
  },
  modulesContent: {
    ...anyMap,
    description:
      'What runs there: `{"$edgeAgent": {"properties.desired": …}, "$edgeHub": …, "<module>": …}`, as `modulesContent` of a deployment manifest.',
  },
};

export const deviceDeployment: ResourceSchema = {
  name: "DeviceDeployment",
  resource: {
    description:
      "The modules of one device. A deployment at scale that targets the same device takes over from it; use one or the other. Deleting it leaves the runtime without modules and routes. Import by the device's id.",
    inputProperties,
    requiredInputs: ["deviceId", "modulesContent"],
    properties: {
      ...inputProperties,
      moduleIds: {
        type: "array",
        items: { type: "string" },
        description: "Ids of the modules that it deploys, without the system modules, sorted.",
      },
    },
    required: ["deviceId", "modulesContent", "moduleIds"],
  },
  types: {},
};
