import { createServer, request as forward, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  /** `PUT /devices/a`. */
  line: string;
  body: string;
  /** Milliseconds since the process started. */
  at: number;
  /** Undefined until it was answered, as is the time. */
  status?: number;
  answeredAt?: number;
}

interface Fault {
  matches: RegExp;
  status: number;
  headers: Record<string, string>;
  /** The hub does what it was asked, and only its answer is lost. */
  afterwards: boolean;
}

/** Stands in front of a hub: notes requests, answers some with errors, holds others back. */
export class FaultProxy {
  readonly requests: SeenRequest[] = [];
  private readonly faults: Fault[] = [];
  private held: (() => void)[] | undefined;
  private readonly server: Server;

  constructor(
    tls: { cert: string; key: string },
    private readonly ca: string,
    private readonly hub: { host: string; port: number; ca: string },
  ) {
    this.server = createServer(tls, (request, response) => {
      void this.serve(request, response);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  get endpoint(): { host: string; port: number; ca: string } {
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port, ca: this.ca };
  }

  /** The next request whose line matches is answered with this error. */
  fail(matches: RegExp, status: number, headers: Record<string, string> = {}, afterwards = false): void {
    this.faults.push({ matches, status, headers, afterwards });
  }

  /** From now on the hub's answers wait until `release`. */
  hold(): void {
    this.held = [];
  }

  release(): void {
    for (const go of this.held ?? []) go();
    this.held = undefined;
  }

  async close(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const line = `${request.method ?? ""} ${decodeURIComponent((request.url ?? "").split("?", 1)[0] ?? "")}`;
    const seen: SeenRequest = { line, body: body.toString(), at: performance.now() };
    this.requests.push(seen);
    const index = this.faults.findIndex(({ matches }) => matches.test(line));
    const [fault] = index < 0 ? [] : this.faults.splice(index, 1);
    if (fault === undefined || fault.afterwards) await this.pass(request, body, response, seen, fault);
    else answer(response, seen, fault);
  }

  private async pass(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    seen: SeenRequest,
    fault: Fault | undefined,
  ): Promise<void> {
    await new Promise<void>((resolve) => {
      const upstream = forward({ ...this.hub, servername: headers.host, method, path: url, headers }, (found) => {
        const parts: Buffer[] = [];
        found.on("data", (part: Buffer) => parts.push(part));
        found.on("end", () => {
          const send = (): void => {
            if (fault !== undefined) answer(response, seen, fault);
            else {
              seen.status = found.statusCode ?? 0;
              seen.answeredAt = performance.now();
              response.writeHead(seen.status, found.headers).end(Buffer.concat(parts));
            }
            resolve();
          };
          if (this.held === undefined) send();
          else this.held.push(send);
        });
      });
      upstream.on("error", () => {
        response.destroy();
        resolve();
      });
      upstream.end(body);
    });
  }
}

function answer(response: ServerResponse, seen: SeenRequest, { status, headers }: Fault): void {
  seen.status = status;
  seen.answeredAt = performance.now();
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify({ Message: `ErrorCode:Test${status};injected` }));
}
