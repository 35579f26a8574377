import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
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
  /** The service does what it was asked, and only its answer is lost. */
  afterwards: boolean;
}

/** Where a service answers; without `ca`, over plain HTTP. */
export interface Upstream {
  host: string;
  port: number;
  /** PEM. */
  ca?: string;
}

/** Stands in front of a service: notes requests, answers some with errors, holds others back. */
export class FaultProxy {
  readonly requests: SeenRequest[] = [];
  private readonly ca: string;
  private readonly faults: Fault[] = [];
  private held: { matches: RegExp; answers: (() => void)[] } | undefined;
  private readonly server: http.Server | https.Server;

  /** @param tls what the proxy proves itself with, where the service is reached over TLS */
  constructor(
    tls: { cert: string; key: string; ca: string } | undefined,
    private readonly upstream: Upstream,
  ) {
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.serve(request, response);
    };
    this.server = tls === undefined ? http.createServer(serve) : https.createServer(tls, serve);
    this.ca = tls?.ca ?? "";
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

  /** From now on the service's answers to requests whose line matches wait until `release`. */
  hold(matches: RegExp): void {
    this.held = { matches, answers: [] };
  }

  /** Answers that wait. */
  get waiting(): number {
    return this.held?.answers.length ?? 0;
  }

  release(): void {
    for (const go of this.held?.answers ?? []) go();
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
      const { request } = this.upstream.ca === undefined ? http : https;
      const options = { ...this.upstream, servername: headers.host, method, path: url, headers };
      const upstream = request(options, (found) => {
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
          if (this.held?.matches.test(seen.line) === true) this.held.answers.push(send);
          else send();
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
