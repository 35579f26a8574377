import { Agent } from "node:https";
import type { TokenCredential } from "@azure/identity";
import { ConnectionString } from "azure-iot-common/dist/connection_string";
import { SharedAccessSignature } from "azure-iot-common/dist/shared_access_signature";
import type { RestApiClient } from "azure-iot-http-base";

/** Where connections go instead of the service's own host. */
export interface Endpoint {
  host: string;
  port: number;
  /** Certificates to trust, PEM. */
  ca?: string;
}

/** How to reach a service and who asks. */
export interface Connection {
  hostName: string;
  /** A key of a policy, or a sign-in with Entra ID. */
  credential: { connectionString: string } | { token: TokenCredential };
  endpoint?: Endpoint;
}

/** What the vendor's service clients are made of. */
export interface Transport {
  config: RestApiClient.TransportConfig;
  client: RestApiClient;
  /** Must be given to the client again when an SDK has put its own in its place. */
  agent: Agent;
}

// Services throttle by requests a minute; more connections than this only make them angry.
const maxSockets = 16;

/** The vendor's REST client, with connections to the endpoint while the host name stays the service's own. */
export function connect({ hostName, credential, endpoint }: Connection, tokenScope: string): Transport {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and a run without changes needs none of it
  const http = require("azure-iot-http-base") as typeof import("azure-iot-http-base");
  const agent = new Agent({ keepAlive: true, maxSockets, ...endpoint });
  const config: RestApiClient.TransportConfig =
    "token" in credential
      ? { host: hostName, tokenCredential: credential.token, tokenScope }
      : { host: hostName, sharedAccessSignature: signatureOf(hostName, credential.connectionString) };
  const client = new http.RestApiClient(config, "edge-vision-iotedge");
  client.setOptions({ http: { agent } });
  return { config, client, agent };
}

function signatureOf(hostName: string, connectionString: string): SharedAccessSignature {
  const { SharedAccessKeyName = "", SharedAccessKey = "" } = ConnectionString.parse(connectionString);
  return SharedAccessSignature.create(hostName, SharedAccessKeyName, SharedAccessKey, Date.now());
}
