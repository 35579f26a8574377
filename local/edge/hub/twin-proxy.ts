import { isObject } from "@edge-vision/manifest";
import type { TwinProperties } from "azure-iot-device";
import type { Logger } from "pino";
import { desiredPropertiesTopic, twinResponseTopic } from "../../protocol/topics";
import { readJson, writeJson } from "../files";
import { applyPatch, diffPatch, joinPatches, type JsonObject } from "../json-patch";
import type { Broker } from "./broker";
import type { UpstreamConnection } from "./upstream";

/** A module's twin as it is kept on disk. */
interface TwinCache {
  desired: JsonObject;
  reported: JsonObject;
  /** What the module reported while the hub was away. */
  pending?: JsonObject;
}

export interface TwinProxyOptions {
  moduleId: string;
  file: string;
  broker: Broker;
  upstream: UpstreamConnection;
  log: Logger;
}

/**
 * A module's twin between module and hub. With the hub away the module gets the last known one, and what it reports is
 * kept and sent later. However the two are cut off from each other, the module misses no desired property: what it has
 * been told is compared with what the hub wants each time that either comes back.
 */
export class TwinProxy {
  private cache: TwinCache | undefined;
  /** The desired properties that the module knows; nothing before it has asked. */
  private told: JsonObject | undefined;
  /** Requests that came before anything was known. */
  private waiting: string[] = [];
  private saving: Promise<void> = Promise.resolve();

  private constructor(private readonly options: TwinProxyOptions) {}

  static async open(options: TwinProxyOptions): Promise<TwinProxy> {
    const proxy = new TwinProxy(options);
    proxy.cache = (await readJson(options.file)) as TwinCache | undefined;
    return proxy;
  }

  get desired(): JsonObject | undefined {
    return this.cache?.desired;
  }

  /** The hub is there, with this twin. */
  onHub(twin: TwinProperties): void {
    const { pending } = this.cache ?? {};
    this.cache = { desired: twin.desired, reported: twin.reported };
    if (pending !== undefined) void this.report(pending);
    this.save();
    this.tell();
    for (const requestId of this.waiting.splice(0)) this.answerGet(requestId);
  }

  /** The hub changed desired properties. */
  onDesired(patch: JsonObject): void {
    const known = this.cache?.desired;
    if (this.cache === undefined || known === undefined || Number(patch.$version) !== Number(known.$version) + 1) {
      // One was missed: the whole twin says what is true.
      void this.refresh();
      return;
    }
    this.cache = { ...this.cache, desired: applyPatch(known, patch) };
    this.save();
    this.tell();
  }

  /** The module asked for its twin. */
  onGet(requestId: string): void {
    if (this.options.upstream.isConnected)
      void this.refresh().then(() => {
        this.answerGet(requestId);
      });
    else this.answerGet(requestId);
  }

  /** The module reports properties. */
  onPatch(requestId: string, payload: Buffer): void {
    const patch = parseObject(payload);
    if (patch === undefined) {
      this.answer(400, requestId, { errorCode: 400, message: "Reported properties must be a JSON object." });
      return;
    }
    void this.report(patch).then(() => {
      const version = Number(this.cache?.reported.$version);
      this.answer(204, requestId, undefined, Number.isNaN(version) ? undefined : version);
    });
  }

  /** Tells the module what it does not know yet; called too when it has (re)connected or subscribed. */
  tell(): void {
    const { broker, moduleId } = this.options;
    const { told, cache } = this;
    if (told === undefined || cache === undefined || !broker.acceptsDesired(moduleId)) return;
    const version = cache.desired.$version;
    if (version === told.$version) return;
    const patch = diffPatch(told, cache.desired);
    this.told = cache.desired;
    broker.publish(moduleId, desiredPropertiesTopic(Number(version)), JSON.stringify({ ...patch, $version: version }));
  }

  /** A new process of the module starts: it knows nothing. */
  forget(): void {
    this.told = undefined;
    this.waiting = [];
  }

  async close(): Promise<void> {
    await this.saving;
  }

  private async refresh(): Promise<void> {
    try {
      this.onHub(await this.options.upstream.getTwin());
    } catch {
      // The connection tells when it is back, with the twin as it is then.
    }
  }

  private async report(patch: JsonObject): Promise<void> {
    const whole = joinPatches(this.cache?.pending ?? {}, patch);
    const { upstream, log, moduleId } = this.options;
    let sent = false;
    if (upstream.isConnected) {
      try {
        await upstream.report(whole);
        sent = true;
      } catch (error) {
        log.info({ module: moduleId }, `reported later: ${(error as Error).message}`);
      }
    }
    const { desired, reported } = this.cache ?? { desired: {}, reported: {} };
    if (sent) {
      const $version = Number(reported.$version ?? 0) + 1;
      this.cache = { desired, reported: { ...applyPatch(reported, whole), $version } };
    } else {
      this.cache = { desired, reported: applyPatch(reported, patch), pending: whole };
    }
    this.save();
  }

  private answerGet(requestId: string): void {
    const { cache } = this;
    if (cache?.desired.$version === undefined) {
      this.waiting.push(requestId);
      return;
    }
    this.told = cache.desired;
    this.answer(200, requestId, { desired: cache.desired, reported: cache.reported });
  }

  private answer(status: number, requestId: string, body: JsonObject | undefined, version?: number): void {
    const { broker, moduleId } = this.options;
    const payload = body === undefined ? "" : JSON.stringify(body);
    broker.publish(moduleId, twinResponseTopic(status, requestId, version), payload);
  }

  private save(): void {
    const { file, log } = this.options;
    this.saving = this.saving
      .then(() => writeJson(file, this.cache, 0o600))
      .catch((error: unknown) => {
        log.error(`${file} cannot be written: ${(error as Error).message}`);
      });
  }
}

function parseObject(payload: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
