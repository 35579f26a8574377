import type { AuthenticationProvider } from "azure-iot-common";
import type { DeviceMethodResponse } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { MqttBase } from "azure-iot-mqtt-base";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { HubEndpoint } from "../hub-endpoint";

export interface HubTransportOptions {
  hubHostName: string;
  endpoint?: HubEndpoint;
  connectTimeoutMs: number;
}

/** A direct method that the hub calls. */
export interface MethodCall {
  name: string;
  /** To be given back with the answer. */
  requestId: string;
  body: Buffer;
}

const methodEvent = "method_";
/** Seconds; a hub that is silent for longer is taken for gone. */
const keepalive = 30;
/** CONNACK 4 and 5: user name or password not accepted, not authorised. */
const refusals = [4, 5];

/**
 * The vendor's MQTT transport with what a gateway needs beyond a module: it hands on methods of any name, it connects to
 * another address than the hub's name says, and it can be given up at once, whatever state it is in.
 */
export class HubTransport extends Mqtt {
  onMethod: ((call: MethodCall) => void) | undefined;
  /** Called when the connection was made anew under way, for a new token: what came meanwhile was missed. */
  onRenewed: (() => void) | undefined;
  private readonly connector: Connector;

  constructor(authentication: AuthenticationProvider, options: HubTransportOptions) {
    const connector = new Connector(options);
    super(authentication, new MqttBase(connector));
    this.connector = connector;
    connector.onRenewed = () => this.onRenewed?.();
    this.on("error", () => undefined);
  }

  /** Whether the hub refused the credentials. */
  get wasRefused(): boolean {
    return this.connector.wasRefused;
  }

  /** What the connection itself failed with: the transport's own error calls everything at first "not authorized". */
  get failure(): Error | undefined {
    return this.connector.failure;
  }

  /** The transport names its events after the method: `method_snapshot`. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (typeof event === "string" && event.startsWith(methodEvent)) {
      const { requestId, body } = values[0] as { requestId: string; body: Buffer };
      this.onMethod?.({ name: event.slice(methodEvent.length), requestId, body });
      return true;
    }
    return super.emit(event, ...values);
  }

  respond(
    response: { requestId: string; status: number; payload: unknown },
    done: (error?: Error | null) => void,
  ): void {
    this.sendMethodResponse(response as unknown as DeviceMethodResponse, done as (error?: Error) => void);
  }

  /** Drops the connection without a word to the hub. */
  drop(): void {
    this.removeAllListeners();
    this.on("error", () => undefined);
    this.onMethod = undefined;
    this.onRenewed = undefined;
    (this._authenticationProvider as { stop?: () => void }).stop?.();
    this.connector.drop();
  }
}

/** Stands in the place of the MQTT library that the transport would load by itself. */
class Connector {
  wasRefused = false;
  failure: Error | undefined;
  onRenewed: (() => void) | undefined;
  private isFirst = true;
  private client: MqttClient | undefined;

  constructor(private readonly options: HubTransportOptions) {}

  connect(uri: string, given: IClientOptions): MqttClient {
    const { endpoint, hubHostName, connectTimeoutMs } = this.options;
    const address = endpoint === undefined ? uri : `mqtts://${endpoint.host}:${endpoint.mqttPort}`;
    this.client = connect(address, {
      ...given,
      keepalive,
      connectTimeout: connectTimeoutMs,
      servername: hubHostName,
      ...(endpoint === undefined ? {} : { ca: endpoint.ca }),
    });
    this.client.on("error", (error) => {
      this.failure = error;
      if (refusals.includes((error as { code?: number }).code ?? 0)) this.wasRefused = true;
    });
    if (!this.isFirst) this.client.once("connect", () => this.onRenewed?.());
    this.isFirst = false;
    return this.client;
  }

  drop(): void {
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    client.on("error", () => undefined);
    client.stream.destroy();
    client.end(true);
  }
}
