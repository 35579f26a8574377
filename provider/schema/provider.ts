import { type ObjectSpec, type PropertySpec, typeOf } from "./schema";

/** The provider's configuration: keys `iotedge:<name>` of a stack, arguments of `Provider`. */
export const configuration: Record<string, PropertySpec> = {
  connectionString: {
    type: "string",
    description:
      "Connection string of a hub policy with registry read and write and service connect, or `iothubowner`. Without it the provider signs in with Entra ID at `hostName`.",
    secret: true,
  },
  hostName: {
    type: "string",
    description: "Host name of the hub, `name.azure-devices.net`. By default the one in `connectionString`.",
  },
  endpoint: {
    ...typeOf("Endpoint"),
    description: "Where the hub's connections go. By default the host name, port 443.",
  },
  provisioningConnectionString: {
    type: "string",
    description: "Connection string of the Device Provisioning Service, for `EnrollmentGroup`.",
    secret: true,
  },
  provisioningHostName: {
    type: "string",
    description: "Host name of the Device Provisioning Service, to sign in with Entra ID.",
  },
  provisioningEndpoint: {
    ...typeOf("Endpoint"),
    description: "Where the provisioning service's connections go. By default its host name, port 443.",
  },
  resourceManagerEndpoint: {
    type: "string",
    description: "URL of Azure Resource Manager, for `RegistryPullToken`. By default https://management.azure.com.",
  },
};

export const endpoint: ObjectSpec = {
  description: "Where to connect instead of the service's own host: a gateway, a private endpoint, a hub for tests.",
  type: "object",
  properties: {
    host: { type: "string", description: "Host name or address." },
    port: { type: "integer", description: "Port." },
    ca: { type: "string", description: "Certificates to trust, as PEM text. By default those of the system." },
  },
  required: ["host", "port"],
};
