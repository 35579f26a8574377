import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { detectionsSchema, type Box, type Detection } from "@edge-vision/messages";
import { ServiceProcess } from "./service-process";

const photos = path.join(__dirname, "..", "photos");
const threshold = 0.5;
const tolerance = 0.05;
const leastOverlap = 0.9;

const reference = JSON.parse(readFileSync(path.join(photos, "reference.json"), "utf8")) as Record<string, Detection[]>;

let service: ServiceProcess;
beforeAll(async () => {
  service = await (await ServiceProcess.start()).ready();
}, 90_000);
afterAll(async () => {
  await service.stop();
});

describe.each(Object.entries(reference))("%s", (name, expected) => {
  const picture = async (): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(path.join(photos, name)));

  it("holds what the independent program finds in it, and nothing else", async () => {
    const response = await service.post(await picture(), "application/octet-stream");
    expect(response.status).toBe(200);
    const found = detectionsSchema.parse(await response.json());
    expect(unmatched(expected, found)).toEqual([]);
    expect(unmatched(found, expected)).toEqual([]);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).sort((a, b) => b - a));
  });

  it("is read the same as image/jpeg and as multipart", async () => {
    const bytes = await picture();
    const form = new FormData();
    form.set("imageData", new Blob([bytes]), name);
    const answers = await Promise.all([
      service.post(bytes, "application/octet-stream"),
      service.post(bytes, "image/jpeg"),
      service.post(form),
    ]);
    const [first, ...others] = await Promise.all(answers.map(async (answer): Promise<unknown> => answer.json()));
    expect(others).toEqual([first, first]);
  });
});

/** Findings without counterpart, but for those so near to the threshold that either program may leave them out. */
function unmatched(findings: readonly Detection[], others: readonly Detection[]): Detection[] {
  return findings.filter(
    ({ label, score, box }) =>
      score >= threshold + tolerance &&
      !others.some(
        (other) =>
          other.label === label &&
          Math.abs(other.score - score) <= tolerance &&
          overlap(other.box, box) >= leastOverlap,
      ),
  );
}

/** Intersection over union, written apart from the service's own. */
function overlap(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const areaOf = ([xmin, ymin, xmax, ymax]: Box): number => (xmax - xmin) * (ymax - ymin);
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}
