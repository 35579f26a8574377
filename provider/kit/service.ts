import { type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { configurationOf } from "./configuration";
import { EngineLog } from "./engine-log";
import { errorResponse } from "./error-response";
import { UnknownTokenError } from "./errors";
import { Operations } from "./operations";
import type { PropertyMap } from "./property-value";
import type { Provider } from "./provider";
import type { Call } from "./resource";
import { diffResponse, failureOf } from "./responses";
import { fromStruct, toStruct } from "./wire";

type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void;

interface ResourceMessage {
  getUrn(): string;
  getType(): string;
  getName(): string;
}

/** The gRPC service `pulumirpc.ResourceProvider` over a provider. */
export class ProviderService {
  private readonly running = new Set<AbortController>();
  private isCancelled = false;
  private readonly operations: Operations;

  constructor(
    private readonly provider: Provider,
    private readonly log: EngineLog,
  ) {
    this.operations = new Operations(provider);
  }

  /** Ends what is running; what comes later fails at once. */
  cancel(): void {
    this.isCancelled = true;
    for (const controller of this.running) controller.abort();
  }

  handlers(): UntypedServiceImplementation {
    return {
      handshake: this.unary((request: proto.ProviderHandshakeRequest) => this.handshake(request)),
      attach: this.unary((request: PluginAttach) => {
        this.log.connect(request.getAddress());
        return new Empty();
      }),
      cancel: this.unary(() => {
        this.cancel();
        return new Empty();
      }),
      getPluginInfo: this.unary(() => new PluginInfo().setVersion(this.provider.version)),
      getSchema: this.unary(() => this.getSchema()),
      checkConfig: this.unary((request: proto.CheckRequest) => this.checkConfig(request)),
      diffConfig: this.unary((request: proto.DiffRequest) => this.diffConfig(request)),
      configure: this.unary((request: proto.ConfigureRequest, signal) => this.configure(request, signal)),
      invoke: this.unary((request: proto.InvokeRequest, signal) => this.invoke(request, signal)),
      check: this.unary((request: proto.CheckRequest, signal) => this.check(request, signal)),
      diff: this.unary((request: proto.DiffRequest, signal) => this.diff(request, signal)),
      create: this.unary(
        (request: proto.CreateRequest, signal) => this.create(request, signal),
        (request) => fromStruct(request.getProperties()),
      ),
      read: this.unary((request: proto.ReadRequest, signal) => this.read(request, signal)),
      update: this.unary(
        (request: proto.UpdateRequest, signal) => this.update(request, signal),
        (request) => fromStruct(request.getNews()),
      ),
      delete: this.unary((request: proto.DeleteRequest, signal) => this.delete(request, signal)),
    };
  }

  private unary<Request, Response>(
    handle: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
    inputsOf?: (request: Request) => PropertyMap,
  ): Unary<Request, Response> {
    return (call, callback) => {
      const controller = new AbortController();
      if (this.isCancelled) controller.abort();
      this.running.add(controller);
      // Comes after an answer, too.
      call.on("cancelled", () => {
        if (this.running.has(controller)) controller.abort();
      });
      Promise.resolve()
        .then(() => handle(call.request, controller.signal))
        .finally(() => this.running.delete(controller))
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
              mode: (["propose", "enforce", "disable"] as const)[options.getMode()],
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
