import { usual } from "@edge-vision/camera-module/dist/ground-truth/disturb";
import { Scene } from "@edge-vision/camera-module/dist/ground-truth/scene";
import { percentile, type Score, score } from "@edge-vision/camera-module/dist/ground-truth/score";
import { settingsFor, watchScene } from "@edge-vision/camera-module/dist/ground-truth/watch-scene";
import type { Report } from "./report";

const scenes = 20;
const seconds = 900;
const fps = 5;
const parkedHours = 3;
/** A report that comes later than this is of no use, and counts as missing. */
const latest = 20;

/** Spot events of generated car parks, judged with detections as a real detector gives them, against the truth. */
export async function run(report: Report): Promise<void> {
  const exitSeconds = settingsFor(new Scene({ seed: 1, seconds: 1 })).exitSeconds;
  const freed: Score[] = [];
  const occupied: Score[] = [];
  let expected = 0;
  const started = performance.now();
  for (let seed = 1; seed <= scenes; seed++) {
    const scene = new Scene({ seed, seconds });
    // What happens in the last moments cannot be known before the clip ends.
    const truth = scene.events.filter(({ at }) => at < seconds - latest);
    const reports = (await watchScene(scene, { fps, seconds, seed, disturbance: usual })).filter(
      ({ decidedAt }) => decidedAt < seconds - latest + exitSeconds,
    );
    freed.push(score(truth, reports, "freed", latest));
    occupied.push(score(truth, reports, "occupied", latest));
    expected += truth.filter(({ event }) => event === "freed").length;
  }
  const speed = (scenes * seconds * 1000) / (performance.now() - started);
  report.note(`${scenes} scenes of ${seconds} s, ${fps} frames a second, ${expected} spots freed`);
  const mean = (of: Score[], pick: (one: Score) => number): number =>
    of.reduce((sum, one) => sum + pick(one), 0) / of.length;
  report.figure({ name: "freed: precision", value: mean(freed, ({ precision }) => precision), unit: "" });
  report.figure({ name: "freed: recall", value: mean(freed, ({ recall }) => recall), unit: "" });
  report.figure({ name: "freed: F1", value: mean(freed, ({ f1 }) => f1), unit: "", goal: { min: 0.985 } });
  report.figure({ name: "occupied: F1", value: mean(occupied, ({ f1 }) => f1), unit: "" });
  const delays = freed.flatMap((one) => one.delays).sort((a, b) => a - b);
  report.figure({ name: "freed: p50 delay", value: percentile(delays, 0.5), unit: "s" });
  report.figure({
    name: "freed: p95 delay beyond the exit time",
    value: percentile(delays, 0.95) - exitSeconds,
    unit: "s",
    goal: { max: 1 },
  });
  let messages = 0;
  for (let seed = 1; seed <= parkedHours; seed++) {
    const parked = new Scene({ seed, seconds: 3600, traffic: false });
    messages += (await watchScene(parked, { fps, seconds: 3600, seed, disturbance: usual })).length;
  }
  report.figure({ name: `${parkedHours} parked hours`, value: messages, unit: "messages", goal: { equals: 0 } });
  report.figure({ name: "speed", value: speed, unit: "× real time" });
}
