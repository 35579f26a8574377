import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CameraReported, CameraSettings, Detection } from "@edge-vision/messages";
import type { ModuleClient } from "azure-iot-device";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Budget } from "./edge/budget";
import { BudgetWatch } from "./edge/budget-watch";
import { Delivery } from "./edge/delivery";
import { HubConnection } from "./edge/hub-connection";
import { createMethods } from "./edge/methods";
import { Outbox } from "./edge/outbox";
import { Analysis } from "./flow/analysis";
import type { Frame } from "./flow/frame";
import { HealthWatch } from "./health/health-watch";
import type { Picture } from "./jpeg/splitter";
import { DetectionsReporter } from "./reporting/detections-reporter";
import { FrameHistory } from "./server/frame-history";
import { createHttpServer } from "./server/http-server";
import { Metrics } from "./server/metrics";
import type { CameraEnvironment } from "./settings/environment";
import { type DesiredProperties, LiveSettings } from "./settings/live-settings";
import { SettingsFile } from "./settings/settings-file";
import { CaptureControl } from "./sources/capture-control";
import { FileSpotStorage } from "./spots/file-spot-storage";
import { now } from "./spots/moment";
import { SpotWatch } from "./spots/spot-watch";
import { Watchdog, WatchdogError } from "./watchdog";

export interface CameraDependencies {
  /** Makes a client of edgeHub that is not open yet. */
  connect: () => Promise<ModuleClient>;
  /** Stands in messages as `camera`. */
  deviceId: string;
  log: Logger;
}

const output = "output1";
const watchMilliseconds = 1000;

/** The module: pictures in, messages out. */
export class Camera {
  readonly #environment: CameraEnvironment;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #hub: HubConnection;
  readonly #delivery: Delivery;
  readonly #outbox: Outbox;
  readonly #budget: BudgetWatch;
  readonly #spots: SpotWatch;
  readonly #analysis: Analysis;
  readonly #capture: CaptureControl;
  readonly #health: HealthWatch;
  readonly #reporter: DetectionsReporter;
  readonly #settings: LiveSettings;
  readonly #settingsFile: SettingsFile;
  readonly #frames = new FrameHistory();
  readonly #watchdog: Watchdog;
  readonly #server: FastifyInstance;
  #sequence = 0;

