import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { methodRequestTopic } from "../../protocol/topics";
import type { Broker } from "./broker";
import type { MethodCall } from "./hub-transport";
import type { UpstreamConnection } from "./upstream";

/** What a module answered to a method. */
export interface MethodResult {
  status: number;
  payload: unknown;
}

/** The caller is told by its own deadline; this only keeps what is never answered from staying for ever. */
const answerTimeoutMs = 300_000;
const notFound = 404;

/** Direct methods of one module: from the hub, or from a sibling, to the module and back. */
export class MethodProxy {
  private readonly waiting = new Map<string, (result: MethodResult | undefined) => void>();

  constructor(
    private readonly moduleId: string,
    private readonly broker: Broker,
    private readonly log: Logger,
  ) {}

  /** The hub calls a method. */
  async onHub(call: MethodCall, upstream: UpstreamConnection): Promise<void> {
    const result = await this.invoke(call.name, call.body.toString("utf8"));
    const { status, payload } = result ?? {
      status: notFound,
      payload: { message: `${this.moduleId} is not connected.` },
    };
    try {
      await upstream.respond(call.requestId, status, payload);
    } catch (error) {
      this.log.info({ module: this.moduleId }, `the answer to a method is lost: ${(error as Error).message}`);
    }
  }

  /** Calls a method of the module; nothing when it is not connected, takes no methods or does not answer in time. */
  invoke(name: string, payload: string, timeoutMs = answerTimeoutMs): Promise<MethodResult | undefined> {
    if (!this.broker.acceptsMethods(this.moduleId)) return Promise.resolve(undefined);
    const requestId = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.settle(requestId, undefined);
      }, timeoutMs);
      this.waiting.set(requestId, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
      this.broker.publish(this.moduleId, methodRequestTopic(name, requestId), payload);
    });
  }

  /** The module answered. */
  onAnswer(requestId: string, status: number, payload: Buffer): void {
    this.settle(requestId, { status, payload: parse(payload.toString("utf8")) });
  }

  /** The module is gone: nobody answers any more. */
  onDisconnected(): void {
    for (const requestId of [...this.waiting.keys()]) this.settle(requestId, undefined);
  }

  private settle(requestId: string, result: MethodResult | undefined): void {
    this.waiting.get(requestId)?.(result);
    this.waiting.delete(requestId);
  }
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
