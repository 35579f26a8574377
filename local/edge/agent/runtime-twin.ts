import type { TwinProperties } from "azure-iot-device";
import type { Logger } from "pino";
import type { HubEndpoint } from "../hub-endpoint";
import { readJson, writeJson } from "../files";
import { applyPatch, diffPatch, type JsonObject } from "../json-patch";
import type { MethodCall } from "../hub/hub-transport";
import { UpstreamConnection } from "../hub/upstream";

export interface RuntimeTwinOptions {
  hubHostName: string;
  deviceId: string;
  moduleId: "$edgeAgent" | "$edgeHub";
  endpoint?: HubEndpoint;
  key: (refused: boolean) => Promise<string>;
  /** Where the last desired properties that were accepted are kept. */
  file: string;
  /**
   * Called with the desired properties at the start and after each change.
   *
   * @returns whether they were accepted
   */
  onDesired: (desired: JsonObject) => boolean;
  /** Connected or no longer so. */
  onConnection?: () => void;
  onMethod?: (call: MethodCall, twin: RuntimeTwin) => void;
  log: Logger;
}

/** The hub is given this long at the start, before what was kept is used in its place. */
const patienceMs = 3000;
const reportDelayMs = 500;

/** The twin of edgeAgent or edgeHub: what it is told, kept for the time without a hub, and what it reports. */
export class RuntimeTwin {
  readonly upstream: UpstreamConnection;
  private desired: JsonObject | undefined;
  /** What the hub has as reported properties. */
  private reported: JsonObject = {};
  private toReport: JsonObject | undefined;
  private patience: NodeJS.Timeout | undefined;
  private reportTimer: NodeJS.Timeout | undefined;
  private reporting = false;

  constructor(private readonly options: RuntimeTwinOptions) {
    this.upstream = new UpstreamConnection({
      ...options,
      onConnected: (twin) => {
        this.onHub(twin);
        options.onConnection?.();
      },
      onLost: () => {
        options.onConnection?.();
      },
      onDesired: (patch) => {
        this.onPatch(patch);
      },
      onMethod: (request) => {
        options.onMethod?.(request, this);
      },
    });
  }

  start(): void {
    this.upstream.start();
    if (this.options.onMethod !== undefined) void this.upstream.setMethods(true).catch(() => undefined);
    this.patience = setTimeout(() => void this.useKept(), patienceMs);
  }

  stop(): void {
    clearTimeout(this.patience);
    clearTimeout(this.reportTimer);
    this.upstream.stop();
  }

  /** Brings the reported properties to this, now or when the hub is there. */
  report(document: JsonObject): void {
    this.toReport = document;
    this.reportTimer ??= setTimeout(() => {
      this.reportTimer = undefined;
      void this.send();
    }, reportDelayMs);
  }

  private async useKept(): Promise<void> {
    const kept = (await readJson(this.options.file)) as JsonObject | undefined;
    if (this.desired !== undefined || kept === undefined) return;
    this.options.log.info({ module: this.options.moduleId }, "the hub does not answer: what it last said is used");
    this.desired = kept;
    this.options.onDesired(kept);
  }

  private onHub(twin: TwinProperties): void {
    clearTimeout(this.patience);
    const { $version: _version, ...reported } = twin.reported;
    this.reported = reported;
    this.take(twin.desired);
    if (this.toReport !== undefined) this.report(this.toReport);
  }

  private onPatch(patch: JsonObject): void {
    const { desired } = this;
    if (desired !== undefined && Number(patch.$version) === Number(desired.$version) + 1) {
      this.take(applyPatch(desired, patch));
      return;
    }
    // One was missed: the whole twin says what is true.
    this.upstream.getTwin().then(
      (twin) => {
        this.onHub(twin);
      },
      () => undefined,
    );
  }

  private take(desired: JsonObject): void {
    const { file, onDesired, log, moduleId } = this.options;
    if (JSON.stringify(desired) === JSON.stringify(this.desired)) return;
    this.desired = desired;
    if (!onDesired(desired)) return;
    // Registry passwords may be in it.
    writeJson(file, desired, 0o600).catch((error: unknown) => {
      log.error({ module: moduleId }, `${file} cannot be written: ${(error as Error).message}`);
    });
  }

  private async send(): Promise<void> {
    const document = this.toReport;
    if (document === undefined || this.reporting || !this.upstream.isConnected) return;
    const patch = diffPatch(this.reported, document);
    if (Object.keys(patch).length === 0) return;
    this.reporting = true;
    try {
      await this.upstream.report(patch);
      this.reported = document;
    } catch (error) {
      this.options.log.info({ module: this.options.moduleId }, `reported later: ${(error as Error).message}`);
    } finally {
      this.reporting = false;
    }
    if (this.toReport !== document) this.report(this.toReport ?? document);
  }
}