  private constructor(
    environment: CameraEnvironment,
    { connect, deviceId, log }: CameraDependencies,
    { spots, outbox, budget }: { spots: SpotWatch; outbox: Outbox; budget: Budget },
  ) {
    this.#environment = environment;
    this.#log = log;
    this.#spots = spots;
    this.#budget = new BudgetWatch({
      budget,
      report: (report) => {
        this.#report({ budget: report });
      },
      log,
    });
    this.#outbox = outbox;
    this.#metrics = new Metrics({
      inFlight: () => this.#analysis.inFlight,
      rate: () => this.#analysis.rate,
      hubConnected: () => this.#hub.connected,
      outbox: () => this.#outbox.length,
    });
    this.#hub = new HubConnection({
      connect,
      output,
      log,
      methods: createMethods({
        snapshotAllowed: () => this.#settings.current?.snapshot === true,
        latestFrame: () => this.#frames.latest,
        spots,
        onReset: () => {
          this.#health.forget();
        },
      }),
      onDesired: (desired) => {
        this.#apply(desired);
      },
      onConnected: () => {
        this.#outbox.retry();
      },
    });
    this.#delivery = new Delivery(this.#hub, this.#metrics, log, (bytes) => {
      this.#budget.sent(bytes);
    });
    const { endpoint, token } = environment;
    this.#analysis = new Analysis({
      endpoint,
      token,
      metrics: this.#metrics,
      log,
      onJudged: (frame, detections) => {
        this.#onJudged(frame, detections);
      },
    });
    this.#watchdog = new Watchdog(environment.watchdogSeconds);
    this.#capture = new CaptureControl({
      stateFolder: environment.stateFolder,
      metrics: this.#metrics,
      log,
      deliver: (picture) => {
        this.#onPicture(picture);
      },
      onState: (state) => {
        const error = state.state === "failed" ? state.error.message.slice(0, 1000) : null;
        this.#report({ source: { state: state.state, error } });
      },
    });
    this.#health = new HealthWatch((health) => {
      log.warn({ picture: health }, health === "ok" ? "pictures can be judged again" : "pictures cannot be judged");
      this.#report({ picture: health });
    });
    this.#reporter = new DetectionsReporter(deviceId);
    this.#settingsFile = new SettingsFile(join(environment.stateFolder, "settings.json"));
    this.#settings = new LiveSettings(environment.settings, (settings, before) => {
      this.#onSettings(settings, before);
    });
    this.#server = createHttpServer({
      metrics: this.#metrics,
      preview: environment.preview ? this.#frames : undefined,
      notReady: () => this.#notReady(),
      unhealthy: () => [this.#watchdog.overdue].filter((reason) => reason !== undefined),
    });
  }

  /** Takes up what the last run left in the state folder. */
  static async create(environment: CameraEnvironment, dependencies: CameraDependencies): Promise<Camera> {
    const { stateFolder } = environment;
    const { log, deviceId } = dependencies;
    await mkdir(stateFolder, { recursive: true });
    const storage = new FileSpotStorage(stateFolder, (file) => {
      log.error({ file }, "unreadable, given up");
    });
    const outbox = new Outbox({
      remove: (event) => storage.removeEvent(event),
      onLost: ({ event }, reason) => {
        log.error({ eventId: event.eventId, reason }, "an event was given up");
      },
      log,
    });
    const spots = await SpotWatch.open({
      storage,
      camera: deviceId,
      onEvent: (event) => {
        outbox.add(event);
      },
      onStorageFault: (error) => {
        log.error({ reason: error.message }, "the state folder cannot be written; a restart may lose events");
      },
    });
    const budget = await Budget.open(join(stateFolder, "budget.json"));
    return new Camera(environment, dependencies, { spots, outbox, budget });
  }

  /**
   * Works until `signal` aborts. Nothing is captured before settings are known: the hub's, or those of the last run.
   *
   * @throws WatchdogError when no picture came for too long
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#server.listen({ host: this.#environment.host, port: this.#environment.port });
    const address = this.#server.server.address();
    this.#log.info({ port: typeof address === "object" ? address?.port : address }, "listening");
    const known = await this.#settingsFile.read();
    if (known) this.#apply(known, { fromFile: true });
    else this.#log.info("waiting for the hub's first answer");
    const gaveUp = new AbortController();
    const watch = setInterval(() => {
      this.#watch(gaveUp);
    }, watchMilliseconds);
    const end = AbortSignal.any([signal, gaveUp.signal]);
    await Promise.all([
      this.#hub.run(end),
      this.#outbox.run((message) => this.#delivery.send(message), end),
      this.#budget.run(end),
    ]);
    clearInterval(watch);
    await this.#capture.stop();
    await Promise.all([this.#server.close(), this.#analysis.close(), this.#spots.settled()]);
    if (gaveUp.signal.aborted) throw gaveUp.signal.reason;
  }

  #apply(desired: DesiredProperties, { fromFile = false } = {}): void {
    const report = this.#settings.apply(desired);
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
    if (before && JSON.stringify(before.spots) !== JSON.stringify(settings.spots)) this.#health.forget();
    this.#spots.configure(settings.report === "detections" ? { ...settings, spots: [] } : settings);
    this.#outbox.configure(settings.outbox);
    this.#budget.configure(settings);
    this.#watchdog.feed();
    this.#capture.use(settings.source, () => this.#settings.current?.fps ?? settings.fps);
  }

  #onPicture(picture: Picture): void {
    const settings = this.#settings.current;
    if (!settings) return;
    const moment = now();
    const frame: Frame = { ...picture, sequence: ++this.#sequence, moment, capturedAt: moment.wall };
    this.#metrics.captured.inc();
    this.#watchdog.feed();
    this.#frames.captured(frame);
    if (this.#analysis.offer(frame, settings.fps)) this.#health.see(frame);
  }

  #onJudged(frame: Frame, detections: Detection[]): void {
    const settings = this.#settings.current;
    if (!settings) return;
    if (this.#environment.preview) this.#frames.judged(frame);
    const message = this.#reporter.report(frame, detections, settings);
    if (message) void this.#delivery.send(message);
    const { moment, width, height } = frame;
    const usable = this.#health.current === "ok";
    this.#spots.observe({ moment, width, height, detections: usable ? detections : undefined });
  }

  #watch(gaveUp: AbortController): void {
    // A clip that has ended and a camera that waits for its first settings are as they should be.
    if (!this.#settings.current || this.#capture.state.state === "ended") this.#watchdog.feed();
    const { overdue } = this.#watchdog;
    if (overdue !== undefined) gaveUp.abort(new WatchdogError(overdue));
  }

  #report(properties: Partial<CameraReported>): void {
    this.#hub.report(properties);
  }

  #notReady(): string[] {
    const { state } = this.#capture;
    const reasons: string[] = [];
    if (!this.#settings.current) reasons.push("no settings yet: the hub has not answered");
    else if (state.state === "failed") reasons.push(`source: ${state.error.message}`);
    else if (state.state === "starting") reasons.push("source: no picture yet");
    if (this.#analysis.fault !== undefined) reasons.push(`inference: ${this.#analysis.fault}`);
    return reasons;
  }
}
