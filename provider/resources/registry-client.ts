import type { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import type { TokenCredential } from "@azure/identity";
import { type Call, ProviderError } from "../kit";

export type PasswordName = "password1" | "password2";

/** One password of a token; its value is known only when it is made. */
export interface TokenPassword {
  name: PasswordName;
  creationTime?: Date;
  expiry?: Date;
}

/** A token of a container registry, by the parts of its resource id. */
export interface TokenReference {
  subscriptionId: string;
  resourceGroupName: string;
  registryName: string;
  tokenName: string;
}

const tokenId =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries\/([^/]+)\/tokens\/([^/]+)$/i;

/** The parts of a token's resource id; undefined when it is none. */
export function parseTokenId(text: string): TokenReference | undefined {
  const [, subscriptionId, resourceGroupName, registryName, tokenName] = tokenId.exec(text) ?? [];
  if (
    subscriptionId === undefined ||
    resourceGroupName === undefined ||
    registryName === undefined ||
    tokenName === undefined
  ) {
    return undefined;
  }
  return { subscriptionId, resourceGroupName, registryName, tokenName };
}

/** The only door to Azure Resource Manager; its SDK retries throttling with the service's own delay. */
export class RegistryClient {
  private readonly clients = new Map<string, ContainerRegistryManagementClient>();

  constructor(
    private readonly credential: () => Promise<TokenCredential>,
    private readonly endpoint?: string,
  ) {}

  /** Undefined when the token does not exist. */
  async passwords(call: Call, token: TokenReference): Promise<TokenPassword[] | undefined> {
    try {
      const client = await this.clientOf(token);
      const { credentials } = await client.tokens.get(token.resourceGroupName, token.registryName, token.tokenName, {
        abortSignal: call.signal,
      });
      return (credentials?.passwords ?? []) as TokenPassword[];
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw failure(call, `read the token "${token.tokenName}"`, error);
    }
  }

  /** Makes a new password in one slot; the one in the other slot stays valid. */
  async generate(
    call: Call,
    id: string,
    token: TokenReference,
    name: PasswordName,
    expiry: Date | undefined,
  ): Promise<{ username: string; value: string }> {
    try {
      const client = await this.clientOf(token);
      const { username, passwords } = await client.registries.generateCredentials(
        token.resourceGroupName,
        token.registryName,
        { tokenId: id, name, ...(expiry === undefined ? {} : { expiry }) },
        { abortSignal: call.signal },
      );
      const value = passwords?.find((password) => password.name === name)?.value;
      if (value === undefined) throw new Error(`the answer holds no ${name}`);
      return { username: username ?? token.tokenName, value };
    } catch (error) {
      throw failure(call, `make a password for the token "${token.tokenName}"`, error);
    }
  }

  /** Leaves only these passwords valid. */
  async keep(call: Call, token: TokenReference, passwords: TokenPassword[]): Promise<void> {
    try {
      const client = await this.clientOf(token);
      await client.tokens.update(
        token.resourceGroupName,
        token.registryName,
        token.tokenName,
        { credentials: { passwords } },
        { abortSignal: call.signal },
      );
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return;
      throw failure(call, `revoke a password of the token "${token.tokenName}"`, error);
    }
  }

  private async clientOf({ subscriptionId }: TokenReference): Promise<ContainerRegistryManagementClient> {
    const known = this.clients.get(subscriptionId);
    if (known !== undefined) return known;
    const { ContainerRegistryManagementClient } =
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and a run without changes needs none of it
      require("@azure/arm-containerregistry") as typeof import("@azure/arm-containerregistry");
    // Without TLS there is nobody to prove anything to, and no token may travel.
    const isPlain = this.endpoint?.startsWith("http:") === true;
    const credential = isPlain ? { getToken: () => Promise.resolve(null) } : await this.credential();
    const client = new ContainerRegistryManagementClient(credential, subscriptionId, {
      ...(this.endpoint === undefined ? {} : { endpoint: this.endpoint, allowInsecureConnection: isPlain }),
    });
    if (isPlain) client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
    this.clients.set(subscriptionId, client);
    return client;
  }
}

function failure(call: Call, what: string, error: unknown): unknown {
  if (call.signal.aborted) return error;
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  const status = statusCode === undefined ? "" : `: ${statusCode} ${code ?? ""}`.trimEnd();
  return new ProviderError(
    code ?? "RESOURCE_MANAGER_FAILED",
    `Azure Resource Manager failed to ${what}${status}: ${message ?? String(error)}`,
    { cause: error },
  );
}
