import { randomInt } from "node:crypto";
import { setMaxListeners } from "node:events";
import { Message } from "azure-iot-common";
import { SharedAccessKeyAuthenticationProvider, type TwinProperties } from "azure-iot-device";
import type { Logger } from "pino";
import { formatConnectionString } from "../../protocol/connection-string";
import type { HubEndpoint } from "../hub-endpoint";
import type { JsonObject } from "../json-patch";
import type { EdgeMessage } from "./message";
import { HubTransport, type MethodCall } from "./hub-transport";

export interface UpstreamOptions {
  hubHostName: string;
  deviceId: string;
  moduleId: string;
  /** None: the hub is where its name says. */
  endpoint?: HubEndpoint;
  /** The module's key; asked anew before each attempt, `refused` when the hub did not accept the last one. */
  key: (refused: boolean) => Promise<string>;
  log: Logger;
  /** The connection can be used, again or still; with the twin as the hub has it now. */
  onConnected: (twin: TwinProperties) => void;
  /** It can no longer be used; all that was under way has been rejected. */
  onLost?: () => void;
  onDesired: (patch: JsonObject) => void;
  onMethod?: (call: MethodCall) => void;
}

/** The hub did not answer, or the connection is not there. `code` is `HUB_NOT_REACHED`. */
export class HubNotReachedError extends Error {
  override readonly name = "HubNotReachedError";
  readonly code = "HUB_NOT_REACHED";
}

const connectTimeoutMs = 15_000;
const answerTimeoutMs = 20_000;
const firstDelayMs = 250;
const maximumDelayMs = 5000;

/** One life of a connection: ends once, and with it everything that waits. */
interface Session {
  transport: HubTransport;
  ended: AbortController;
}

/**
 * A module's connection to the hub, made again and again for as long as it is wanted, through any outage: refused,
 * cut off, or accepted and then silent (every answer has a deadline, and one that is missed ends the connection).
 */
export class UpstreamConnection {
  private session: Session | undefined;
  private open = false;
  private wanted = false;
  private attempts = 0;
  private refused = false;
  private timer: NodeJS.Timeout | undefined;
  private methods = false;

  constructor(private readonly options: UpstreamOptions) {}

  get isConnected(): boolean {
    return this.open;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.end(new HubNotReachedError("The connection was closed."));
  }

  /** Resolves when the hub has confirmed the message. */
  async send(message: EdgeMessage): Promise<void> {
    const sent = toSdkMessage(message);
    await this.ask((transport, done) => {
      if (message.output === undefined) transport.sendEvent(sent, done);
      else transport.sendOutputEvent(message.output, sent, done);
    });
  }

  getTwin(): Promise<TwinProperties> {
    return this.ask<TwinProperties>((transport, done) => {
      transport.getTwin(done);
    });
  }

  async report(patch: JsonObject): Promise<void> {
    await this.ask((transport, done) => {
      transport.updateTwinReportedProperties(patch, done);
    });
  }

  /** Whether the hub may call methods of the module. */
  async setMethods(enabled: boolean): Promise<void> {
    if (this.methods === enabled) return;
    this.methods = enabled;
    if (this.open) await this.applyMethods();
  }

  async respond(requestId: string, status: number, payload: unknown): Promise<void> {
    await this.ask((transport, done) => {
      transport.respond({ requestId, status, payload }, done);
    });
  }

  /** Gives the connection up and makes a new one. */
  reset(error: Error): void {
    this.end(error);
  }

