import {
  type Call,
  Checker,
  type CheckRequest,
  type CheckResult,
  type CreateRequest,
  type CreateResult,
  type DeleteRequest,
  NotFoundError,
  ProviderError,
  type ReadRequest,
  type ReadResult,
  type Resource,
  secret,
  type UpdateRequest,
  type UpdateResult,
} from "../kit";
import {
  type PasswordName,
  parseTokenId,
  type RegistryClient,
  type TokenPassword,
  type TokenReference,
} from "./registry-client";

export interface RegistryPullTokenInputs {
  tokenId: string;
  rotation?: string;
  expiry?: string;
}

export interface RegistryPullTokenOutputs extends RegistryPullTokenInputs {
  username: string;
  password: string;
  passwordName: PasswordName;
}

const slots: readonly PasswordName[] = ["password1", "password2"];

/** Holds the password while it is imported: an id or an argument would stand in plain text. */
const passwordVariable = "IOTEDGE_PULL_TOKEN_PASSWORD";

/** A password of a registry's token. The service shows it once, so it lives in the state, encrypted. */
export class RegistryPullTokenResource implements Resource<RegistryPullTokenInputs, RegistryPullTokenOutputs> {
  readonly token = "iotedge:index:RegistryPullToken";
  readonly computed = ["username", "password", "passwordName"] as const;
  // Every change of an input means a new password.
  readonly volatile = ["password", "passwordName"] as const;
  readonly replaceOnChanges = ["tokenId"];

  constructor(private readonly registry: () => RegistryClient) {}

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown(["tokenId", "rotation", "expiry"]);
    const what = "the token's resource id, /subscriptions/…/registries/<registry>/tokens/<token>";
    const id = checker.read(["tokenId"], "string", { required: true, what });
    if (id !== undefined && parseTokenId(id) === undefined) checker.fail(["tokenId"], `"${id}" is not ${what}.`);
    checker.read(["rotation"], "string");
    const expiry = checker.read(["expiry"], "string");
    if (expiry !== undefined && Number.isNaN(Date.parse(expiry))) {
      checker.fail(["expiry"], `"${expiry}" is not a time in ISO 8601, such as 2030-01-31T00:00:00Z.`);
    }
    return { inputs: news, failures: checker.failures };
  }

  async create(call: CreateRequest<RegistryPullTokenInputs>): Promise<CreateResult<RegistryPullTokenOutputs>> {
    const passwords = await this.passwordsOf(call, call.inputs.tokenId);
    const outputs = await this.generate(call, call.inputs, freeSlot(passwords));
    return { id: call.inputs.tokenId, outputs };
  }

  async read(
    call: ReadRequest<RegistryPullTokenInputs, RegistryPullTokenOutputs>,
  ): Promise<ReadResult<RegistryPullTokenInputs, RegistryPullTokenOutputs> | undefined> {
    if (call.state === undefined || call.inputs === undefined) return this.adopt(call, call.id);
    const { passwordName } = call.state;
    const passwords = await this.registry().passwords(call, referenceOf(call.state.tokenId));
    // Somebody revoked the password or the token: the next run makes a new one.
    if (passwords?.some(({ name }) => name === passwordName) !== true) return undefined;
    return { id: call.id, inputs: call.inputs, outputs: { ...call.state, password: secret(call.state.password) } };
  }

  async update(
    call: UpdateRequest<RegistryPullTokenInputs, RegistryPullTokenOutputs>,
  ): Promise<UpdateResult<RegistryPullTokenOutputs>> {
    const other = call.state.passwordName === "password1" ? "password2" : "password1";
    return { outputs: await this.generate(call, call.inputs, other) };
  }

  async delete(call: DeleteRequest<RegistryPullTokenInputs, RegistryPullTokenOutputs>): Promise<void> {
    const reference = referenceOf(call.state.tokenId);
    const passwords = await this.registry().passwords(call, reference);
    if (passwords === undefined || passwords.length === 0) return;
    await this.registry().keep(call, reference, []);
  }

  /** Takes over a password that devices have already. The registry does not show it again, so the user has to. */
  private async adopt(
    call: Call,
    importId: string,
  ): Promise<ReadResult<RegistryPullTokenInputs, RegistryPullTokenOutputs> | undefined> {
    const [tokenId = "", slot = ""] = importId.split(",");
    const password = process.env[passwordVariable] ?? "";
    const faults: string[] = [];
    if (parseTokenId(tokenId) === undefined) faults.push(`"${tokenId}" is not the resource id of a registry's token`);
    if (!slots.some((name) => name === slot))
      faults.push('a slot, "password1" or "password2", has to follow the id after a comma');
    if (password === "") faults.push(`the environment variable ${passwordVariable} has to hold the password`);
    if (faults.length > 0) {
      throw new ProviderError("NOT_IMPORTABLE", `The password can't be imported: ${faults.join("; ")}.`);
    }
    const passwords = await this.registry().passwords(call, referenceOf(tokenId));
    const found = passwords?.find(({ name }) => name === slot);
    if (found === undefined) return undefined;
    const expiry = found.expiry?.toISOString().replace(".000Z", "Z");
    const inputs = { tokenId, ...(expiry === undefined ? {} : { expiry }) };
    const { tokenName: username } = referenceOf(tokenId);
    return {
      id: tokenId,
      inputs,
      outputs: { ...inputs, username, passwordName: found.name, password: secret(password) },
    };
  }

  private async passwordsOf(call: Call, tokenId: string): Promise<TokenPassword[]> {
    const { registryName, tokenName } = referenceOf(tokenId);
    const passwords = await this.registry().passwords(call, referenceOf(tokenId));
    if (passwords !== undefined) return passwords;
    throw new NotFoundError(`The registry "${registryName}" has no token "${tokenName}": create it first.`);
  }

  private async generate(
    call: Call,
    inputs: RegistryPullTokenInputs,
    name: PasswordName,
  ): Promise<CreateResult<RegistryPullTokenOutputs>["outputs"]> {
    const expiry = inputs.expiry === undefined ? undefined : new Date(inputs.expiry);
    const { tokenId } = inputs;
    const { username, value } = await this.registry().generate(call, tokenId, referenceOf(tokenId), name, expiry);
    return { ...inputs, username, passwordName: name, password: secret(value) };
  }
}

function referenceOf(tokenId: string): TokenReference {
  const reference = parseTokenId(tokenId);
  if (reference === undefined) throw new NotFoundError(`"${tokenId}" is not the resource id of a registry's token.`);
  return reference;
}

/** An empty slot, or else the older one: a create that was cut off left a password that nobody knows. */
function freeSlot(passwords: TokenPassword[]): PasswordName {
  const [first, second] = slots.map((slot) => passwords.find(({ name }) => name === slot));
  if (first === undefined) return "password1";
  if (second === undefined) return "password2";
  return (first.creationTime ?? 0) <= (second.creationTime ?? 0) ? "password1" : "password2";
}
