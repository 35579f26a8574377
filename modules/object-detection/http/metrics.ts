import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Inference } from "../inference/inference";

const durations = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24];

/** The service's figures in Prometheus' form. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: "object_detection_requests_total",
    help: "Answered POST /image requests by status; 499 is a client that went away",
    labelNames: ["status"],
    registers: [this.registry],
  });
  readonly decodeTime = this.#histogram("decode", "Time to decode and resize a picture");
  readonly inferenceTime = this.#histogram("inference", "Time in the model, with its tensors");
  readonly totalTime = this.#histogram("total", "Time from the request's first byte to the answer");

  constructor(inference: Inference) {
    collectDefaultMetrics({ register: this.registry });
    this.#gauge("queue_depth", "Pictures that wait for the model", () => inference.waiting);
    this.#gauge("in_flight", "Pictures that the inference process has", () => inference.inFlight);
    this.#gauge(
      "inference_resident_bytes",
      "Resident memory of the inference processes",
      () => inference.residentBytes,
    );
    this.#gauge("ready", "1 when the model answers", () => (inference.state.name === "ready" ? 1 : 0));
    new Counter({
      name: "object_detection_inference_ends_total",
      help: "Inference processes that ended by themselves and were replaced",
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(inference.ends);
      },
    });
    new Gauge({
      name: "object_detection_model_info",
      help: "The model in use; always 1",
      labelNames: ["name", "family", "sha256", "backend"],
      registers: [this.registry],
      collect() {
        this.reset();
        const { state } = inference;
        if (!("info" in state)) return;
        const { name, family, sha256, backend } = state.info;
        this.set({ name, family, sha256, backend }, 1);
      },
    });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({
      name: `object_detection_${name}_seconds`,
      help,
      buckets: durations,
      registers: [this.registry],
    });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `object_detection_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }
}