  private async connect(): Promise<void> {
    const { hubHostName, deviceId, moduleId, endpoint, key, log, onConnected, onDesired, onMethod } = this.options;
    try {
      const SharedAccessKey = await key(this.refused);
      if (!this.isWanted()) return;
      const names = { HostName: hubHostName, DeviceId: deviceId, ModuleId: moduleId, SharedAccessKey };
      const transport = new HubTransport(
        SharedAccessKeyAuthenticationProvider.fromConnectionString(formatConnectionString(names)),
        { hubHostName, ...(endpoint === undefined ? {} : { endpoint }), connectTimeoutMs },
      );
      const session: Session = { transport, ended: new AbortController() };
      // One for each question that waits.
      setMaxListeners(0, session.ended.signal);
      this.session = session;
      transport.on("disconnect", (error?: Error) => {
        if (this.session === session) this.end(error ?? new HubNotReachedError("The hub closed the connection."));
      });
      transport.on("twinDesiredPropertiesUpdate", (patch: JsonObject) => {
        if (this.session === session && this.open) onDesired(patch);
      });
      transport.onMethod = (request) => {
        if (this.session === session) onMethod?.(request);
      };
      transport.onRenewed = () => {
        if (this.session === session && this.open) void this.refresh();
      };
      await this.ask((t, done) => {
        t.connect(done);
      }, connectTimeoutMs);
      await this.ask((t, done) => {
        t.enableTwinDesiredPropertiesUpdates(done);
      });
      const twin = await this.getTwin();
      if (this.methods) await this.applyMethods();
      this.open = true;
      this.attempts = 0;
      this.refused = false;
      log.info({ module: moduleId }, "connected to the hub");
      onConnected(twin);
    } catch (error) {
      this.refused = this.session?.transport.wasRefused === true;
      this.end(this.session?.transport.failure ?? (error as Error));
    }
  }

  /** The hub's word on everything, after something may have been missed. */
  private async refresh(): Promise<void> {
    try {
      this.options.onConnected(await this.getTwin());
    } catch {
      // The connection is lost, and tells when it is back.
    }
  }

  private applyMethods(): Promise<unknown> {
    return this.ask((transport, done) => {
      if (this.methods) transport.enableMethods(done);
      else transport.disableMethods(done);
    });
  }

  /** One question with a deadline; a missed one ends the session. */
  private ask<T = unknown>(
    start: (transport: HubTransport, done: (error?: Error | null, result?: T) => void) => void,
    timeoutMs = answerTimeoutMs,
  ): Promise<T> {
    const { session } = this;
    if (session === undefined) return Promise.reject(new HubNotReachedError("The hub is not connected."));
    return new Promise((resolve, reject) => {
      const { signal } = session.ended;
      const onEnd = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        const error = new HubNotReachedError(`The hub did not answer within ${timeoutMs / 1000} s.`);
        if (this.session === session) this.end(error);
        else onEnd();
      }, timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onEnd);
      };
      signal.addEventListener("abort", onEnd);
      start(session.transport, (error, result) => {
        settle();
        if (error) reject(error);
        else resolve(result as T);
      });
    });
  }

  private end(error: Error): void {
    const { session } = this;
    const wasOpen = this.open;
    this.session = undefined;
    this.open = false;
    if (session !== undefined) {
      session.ended.abort(error);
      session.transport.drop();
    }
    if (wasOpen) {
      const level = this.isWanted() ? "warn" : "debug";
      this.options.log[level]({ module: this.options.moduleId }, `lost the hub: ${error.message}`);
      this.options.onLost?.();
    }
    if (this.isWanted()) this.connectLater(error);
  }

  private isWanted(): boolean {
    return this.wanted;
  }

  private connectLater(error: Error): void {
    const full = Math.min(firstDelayMs * 2 ** this.attempts, maximumDelayMs);
    // Half fixed, half random: modules do not come back all at once.
    const delay = full / 2 + randomInt(Math.ceil(full / 2));
    if (this.attempts === 3) {
      this.options.log.warn({ module: this.options.moduleId }, `the hub cannot be reached: ${error.message}`);
    }
    this.attempts += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), delay);
  }
}

function toSdkMessage({ body, properties }: EdgeMessage): Message {
  const { system, application } = properties;
  const message = new Message(body);
  const set = (
    name: "messageId" | "correlationId" | "userId" | "to" | "expiryTimeUtc",
    value: string | undefined,
  ): void => {
    if (value !== undefined) message[name] = value;
  };
  set("messageId", system.mid);
  set("correlationId", system.cid);
  set("userId", system.uid);
  set("to", system.to);
  set("expiryTimeUtc", system.exp);
  // The SDK's types know two values, its code writes any.
  if (system.ct !== undefined) message.contentType = system.ct as "application/json";
  if (system.ce !== undefined) message.contentEncoding = system.ce as "utf-8";
  for (const [name, value] of Object.entries(application)) message.properties.add(name, value);
  return message;
}
