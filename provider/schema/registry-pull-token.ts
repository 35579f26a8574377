import { type PropertySpec, type ResourceSchema, typeOf } from "./schema";

const inputProperties: Record<string, PropertySpec> = {
  tokenId: {
    type: "string",
    description:
      "Resource id of the registry's token: `/subscriptions/…/resourceGroups/…/providers/Microsoft.ContainerRegistry/registries/…/tokens/…`.",
    willReplaceOnChanges: true,
  },
  rotation: {
    type: "string",
    description:
      "Any text; a change makes a new password in the token's other slot. The one before stays valid until the next change, so that devices can pull while they get the new one.",
  },
  expiry: {
    type: "string",
    description: "When new passwords end, ISO 8601; never when missing. A change makes a new password.",
  },
};

export const registryPullToken: ResourceSchema = {
  name: "RegistryPullToken",
  resource: {
    description:
      "A password of a container registry's token, for devices that pull images. Deleting it revokes the token's passwords. Imported by the token's resource id, a comma and the slot, with the password in the environment variable `IOTEDGE_PULL_TOKEN_PASSWORD`: a registry shows it once.",
    inputProperties,
    requiredInputs: ["tokenId"],
    properties: {
      ...inputProperties,
      username: { type: "string", description: "User name to pull with: the token's name." },
      password: { type: "string", description: "The newest password.", secret: true },
      passwordName: { ...typeOf("TokenPasswordName"), description: "Slot of the newest password." },
    },
    required: ["tokenId", "username", "password", "passwordName"],
  },
  types: {
    TokenPasswordName: {
      description: "Slots for passwords of a token.",
      type: "string",
      enum: [
        { name: "Password1", value: "password1", description: "The first slot." },
        { name: "Password2", value: "password2", description: "The second slot." },
      ],
    },
  },
};
