import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { findImage } from "./image-store";

const digest = "ab".repeat(32);
const reference = `r.azurecr.io/vision/camera@sha256:${digest}`;
let store: string;
let folder: string;

beforeEach(async () => {
  store = await mkdtemp(path.join(os.tmpdir(), "edge-vision-images-"));
  folder = path.join(store, "vision/camera", digest);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "main.js"), "");
});

afterEach(async () => {
  await rm(store, { recursive: true, force: true });
});

test("an image is found by its digest", async () => {
  await writeFile(path.join(folder, "image.json"), `{"entry": "main.js", "exposedPorts": {"8885/tcp": {}}}`);
  expect(await findImage(store, reference)).toEqual({
    reference,
    folder,
    entry: path.join(folder, "main.js"),
    workingDirectory: folder,
    env: {},
    exposedPorts: ["8885/tcp"],
    nodePath: [],
  });
});

test.each([
  ["a tag", "r.azurecr.io/camera:1.0", "IMAGE_REFERENCE_INVALID", /runs images by digest only/],
  ["a short digest", "r.azurecr.io/camera@sha256:abc", "IMAGE_REFERENCE_INVALID", /64 hexadecimal digits/],
  ["a way out of the store", `r/../../x@sha256:${digest}`, "IMAGE_REFERENCE_INVALID", /is not <registry>/],
  [
    "one that is not there",
    `r/other@sha256:${digest}`,
    "IMAGE_NOT_FOUND",
    /not in the local image store .*edge-vision up$/,
  ],
])("%s is refused", async (_name, image, code, message) => {
  await expect(findImage(store, image)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

test.each([
  ["no JSON", "{", /is not JSON/],
  ["a wrong field", `{"entry": "main.js", "exposedPorts": {"web": {}}}`, /exposedPorts/],
  ["an entry that is missing", `{"entry": "other.js"}`, /names the entry other.js, which is not there/],
])("a description with %s is refused", async (_name, text, message) => {
  await writeFile(path.join(folder, "image.json"), text);
  const refusal = { code: "IMAGE_UNREADABLE", message: expect.stringMatching(message) as string };
  await expect(findImage(store, reference)).rejects.toMatchObject(refusal);
});
