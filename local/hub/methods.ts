import { randomUUID } from "node:crypto";
import { methodRequestFilter, methodRequestTopic } from "../protocol/topics";
import type { Connections } from "./connections";
import { refuse } from "./errors";
import { keyOf, type JsonObject } from "./store/model";
import { isObject } from "./twins/patch";

interface Identity {
  deviceId: string;
  moduleId?: string;
}

interface Pending {
  resolve(response: { status: number; payload: unknown }): void;
  reject(error: Error): void;
}

interface MethodRequest {
  methodName: string;
  payload: unknown;
  responseTimeoutSeconds: number;
  connectTimeoutSeconds: number;
}

const maximumPayloadBytes = 128 * 1024;
const pollMs = 50;

/** Direct methods: a request over HTTPS that a connected client answers over MQTT. */
export class DirectMethods {
  readonly #pending = new Map<string, Pending>();

  constructor(private readonly connections: Connections) {}

  /**
   * Calls a method and waits for the answer.
   *
   * @throws HubError `ArgumentInvalid`, `DeviceNotOnline`, `GatewayTimeout`
   */
  async invoke(identity: Identity, body: unknown): Promise<JsonObject> {
    const request = readRequest(body);
    const client = await this.#connected(identity, request.connectTimeoutSeconds);
    const requestId = randomUUID();
    const key = `${keyOf(identity)}/${requestId}`;
    const answered = new Promise<{ status: number; payload: unknown }>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(key);
        reject(
          refuse.timeout(
            `${keyOf(identity)} did not answer the method ${request.methodName} within ${request.responseTimeoutSeconds} s.`,
          ),
        );
      }, request.responseTimeoutSeconds * 1000);
      const settle = (): void => {
        clearTimeout(timer);
        this.#pending.delete(key);
      };
      this.#pending.set(key, {
        resolve: (response) => {
          settle();
          resolve(response);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
    client.publish(methodRequestTopic(request.methodName, requestId), JSON.stringify(request.payload ?? null));
    return answered.then(({ status, payload }) => ({ status, payload }));
  }

  /** A client's answer; one that nobody waits for is dropped. */
  respond(identity: Identity, requestId: string, status: number, payload: Buffer): void {
    const pending = this.#pending.get(`${keyOf(identity)}/${requestId}`);
    if (pending === undefined) return;
    try {
      pending.resolve({ status, payload: payload.length === 0 ? null : (JSON.parse(payload.toString()) as unknown) });
    } catch {
      pending.reject(refuse.argument(`${keyOf(identity)} answered the method with something that is not JSON.`));
    }
  }

  /** Ends every call, when the hub goes. */
  close(): void {
    for (const pending of [...this.#pending.values()]) pending.reject(refuse.timeout("The hub is going down."));
  }

  async #connected(
    identity: Identity,
    timeoutSeconds: number,
  ): Promise<{ publish(topic: string, payload: string): void }> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const client = this.connections.find(identity);
      if (client?.isSubscribed(methodRequestFilter) === true) return client;
      if (Date.now() >= deadline) throw refuse.notOnline(keyOf(identity));
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

function readRequest(body: unknown): MethodRequest {
  const given: JsonObject = isObject(body) ? body : {};
  const faults: string[] = [];
  const { methodName } = given;
  if (typeof methodName !== "string" || !/^[^/?#+\s]{1,100}$/.test(methodName)) {
    faults.push("methodName must be 1 to 100 characters without / ? # + and spaces.");
  }
  const responseTimeoutSeconds = readSeconds(given, "responseTimeoutInSeconds", { minimum: 5, standard: 30 }, faults);
  const connectTimeoutSeconds = readSeconds(given, "connectTimeoutInSeconds", { minimum: 0, standard: 0 }, faults);
  if (JSON.stringify(given.payload ?? null).length > maximumPayloadBytes) {
    faults.push(`payload is larger than ${maximumPayloadBytes} bytes.`);
  }
  if (faults.length > 0) throw refuse.argument(faults.join(" "));
  return { methodName: String(methodName), payload: given.payload, responseTimeoutSeconds, connectTimeoutSeconds };
}

function readSeconds(
  given: JsonObject,
  name: string,
  { minimum, standard }: { minimum: number; standard: number },
  faults: string[],
): number {
  const value = given[name] ?? standard;
  if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= 300) return value;
  faults.push(`${name} must be a whole number from ${minimum} to 300.`);
  return standard;
}
