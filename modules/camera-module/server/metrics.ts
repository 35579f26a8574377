import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What is asked when the figures are read. */
export interface MetricsSources {
  inFlight: () => number;
  rate: () => number;
  hubConnected: () => boolean;
  outbox: () => number;
}

/** The module's figures for `GET /metrics`. */
export class Metrics {
  readonly registry = new Registry();

  readonly captured = new Counter({
    name: "camera_frames_captured_total",
    help: "Pictures that the source delivered",
    registers: [this.registry],
  });
  readonly dropped = new Counter({
    name: "camera_frames_dropped_total",
    help: "Frames that were not judged, by reason",
    labelNames: ["reason"] as const,
    registers: [this.registry],
  });
  readonly judged = new Counter({
    name: "camera_frames_judged_total",
    help: "Frames whose detections are known",
    registers: [this.registry],
  });
  readonly inferenceSeconds = new Histogram({
    name: "camera_inference_seconds",
    help: "Time from posting a frame to its detections",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10],
    registers: [this.registry],
  });
  readonly messages = new Counter({
    name: "camera_messages_total",
    help: "Messages by type and outcome: sent, confirmed, overdue, lost",
    labelNames: ["type", "outcome"] as const,
    registers: [this.registry],
  });
  readonly sourceFailures = new Counter({
    name: "camera_source_failures_total",
    help: "Times that the source broke off or could not start, by code",
    labelNames: ["code"] as const,
    registers: [this.registry],
  });
  constructor({ inFlight, rate, hubConnected, outbox }: MetricsSources) {
    this.#gauge("camera_requests_in_flight", "Frames at the inference service now", inFlight);
    this.#gauge("camera_rate", "Frames a second that are sent to inference now", rate);
    this.#gauge("camera_hub_connected", "1 while edgeHub is connected", () => (hubConnected() ? 1 : 0));
    this.#gauge("camera_outbox_events", "Spot events that wait for the hub's confirmation", outbox);
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }
}
