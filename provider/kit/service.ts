import { type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { configurationOf } from "./configuration";
import type { CheckFailure } from "./check";
import type { Diff, PropertyDiff } from "./diff";
import { EngineLog } from "./engine-log";
import { errorResponse } from "./error-response";
import { UnknownTokenError } from "./errors";
import { Operations } from "./operations";
import type { PropertyMap } from "./property-value";
import type { Provider } from "./provider";
import type { Call } from "./resource";
import { fromStruct, toStruct } from "./wire";

type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void;

interface ResourceMessage {
  getUrn(): string;
  getType(): string;
  getName(): string;
}

/** The gRPC service `pulumirpc.ResourceProvider` over a provider. */
export class ProviderService {
  private readonly cancellation = new AbortController();
  private readonly operations: Operations;

  constructor(
    private readonly provider: Provider,
    private readonly log: EngineLog,
  ) {
    this.operations = new Operations(provider);
  }

  /** Ends what is running; what comes later fails at once. */
  cancel(): void {
    this.cancellation.abort();
  }

  handlers(): UntypedServiceImplementation {
    return {
      handshake: this.unary(this.handshake),
      attach: this.unary((request) => {
        this.log.connect(request.getAddress());
        return new Empty();
      }),
      cancel: this.unary(() => {
        this.cancel();
        return new Empty();
      }),
      getPluginInfo: this.unary(() => new PluginInfo().setVersion(this.provider.version)),
      getSchema: this.unary(this.getSchema),
      checkConfig: this.unary(this.checkConfig),
      diffConfig: this.unary(this.diffConfig),
      configure: this.unary(this.configure),
      invoke: this.unary(this.invoke),
      check: this.unary(this.check),
      diff: this.unary(this.diff),
      create: this.unary(this.create, (request) => fromStruct(request.getProperties())),
      read: this.unary(this.read),
      update: this.unary(this.update, (request) => fromStruct(request.getNews())),
      delete: this.unary(this.delete),
    };
  }

  private unary<Request, Response>(
    handle: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
    inputsOf?: (request: Request) => PropertyMap,
  ): Unary<Request, Response> {
    return (call, callback) => {
      const dropped = new AbortController();
      call.on("cancelled", () => {
        dropped.abort();
      });
      const signal = AbortSignal.any([this.cancellation.signal, dropped.signal]);
      Promise.resolve()
        .then(() => handle.call(this, call.request, signal))
        .then(
          (response) => {
            callback(null, response);
          },
          (error: unknown) => {
            callback(errorResponse(error, inputsOf?.(call.request)));
          },
        );
    };
  }

  private callOf(request: ResourceMessage, signal: AbortSignal, timeoutSeconds = 0): Call {
    const urn = request.getUrn();
    // Engines before 3.126 give neither name nor type: both stand in the URN.
    const [, , types = "", ...name] = urn.split("::");
    return {
      urn,
      token: request.getType() || (types.split("$").at(-1) ?? ""),
      name: request.getName() || name.join("::"),
      signal: timeoutSeconds > 0 ? AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]) : signal,
      log: (severity, message) => {
        this.log.write(severity, urn, message);
      },
    };
  }

  private handshake(request: proto.ProviderHandshakeRequest): proto.ProviderHandshakeResponse {
    this.log.connect(request.getEngineAddress());
    return new proto.ProviderHandshakeResponse()
      .setAcceptSecrets(true)
      .setAcceptResources(true)
      .setAcceptOutputs(true)
      .setSupportsAutonamingConfiguration(true);
  }

  private async getSchema(): Promise<proto.GetSchemaResponse> {
    const { name, version } = this.provider;
    const schema = (await this.provider.schema?.()) ?? { name, version };
    return new proto.GetSchemaResponse().setSchema(JSON.stringify(schema));
  }

  private async checkConfig(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const news = fromStruct(request.getNews());
    const { inputs, failures } = (await this.provider.checkConfig?.(news)) ?? { inputs: news, failures: [] };
    return new proto.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(failures.map(failureOf));
  }

  private async diffConfig(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    const olds = fromStruct(request.getOldInputs() ?? request.getOlds());
    const changes = (await this.provider.diffConfig?.(olds, fromStruct(request.getNews()))) ?? [];
    return diffResponse({ changes });
  }

  private async configure(request: proto.ConfigureRequest, signal: AbortSignal): Promise<proto.ConfigureResponse> {
    await this.provider.configure?.({ configuration: configurationOf(request), signal });
    return new proto.ConfigureResponse()
      .setAcceptsecrets(true)
      .setSupportspreview(true)
      .setAcceptresources(true)
      .setAcceptoutputs(true)
      .setSupportsAutonamingConfiguration(true);
  }

  private async invoke(request: proto.InvokeRequest, signal: AbortSignal): Promise<proto.InvokeResponse> {
    const token = request.getTok();
    const answer = await this.provider.invoke?.({ token, args: fromStruct(request.getArgs()), signal });
    if (answer === undefined) {
      throw new UnknownTokenError("function", this.provider.name, token, this.provider.unknownTokenHint);
    }
    return new proto.InvokeResponse()
      .setReturn(toStruct(answer.result))
      .setFailuresList((answer.failures ?? []).map(failureOf));
  }

  private async check(request: proto.CheckRequest, signal: AbortSignal): Promise<proto.CheckResponse> {
    const options = request.getAutonaming();
    const { inputs, failures } = await this.operations.check({
      ...this.callOf(request, signal),
      olds: request.hasOlds() ? fromStruct(request.getOlds()) : undefined,
      news: fromStruct(request.getNews()),
      randomSeed: Buffer.from(request.getRandomseed_asU8()),
      autonaming:
        options === undefined
          ? undefined
          : {
              mode: (["propose", "enforce", "disable"] as const)[options.getMode()] ?? "propose",
              proposedName: options.getProposedName(),
            },
    });
    return new proto.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(failures.map(failureOf));
  }

  private async diff(request: proto.DiffRequest, signal: AbortSignal): Promise<proto.DiffResponse> {
    const state = fromStruct(request.getOlds());
    const diff = await this.operations.diff({
      ...this.callOf(request, signal),
      id: request.getId(),
      state,
      oldInputs: request.hasOldInputs() ? fromStruct(request.getOldInputs()) : state,
      news: fromStruct(request.getNews()),
    });
    return diffResponse(diff);
  }

  private async create(request: proto.CreateRequest, signal: AbortSignal): Promise<proto.CreateResponse> {
    const call = this.callOf(request, signal, request.getTimeout());
    const inputs = fromStruct(request.getProperties());
    const { id, outputs } = request.getPreview()
      ? { id: "", outputs: await this.operations.preview({ ...call, inputs, state: undefined }) }
      : await this.operations.create({ ...call, inputs });
    return new proto.CreateResponse().setId(id).setProperties(toStruct(outputs));
  }

  private async read(request: proto.ReadRequest, signal: AbortSignal): Promise<proto.ReadResponse> {
    const found = await this.operations.read({
      ...this.callOf(request, signal),
      id: request.getId(),
      inputs: request.hasInputs() ? fromStruct(request.getInputs()) : undefined,
      state: request.hasProperties() ? fromStruct(request.getProperties()) : undefined,
    });
    if (found === undefined) return new proto.ReadResponse().setId("");
    return new proto.ReadResponse()
      .setId(found.id)
      .setProperties(toStruct(found.outputs))
      .setInputs(toStruct(found.inputs));
  }

  private async update(request: proto.UpdateRequest, signal: AbortSignal): Promise<proto.UpdateResponse> {
    const call = this.callOf(request, signal, request.getTimeout());
    const state = fromStruct(request.getOlds());
    const inputs = fromStruct(request.getNews());
    const oldInputs = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : state;
    const outputs = request.getPreview()
      ? await this.operations.preview({ ...call, inputs, state })
      : await this.operations.update({ ...call, id: request.getId(), inputs, oldInputs, state });
    return new proto.UpdateResponse().setProperties(toStruct(outputs));
  }

  private async delete(request: proto.DeleteRequest, signal: AbortSignal): Promise<Empty> {
    const state = fromStruct(request.getProperties());
    await this.operations.delete({
      ...this.callOf(request, signal, request.getTimeout()),
      id: request.getId(),
      state,
      inputs: request.hasOldInputs() ? fromStruct(request.getOldInputs()) : state,
    });
    return new Empty();
  }
}

function failureOf(failure: CheckFailure): proto.CheckFailure {
  return new proto.CheckFailure().setProperty(failure.property).setReason(failure.reason);
}

const kinds = {
  add: [proto.PropertyDiff.Kind.ADD, proto.PropertyDiff.Kind.ADD_REPLACE],
  delete: [proto.PropertyDiff.Kind.DELETE, proto.PropertyDiff.Kind.DELETE_REPLACE],
  update: [proto.PropertyDiff.Kind.UPDATE, proto.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse({ changes, deleteBeforeReplace = false }: Diff): proto.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  const roots = (of: PropertyDiff[]): string[] => [...new Set(of.map(({ path }) => path.split(/[.[]/, 1)[0] ?? path))];
  const response = new proto.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(roots(changes))
    .setReplacesList(roots(changes.filter(({ replace }) => replace)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(changes.length > 0);
  for (const { path, kind, replace } of changes) {
    response
      .getDetaileddiffMap()
      .set(path, new proto.PropertyDiff().setKind(kinds[kind][replace ? 1 : 0]).setInputdiff(true));
  }
  return response;
}
