import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

const severities = { debug: LogSeverity.DEBUG, info: LogSeverity.INFO, warning: LogSeverity.WARNING };

/** The engine's own log: lines appear at the resource they belong to. */
export class EngineLog {
  private address = "";
  private client: EngineClient | undefined;

  /** The engine says where it listens when it starts the provider, and again when it shakes hands or attaches. */
  connect(address: string | undefined): void {
    if (address === undefined || address === "") return;
    this.close();
    this.address = address;
  }

  write(severity: keyof typeof severities, urn: string, message: string): void {
    const request = new LogRequest();
    request.setSeverity(severities[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    // Most runs have nothing to say, and a connection takes its time.
    if (this.address !== "") this.client ??= new EngineClient(this.address, credentials.createInsecure());
    // A line that can't be delivered, because the engine is gone, has no reader.
    this.client?.log(request, () => undefined);
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
    this.address = "";
  }
}
