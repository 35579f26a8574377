import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ClipLabels } from "./labels";
import { renderScene, type Weather } from "./render";
import { Scene } from "./scene";

const usage = `usage: node modules/camera-module/dist/ground-truth/main.js --out <folder>
         [--seed 1] [--seconds 60] [--fps 5] [--weather day|evening|night|rain|wind]
Writes <folder>/clip.mjpeg, a car park as a camera sees it, and <folder>/labels.json, what truly happens in it.
`;

const weathers: Record<string, Weather> = {
  day: { sun: 0.6 },
  evening: { sun: 2.5, light: 0.6 },
  night: { light: 0.25, noise: 8 },
  rain: { light: 0.8, rain: 250 },
  wind: { sun: 0.6, shake: 2 },
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      seed: { type: "string", default: "1" },
      seconds: { type: "string", default: "60" },
      fps: { type: "string", default: "5" },
      weather: { type: "string", default: "day" },
    },
  });
  const [seed, seconds, fps] = [Number(values.seed), Number(values.seconds), Number(values.fps)];
  const weather = weathers[values.weather];
  const valid = Number.isInteger(seed) && seconds > 0 && fps > 0 && weather !== undefined;
  if (values.out === undefined || !valid) {
    process.stderr.write(usage);
    return 2;
  }
  await mkdir(values.out, { recursive: true });
  const scene = new Scene({ seed, seconds });
  const clip = createWriteStream(join(values.out, "clip.mjpeg"));
  for (let frame = 0; frame < seconds * fps; frame++) {
    if (!clip.write(await renderScene(scene, frame / fps, weather))) await once(clip, "drain");
  }
  clip.end();
  await once(clip, "close");
  const labels: ClipLabels = { clip: "clip.mjpeg", fps, seconds, spots: scene.spots, events: scene.events };
  await writeFile(join(values.out, "labels.json"), `${JSON.stringify(labels, undefined, 2)}\n`);
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    process.exitCode = 2;
  },
);
