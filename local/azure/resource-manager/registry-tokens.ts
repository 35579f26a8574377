import type { PropertyMap } from "@edge-vision/iotedge/kit";
import { lastName } from "../arm/arm-id";
import { ArmError } from "../arm/errors";
import type { ResourceStore, StoredResource } from "../arm/resource-store";
import { newKey } from "../azure-native/types/common";
import { token as tokenType } from "../azure-native/types/registry-access";
import { textOf } from "../text-of";

export interface TokenPassword {
  name: "password1" | "password2";
  creationTime: string;
  expiry?: string;
}

interface StoredPassword extends TokenPassword {
  value: string;
}

/** The two passwords of a registry's tokens, as the control plane of Azure Container Registry keeps them. */
export class RegistryTokens {
  constructor(private readonly store: ResourceStore) {}

  /** The token as GET answers it: passwords without their values. */
  async get(id: string): Promise<PropertyMap> {
    return bodyOf(await this.require(id));
  }

  /** Makes a new value of one password; the value is given this once. */
  async generate(registryId: string, body: PropertyMap): Promise<PropertyMap> {
    const { tokenId, name = "password1", expiry } = body;
    const faults: string[] = [];
    if (typeof tokenId !== "string") faults.push("tokenId is missing");
    else if (!tokenId.toLowerCase().startsWith(`${registryId.toLowerCase()}/tokens/`)) {
      faults.push(`tokenId '${tokenId}' is no token of this registry`);
    }
    if (name !== "password1" && name !== "password2") faults.push(`name must be password1 or password2`);
    if (expiry !== undefined && (typeof expiry !== "string" || !(Date.parse(expiry) > Date.now()))) {
      faults.push(`expiry must be a time to come, in ISO 8601`);
    }
    if (faults.length > 0) throw new ArmError("InvalidRequest", `${faults.join("; ")}.`);

    const token = await this.require(textOf(tokenId));
    const made: StoredPassword = {
      name: name as TokenPassword["name"],
      creationTime: new Date().toISOString(),
      ...(typeof expiry === "string" ? { expiry } : {}),
      value: newKey(24),
    };
    await this.keep(token, [...passwordsOf(token).filter((other) => other.name !== made.name), made]);
    return { username: lastName(token.id), passwords: [{ ...made }] };
  }

  /** PATCH: the passwords that are named stay, the others are revoked. */
  async patch(id: string, body: PropertyMap): Promise<PropertyMap> {
    const token = await this.require(id);
    const { credentials, status } = (body["properties"] ?? {}) as {
      credentials?: { passwords?: { name?: string }[] };
      status?: string;
    };
    const kept = credentials?.passwords?.map(({ name }) => name);
    const passwords = passwordsOf(token).filter(({ name }) => kept?.includes(name) ?? true);
    const inputs = status === undefined ? token.inputs : { ...token.inputs, status };
    return bodyOf(await this.keep({ ...token, inputs }, passwords));
  }

  private async require(id: string): Promise<StoredResource> {
    const token = await this.store.get(id);
    if (token?.token === tokenType.token) return token;
    throw new ArmError("ResourceNotFound", `The resource '${id}' was not found.`);
  }

  private async keep(token: StoredResource, passwords: StoredPassword[]): Promise<StoredResource> {
    const sorted = passwords.sort((a, b) => a.name.localeCompare(b.name)).map((password) => ({ ...password }));
    const changed = { ...token, facts: { ...token.facts, passwords: sorted } };
    await this.store.put(changed);
    return changed;
  }
}

function passwordsOf(token: StoredResource): StoredPassword[] {
  return (token.facts["passwords"] ?? []) as unknown as StoredPassword[];
}

function bodyOf(token: StoredResource): PropertyMap {
  const { scopeMapId, status = "enabled" } = token.inputs;
  const passwords = passwordsOf(token).map(({ value: _value, ...rest }) => ({ ...rest }));
  return {
    id: token.id,
    name: lastName(token.id),
    type: tokenType.type,
    properties: {
      ...(scopeMapId === undefined ? {} : { scopeMapId }),
      status,
      creationDate: token.facts["creationDate"] ?? "",
      provisioningState: "Succeeded",
      credentials: { passwords },
    },
  };
}
