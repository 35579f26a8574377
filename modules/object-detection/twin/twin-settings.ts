import {
  objectDetectionTwinSchema,
  type ModelReference,
  type ObjectDetectionReported,
  type ObjectDetectionTwin,
} from "@edge-vision/messages";
import type { Logger } from "pino";
import { toFailure } from "../errors";
import type { Inference } from "../inference/inference";
import type { ModelSource } from "../model/model-source";

/** Desired properties as they arrive: anything, with the version beside it. */
export type Desired = Record<string, unknown> & { $version?: number };

export type ReportProperties = (reported: Partial<ObjectDetectionReported>) => void;

/** Milliseconds before a model that could not be fetched is tried again; doubles up to the most. */
const firstRetry = 30_000;
const mostRetry = 600_000;

/**
 * Applies the module twin to a running service and says of each property what became of it. What is refused changes
 * nothing; what is taken out of the twin goes back to the environment's setting.
 */
export class TwinSettings {
  #applying = Promise.resolve();
  #abort = new AbortController();
  #retry: NodeJS.Timeout | undefined;
  /** The model that the twin last put in place; `undefined` is the environment's. */
  #applied: string | undefined;

  constructor(
    private readonly inference: Inference,
    private readonly source: ModelSource,
    private readonly environment: { model: ModelReference; threshold: number | undefined },
    private readonly report: ReportProperties,
    private readonly log: Logger,
  ) {}

  /** Applies desired properties; newer ones end the work on older ones. Resolves when all is reported. */
  async apply(desired: Desired): Promise<void> {
    this.close();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#applying = this.#applying.then(async () => {
      await this.inference.decided();
      if (signal.aborted) return;
      const version = desired.$version ?? 0;
      this.#applyThreshold(desired, version);
      await this.#applyModel(desired, version, signal, firstRetry);
    });
    return this.#applying;
  }

  /** Gives up what is under way. */
  close(): void {
    this.#abort.abort();
    clearTimeout(this.#retry);
  }

  #applyThreshold(desired: Desired, version: number): void {
    const parsed = read("threshold", desired);
    if ("reason" in parsed) {
      this.log.warn({ version }, parsed.reason);
      const value = this.inference.threshold ?? 0;
      this.report({ threshold: { version, status: "refused", reason: parsed.reason, value } });
      return;
    }
    const value = parsed.value ?? undefined;
    this.inference.setThreshold(value ?? this.environment.threshold);
    this.report({
      threshold: value === undefined ? null : { version, status: "applied", value },
    });
  }

  async #applyModel(desired: Desired, version: number, signal: AbortSignal, retryAfter: number): Promise<void> {
    const parsed = read("model", desired);
    if ("reason" in parsed) {
      this.#refuse(version, parsed.reason);
      return;
    }
    const wanted = parsed.value ?? undefined;
    const key = wanted && JSON.stringify(wanted);
    if (key === this.#applied) {
      this.report({ model: this.#model(version, "applied") });
      return;
    }
    this.report({ model: this.#model(version, "pending") });
    try {
      const file = await this.source.fetch(wanted ?? this.environment.model, signal);
      await this.inference.swap(file);
      this.#applied = key;
      this.report({ model: wanted ? this.#model(version, "applied") : null });
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toFailure(error);
      this.#refuse(version, message);
      if (code !== "MODEL_DOWNLOAD" && code !== "INFERENCE_LOST") return;
      this.#retry = setTimeout(() => {
        this.#applying = this.#applying.then(async () =>
          signal.aborted ? undefined : this.#applyModel(desired, version, signal, Math.min(mostRetry, 2 * retryAfter)),
        );
      }, retryAfter);
    }
  }

  #refuse(version: number, reason: string): void {
    this.log.warn({ version }, `model of the twin refused: ${reason}`);
    this.report({ model: { ...this.#model(version, "refused"), reason } });
  }

  /** The model in use, with what is said of the wanted one. */
  #model(version: number, status: "applied" | "pending" | "refused"): NonNullable<ObjectDetectionReported["model"]> {
    const { state } = this.inference;
    const { name, sha256, family } = "info" in state ? state.info : { name: "", sha256: "", family: "" };
    return { version, status, name, sha256, family };
  }
}

/** One property, on its own: a fault in one is no reason to refuse another. */
function read<Key extends keyof ObjectDetectionTwin>(
  key: Key,
  desired: Desired,
): { value: ObjectDetectionTwin[Key] } | { reason: string } {
  const result = objectDetectionTwinSchema.safeParse({ [key]: desired[key] });
  if (result.success) return { value: result.data[key] };
  return { reason: result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
}
