import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./engine-log";
import type { Provider } from "./provider";
import { ProviderService } from "./service";

// The engine's own limit for one message (pulumi/pulumi, sdk/go/common/util/rpcutil).
const maxMessageBytes = 400 * 1024 * 1024;

export interface ServeOptions {
  /** Where the engine listens, `host:port`. */
  engineAddress?: string;
}

/** A provider that listens. */
export interface Server {
  port: number;
  close(): Promise<void>;
}

/** Serves a provider on a free loopback port. */
export async function serve(provider: Provider, options: ServeOptions = {}): Promise<Server> {
  const log = new EngineLog();
  log.connect(options.engineAddress);
  const service = new ProviderService(provider, log);
  const server = new GrpcServer({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  server.addService(ResourceProviderService, service.handlers());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    close: async () => {
      service.cancel();
      server.forceShutdown();
      log.close();
      await provider.close?.();
    },
  };
}
