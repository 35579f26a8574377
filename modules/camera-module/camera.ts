import { join } from "node:path";
import {
  type CameraReported,
  type CameraSettings,
  redactCameraSource,
  type SettingsReport,
} from "@edge-vision/messages";
import type { ModuleClient } from "azure-iot-device";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Delivery } from "./edge/delivery";
import { HubConnection } from "./edge/hub-connection";
import { Dispatcher, type Judged } from "./flow/dispatcher";
import type { DropReason, Frame } from "./flow/frame";
import { FrameRate } from "./flow/frame-rate";
import { InferenceClient } from "./inference/inference-client";
import type { Picture } from "./jpeg/splitter";
import { DetectionsReporter } from "./reporting/detections-reporter";
import { FrameHistory } from "./server/frame-history";
import { createHttpServer } from "./server/http-server";
import { Metrics } from "./server/metrics";
import type { CameraEnvironment } from "./settings/environment";
import { type DesiredProperties, LiveSettings } from "./settings/live-settings";
import { SettingsFile } from "./settings/settings-file";
import { type CaptureState, keepCapturing } from "./sources/capture";
import { openSource } from "./sources/open-source";

export interface CameraDependencies {
  /** Makes a client of edgeHub that is not open yet. */
  connect: () => Promise<ModuleClient>;
  /** Stands in messages as `camera`. */
  deviceId: string;
  log: Logger;
}

const pool = 4;
const output = "output1";

