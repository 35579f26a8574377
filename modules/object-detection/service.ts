import { setTimeout as wait } from "node:timers/promises";
import path from "node:path";
import type { ModelReference } from "@edge-vision/messages";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { toFailure } from "./errors";
import { buildServer } from "./http/server";
import { Inference } from "./inference/inference";
import { ModelSource } from "./model/model-source";
import type { Settings } from "./settings";
import { ModuleTwin } from "./twin/module-twin";
import { TwinSettings } from "./twin/twin-settings";

/** Milliseconds that requests in progress have when the service ends. */
const graceful = 4000;
/** Milliseconds before a model that could not be fetched is tried again; doubles up to the most. */
const firstRetry = 5000;
const mostRetry = 300_000;

/** The whole module: HTTP interface, inference process and module twin. */
export class Service {
  readonly inference: Inference;
  readonly #source: ModelSource;
  readonly #ending = new AbortController();
  #app: FastifyInstance | undefined;
  #twin: ModuleTwin | undefined;
  #twinSettings: TwinSettings | undefined;

  /** @param entry script of the inference process */
  constructor(
    private readonly settings: Settings,
    private readonly log: Logger,
    entry: string,
  ) {
    this.inference = new Inference(
      {
        entry,
        queue: settings.QUEUE,
        deadline: settings.DEADLINE * 1000,
        options: {
          sessions: settings.SESSIONS,
          threads: settings.THREADS,
          backend: settings.BACKEND,
          maxPixels: settings.MAX_PIXELS,
          maxModelBytes: settings.MAX_MODEL_BYTES,
        },
      },
      log,
    );
    this.#source = new ModelSource(path.join(settings.STATE, "models"), { maxBytes: settings.MAX_MODEL_BYTES });
  }

  /** Listens, and loads the model in the background. Answers the address. */
  async start(): Promise<string> {
    const { settings, log, inference } = this;
    inference.setThreshold(settings.THRESHOLD);
    this.#app = await buildServer(inference, settings, log);
    const address = await this.#app.listen({ port: settings.PORT, host: settings.HOST });
    void this.#startModel();
    if (ModuleTwin.available(process.env)) this.#startTwin();
    return address;
  }

  /** Answers what is being answered, takes nothing new, and ends all processes. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#twinSettings?.close();
    const tooLate = setTimeout(() => this.#app?.server.closeAllConnections(), graceful);
    await this.#app?.close();
    clearTimeout(tooLate);
    this.inference.close();
    await this.#twin?.close();
  }

  async #startModel(): Promise<void> {
    const { signal } = this.#ending;
    for (let delay = firstRetry; !signal.aborted; delay = Math.min(mostRetry, 2 * delay)) {
      try {
        this.inference.start(await this.#source.fetch(this.#model(), signal));
        return;
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        const failure = toFailure(error);
        this.log.error({ code: failure.code }, failure.message);
        this.inference.refuse(failure);
        if (failure.code !== "MODEL_DOWNLOAD") return;
        await wait(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #startTwin(): void {
    const twin = new ModuleTwin((desired) => void this.#twinSettings?.apply(desired), this.log);
    this.#twin = twin;
    this.#twinSettings = new TwinSettings(
      this.inference,
      this.#source,
      { model: this.#model(), threshold: this.settings.THRESHOLD },
      (reported) => {
        twin.report(reported);
      },
      this.log,
    );
    void twin.run();
  }

  /** The model that the environment names. */
  #model(): ModelReference {
    const { MODEL, MODEL_SHA256, MODEL_CARD } = this.settings;
    return {
      ...(MODEL.startsWith("https://") ? { url: MODEL } : { file: MODEL }),
      ...(MODEL_SHA256 === undefined ? {} : { sha256: MODEL_SHA256 }),
      ...(MODEL_CARD === undefined ? {} : { card: MODEL_CARD }),
    };
  }
}
