import { anyMap, type PropertySpec, type ResourceSchema, typeOf } from "./schema";

const attestation: PropertySpec = {
  ...typeOf("EnrollmentAttestation"),
  description: "How devices prove that they belong to the group.",
};

const others: Record<string, PropertySpec> = {
  enrollmentGroupId: {
    type: "string",
    description: "Id of the group: 1–128 lower-case letters, digits and `- . _ :`.",
    willReplaceOnChanges: true,
  },
  edgeEnabled: { type: "boolean", description: "Whether IoT Edge runs on the devices.", default: true },
  iotHubHostName: {
    type: "string",
    description: "Host name of the hub that devices are assigned to. By default by the service's allocation policy.",
  },
  provisioningStatus: {
    ...typeOf("ProvisioningStatus"),
    description: "A disabled group registers no device.",
    default: "enabled",
  },
  tags: { ...anyMap, description: "Twin tags that each device starts with." },
  desiredProperties: { ...anyMap, description: "Desired properties that each device starts with." },
};

export const enrollmentGroup: ResourceSchema = {
  name: "EnrollmentGroup",
  resource: {
    description:
      "A group in the Device Provisioning Service, through which any number of devices register themselves. Import by the group's id.",
    inputProperties: { ...others, attestation },
    requiredInputs: ["enrollmentGroupId", "attestation"],
    properties: {
      ...others,
      attestation,
      primaryKey: {
        type: "string",
        description:
          "The first key; empty unless `symmetricKey`. A device's key is HMAC-SHA256 of its registration id under this one.",
        secret: true,
      },
      secondaryKey: { type: "string", description: "The second key; empty unless `symmetricKey`.", secret: true },
    },
    required: ["enrollmentGroupId", "attestation", "edgeEnabled", "provisioningStatus", "primaryKey", "secondaryKey"],
  },
  types: {
    EnrollmentAttestation: {
      description: "How devices of a group prove that they belong to it.",
      type: "object",
      properties: {
        type: { ...typeOf("EnrollmentAttestationType"), description: "Kind of proof.", willReplaceOnChanges: true },
        primaryKey: {
          type: "string",
          description: "Base64; only for `symmetricKey`. Made by the service when missing.",
          secret: true,
        },
        secondaryKey: {
          type: "string",
          description: "Base64; only for `symmetricKey`. Made by the service when missing.",
          secret: true,
        },
        primaryCaReference: {
          type: "string",
          description: "Name of a verified CA certificate in the service; for `x509` this or `primaryCertificate`.",
        },
        secondaryCaReference: { type: "string", description: "Name of a second verified CA certificate." },
        primaryCertificate: {
          type: "string",
          description: "Intermediate CA certificate that signs the devices', as PEM text.",
        },
        secondaryCertificate: { type: "string", description: "A second intermediate CA certificate, as PEM text." },
      },
      required: ["type"],
    },
    EnrollmentAttestationType: {
      description: "Kinds of proof of a group's devices.",
      type: "string",
      enum: [
        {
          name: "SymmetricKey",
          value: "symmetricKey",
          description: "Each device derives its key from the group's.",
        },
        { name: "X509", value: "x509", description: "Certificates signed by a CA." },
      ],
    },
    ProvisioningStatus: {
      description: "Whether a group registers devices.",
      type: "string",
      enum: [
        { name: "Enabled", value: "enabled", description: "It registers devices." },
        { name: "Disabled", value: "disabled", description: "It registers none." },
      ],
    },
  },
};