/** The module: pictures in, messages out. */
export class Camera {
  readonly #environment: CameraEnvironment;
  readonly #log: Logger;
  readonly #metrics = new Metrics({
    inFlight: () => this.#dispatcher.inFlight,
    hubConnected: () => this.#hub.connected,
  });
  readonly #hub: HubConnection;
  readonly #delivery: Delivery;
  readonly #inference: InferenceClient;
  readonly #dispatcher: Dispatcher;
  readonly #rate = new FrameRate();
  readonly #reporter: DetectionsReporter;
  readonly #settings: LiveSettings;
  readonly #settingsFile: SettingsFile;
  readonly #preview: FrameHistory | undefined;
  readonly #server: FastifyInstance;

  #sequence = 0;
  #capture: CaptureState = { state: "starting" };
  #captureAbort = new AbortController();
  #captureDone: Promise<void> = Promise.resolve();
  #inferenceFault: string | undefined;

  constructor(environment: CameraEnvironment, { connect, deviceId, log }: CameraDependencies) {
    this.#environment = environment;
    this.#log = log;
    this.#hub = new HubConnection({
      connect,
      output,
      log,
      methods: {},
      onDesired: (desired) => {
        this.#apply(desired);
      },
    });
    this.#delivery = new Delivery(this.#hub, this.#metrics, log);
    this.#inference = new InferenceClient({
      endpoint: environment.endpoint,
      token: environment.token,
      connections: pool,
    });
    this.#dispatcher = new Dispatcher({
      pool,
      detect: (jpeg) => this.#inference.detect(jpeg),
      onJudged: (judged) => {
        this.#onJudged(judged);
      },
    });
    this.#reporter = new DetectionsReporter(deviceId);
    this.#settingsFile = new SettingsFile(join(environment.stateFolder, "settings.json"));
    this.#settings = new LiveSettings(environment.settings, (settings, before) => {
      this.#onSettings(settings, before);
    });
    this.#preview = environment.preview ? new FrameHistory() : undefined;
    this.#server = createHttpServer({
      metrics: this.#metrics,
      preview: this.#preview,
      notReady: () => this.#notReady(),
      unhealthy: () => [],
    });
  }

  /** Works until `signal` aborts. Nothing is captured before settings are known: the hub's, or those of the last run. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#server.listen({ host: this.#environment.host, port: this.#environment.port });
    const address = this.#server.server.address();
    this.#log.info({ port: typeof address === "object" ? address?.port : address }, "listening");
    const known = await this.#settingsFile.read();
    if (known) this.#apply(known, { fromFile: true });
    else this.#log.info("waiting for the hub's first answer");
    await this.#hub.run(signal);
    this.#captureAbort.abort();
    await this.#captureDone;
    await Promise.all([this.#server.close(), this.#inference.close()]);
  }

  #apply(desired: DesiredProperties, { fromFile = false } = {}): void {
    const report: SettingsReport = this.#settings.apply(desired);
    if (report.status === "applied") this.#log.info({ version: report.version, fromFile }, "settings applied");
    else this.#log.error({ version: report.version, faults: report.faults }, "settings refused, the old ones stay");
    if (fromFile) return;
    this.#report({ settings: report });
    if (report.status === "refused") return;
    this.#settingsFile.write(desired).catch((error: unknown) => {
      this.#log.error({ reason: (error as Error).message }, "the settings cannot be kept for the next start");
    });
  }

  #onSettings(settings: CameraSettings, before: CameraSettings | undefined): void {
    if (settings.source === before?.source) return;
    this.#captureAbort.abort();
    const abort = (this.#captureAbort = new AbortController());
    this.#captureDone = this.#captureDone.then(() => this.#runCapture(settings.source, abort.signal));
  }

  async #runCapture(source: string, signal: AbortSignal): Promise<void> {
    this.#log.info({ source: redactCameraSource(source) }, "capture starts");
    await keepCapturing(
      {
        open: () => openSource(source, () => this.#settings.current?.fps ?? 1),
        deliver: (picture) => {
          this.#onPicture(picture);
        },
        onState: (state) => {
          this.#onCaptureState(state);
        },
      },
      signal,
    );
  }

  #onCaptureState(state: CaptureState): void {
    this.#capture = state;
    if (state.state === "failed") {
      const { error, retryInSeconds } = state;
      this.#metrics.sourceFailures.inc({ code: error.code });
      this.#log.error({ code: error.code, retryInSeconds }, error.message);
    }
    this.#report({
      source: { state: state.state, error: state.state === "failed" ? state.error.message.slice(0, 1000) : null },
    });
  }

  #onPicture(picture: Picture): void {
    const settings = this.#settings.current;
    if (!settings) return;
    const frame: Frame = { ...picture, sequence: ++this.#sequence, capturedAt: Date.now() };
    this.#metrics.captured.inc();
    this.#preview?.captured(frame);
    const dropped = this.#rate.takes(frame.capturedAt, settings.fps) ? this.#dispatcher.offer(frame) : "rate";
    if (dropped) this.#countDrop(dropped);
  }

  #onJudged(judged: Judged): void {
    const { frame } = judged;
    const settings = this.#settings.current;
    if ("failed" in judged) {
      const { code, message } = judged.failed;
      this.#countDrop(code);
      // Said once for a row of failures, so that a service that is away does not fill the log.
      if (this.#inferenceFault === undefined) this.#log.warn({ code, frame: frame.sequence }, message);
      this.#inferenceFault = message;
      return;
    }
    if (this.#inferenceFault !== undefined) this.#log.info("the inference service answers again");
    this.#inferenceFault = undefined;
    this.#metrics.judged.inc();
    this.#metrics.inferenceSeconds.observe(judged.milliseconds / 1000);
    this.#preview?.judged(frame);
    if (!settings) return;
    const message = this.#reporter.report(frame, judged.detections, settings);
    if (message) void this.#delivery.send(message);
  }

  #countDrop(reason: DropReason): void {
    this.#metrics.dropped.inc({ reason });
  }

  #report(properties: Partial<CameraReported>): void {
    this.#hub.report(properties);
  }

  #notReady(): string[] {
    const reasons: string[] = [];
    if (!this.#settings.current) reasons.push("no settings yet: the hub has not answered");
    else if (this.#capture.state === "failed") reasons.push(`source: ${this.#capture.error.message}`);
    else if (this.#capture.state === "starting") reasons.push("source: no picture yet");
    if (this.#inferenceFault !== undefined) reasons.push(`inference: ${this.#inferenceFault}`);
    return reasons;
  }
}
