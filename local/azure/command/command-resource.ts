import { randomBytes } from "node:crypto";
import { Checker, diffProperties, secret } from "@edge-vision/iotedge/kit";
import type {
  Call,
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  Diff,
  DiffRequest,
  PropertyMap,
  ReadRequest,
  ReadResult,
  Resource,
  UpdateRequest,
  UpdateResult,
} from "@edge-vision/iotedge/kit";
import type { Output } from "./outcome";
import { textOf } from "../text-of";

/** How a kind of command runs. */
export interface Runner {
  token: string;
  check(checker: Checker): void;
  run(command: string, inputs: PropertyMap, before: PropertyMap | undefined, call: Call): Promise<Output>;
  /** Whether what the command says has to be treated as secret. */
  saysSecrets(inputs: PropertyMap): boolean;
}

/** `Command` of the provider command: runs `create`, `update` and `delete` when the resource is. */
export class CommandResource implements Resource<PropertyMap, PropertyMap> {
  readonly token: string;
  readonly computed = ["stdout", "stderr"];
  readonly volatile = this.computed;

  constructor(private readonly runner: Runner) {
    this.token = runner.token;
  }

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    this.runner.check(checker);
    return { inputs: news, failures: checker.failures };
  }

  diff({ oldInputs, news }: DiffRequest): Diff {
    return { changes: diffProperties(oldInputs, news, { replaceOnChanges: ["triggers"] }) };
  }

  async create({ inputs, ...call }: CreateRequest<PropertyMap>): Promise<CreateResult<PropertyMap>> {
    const outputs = await this.run("create", inputs, undefined, call);
    return { id: `${call.name}${randomBytes(4).toString("hex")}`, outputs };
  }

  async update(request: UpdateRequest<PropertyMap, PropertyMap>): Promise<UpdateResult<PropertyMap>> {
    const { inputs, state } = request;
    const which = inputs["update"] === undefined ? "create" : "update";
    return { outputs: await this.run(which, inputs, state, request) };
  }

  /** Nothing can be read back: what is known is what was. */
  read({
    id,
    inputs,
    state,
  }: ReadRequest<PropertyMap, PropertyMap>): Promise<ReadResult<PropertyMap, PropertyMap> | undefined> {
    return Promise.resolve(inputs === undefined || state === undefined ? undefined : { id, inputs, outputs: state });
  }

  async delete(request: DeleteRequest<PropertyMap, PropertyMap>): Promise<void> {
    await this.run("delete", request.inputs, request.state, request);
  }

  private async run(
    which: string,
    inputs: PropertyMap,
    before: PropertyMap | undefined,
    call: Call,
  ): Promise<PropertyMap> {
    const command = inputs[which];
    const { stdout, stderr } =
      typeof command === "string" && command !== ""
        ? await this.runner.run(command, inputs, before, call)
        : { stdout: textOf(before?.["stdout"] ?? ""), stderr: textOf(before?.["stderr"] ?? "") };
    const said = this.runner.saysSecrets(inputs)
      ? { stdout: secret(stdout), stderr: secret(stderr) }
      : { stdout, stderr };
    return { ...inputs, ...said };
  }
}
