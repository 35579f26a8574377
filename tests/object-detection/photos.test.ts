import { readFile } from "node:fs/promises";
import path from "node:path";
import { detectionsSchema } from "@edge-vision/messages";
import { photos, reference, unmatched } from "./reference";
import { ServiceProcess } from "./service-process";

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
