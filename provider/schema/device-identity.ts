import { anyMap, type PropertySpec, type ResourceSchema, typeOf } from "./schema";

const inputProperties: Record<string, PropertySpec> = {
  deviceId: {
    type: "string",
    description: "Id of the device: 1–128 letters, digits and `- . % _ * ? ! ( ) , : = @ $ '`.",
    willReplaceOnChanges: true,
  },
  edgeEnabled: { type: "boolean", description: "Whether IoT Edge runs on the device.", default: true },
  authentication: {
    ...typeOf("DeviceAuthentication"),
    description: "How the device proves who it is. By default with symmetric keys that the hub makes.",
  },
  status: { ...typeOf("DeviceStatus"), description: "A disabled device can't connect.", default: "enabled" },
  tags: {
    ...anyMap,
    description: "Tags of the device's twin, which target conditions read. Tags not named here are left alone.",
  },
};

export const deviceIdentity: ResourceSchema = {
  name: "DeviceIdentity",
  resource: {
    description: "A device in the hub's registry, with its keys and tags. Import by the device's id.",
    inputProperties,
    requiredInputs: ["deviceId"],
    properties: {
      ...inputProperties,
      hostName: { type: "string", description: "Host name of the hub." },
      generationId: {
        type: "string",
        description: "Tells apart two devices that had the same id one after the other.",
      },
      deviceScope: {
        type: "string",
        description: "Scope of an edge device, under which leaf devices connect; empty for others.",
      },
      primaryKey: { type: "string", description: "The first symmetric key; empty unless `sas`.", secret: true },
      secondaryKey: { type: "string", description: "The second symmetric key; empty unless `sas`.", secret: true },
      connectionString: {
        type: "string",
        description: "With the primary key for `sas`, with `x509=true` otherwise.",
        secret: true,
      },
    },
    required: [
      "deviceId",
      "edgeEnabled",
      "authentication",
      "status",
      "hostName",
      "generationId",
      "deviceScope",
      "primaryKey",
      "secondaryKey",
      "connectionString",
    ],
  },
  types: {
    DeviceAuthentication: {
      description: "How a device proves who it is.",
      type: "object",
      properties: {
        type: { ...typeOf("DeviceAuthenticationType"), description: "Kind of proof.", default: "sas" },
        primaryKey: {
          type: "string",
          description: "Base64, 16 to 64 bytes; only for `sas`. Made by the hub when missing.",
          secret: true,
        },
        secondaryKey: {
          type: "string",
          description: "Base64, 16 to 64 bytes; only for `sas`. Made by the hub when missing.",
          secret: true,
        },
        primaryThumbprint: {
          type: "string",
          description: "SHA-1 or SHA-256 of the certificate in hex; required for `selfSigned`.",
        },
        secondaryThumbprint: {
          type: "string",
          description: "SHA-1 or SHA-256 of a second certificate in hex. The primary one when missing.",
        },
      },
    },
    DeviceAuthenticationType: {
      description: "Kinds of proof of a device.",
      type: "string",
      enum: [
        { name: "Sas", value: "sas", description: "Symmetric keys." },
        { name: "SelfSigned", value: "selfSigned", description: "A certificate with one of two thumbprints." },
        {
          name: "CertificateAuthority",
          value: "certificateAuthority",
          description: "A certificate signed by a CA that the hub knows.",
        },
      ],
    },
    DeviceStatus: {
      description: "Whether a device may connect.",
      type: "string",
      enum: [
        { name: "Enabled", value: "enabled", description: "It may connect." },
        { name: "Disabled", value: "disabled", description: "It is refused." },
      ],
    },
  },
};
