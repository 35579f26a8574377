import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { secret, unknown, type PropertyMap } from "@edge-vision/iotedge/kit";
import { parseImageName } from "./image-name";
import { ImageStore } from "./image-store";
import { docker } from "./provider";
import { textOf } from "../text-of";

const token = "docker:index/image:Image";
let root: string;
let state: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "docker-"));
  state = path.join(root, "state");
  await write("modules/hello/package.json", {
    name: "hello",
    version: "1.0.0",
    edgeVision: { entries: ["main.ts"], assets: { words: "../../words" } },
  });
  await write("modules/hello/main.ts", "console.log('hello');");
  await write("modules/hello/Dockerfile", "FROM node:22\nENV LANG=C\nEXPOSE 8885\n");
  await write("words/en.txt", "hello");
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), typeof content === "string" ? content : JSON.stringify(content));
}

function image() {
  const resource = docker(state).resource(token);
  if (resource?.check === undefined || resource.diff === undefined || resource.preview === undefined) {
    throw new Error("no image");
  }
  return resource as Required<typeof resource>;
}

const call = {
  urn: `urn:pulumi:dev::test::${token}::hello`,
  name: "hello",
  token,
  signal: new AbortController().signal,
  log: () => undefined,
};

const inputsOf = (build: PropertyMap = {}, more: PropertyMap = {}): PropertyMap => ({
  imageName: "images.azurecr.io/hello:amd64",
  build: { context: root, dockerfile: path.join(root, "modules/hello/Dockerfile"), platform: "linux/amd64", ...build },
  registry: { server: "images.azurecr.io", username: "push", password: secret("p") },
  ...more,
});

const check = (news: PropertyMap) =>
  image().check({ ...call, olds: undefined, news, randomSeed: Buffer.alloc(0), autonaming: undefined });

async function push(news = inputsOf()): Promise<PropertyMap> {
  const { inputs, failures } = await check(news);
  expect(failures).toEqual([]);
  return (await image().create({ ...call, inputs })).outputs as PropertyMap;
}

async function digestOf(news = inputsOf()): Promise<string> {
  const { inputs, failures } = await check(news);
  expect(failures).toEqual([]);
  return textOf((inputs["build"] as PropertyMap)["contextDigest"]);
}

test("an image is put into the store under its digest, with what the runtime needs", async () => {
  const outputs = await push();
  const digest = await digestOf();
  expect(outputs).toEqual({
    baseImageName: "images.azurecr.io/hello:amd64",
    imageName: "images.azurecr.io/hello:amd64",
    context: root,
    dockerfile: path.join(root, "modules/hello/Dockerfile"),
    platform: "linux/amd64",
    registryServer: "images.azurecr.io",
    repoDigest: `images.azurecr.io/hello@${digest}`,
  });
  const folder = path.join(state, "images/hello", digest.slice("sha256:".length));
  expect((await readdir(folder)).sort()).toEqual(["image.json", "main.js", "package.json", "words"]);
  expect(JSON.parse(await readFile(path.join(folder, "image.json"), "utf8"))).toMatchObject({
    entry: "main.js",
    env: { LANG: "C" },
    exposedPorts: { "8885/tcp": {} },
    workingDirectory: ".",
    assets: { words: path.join(folder, "words") },
  });
  expect(await readdir(path.join(state, "images"))).toEqual(["hello"]);
});

test("the digest follows sources, assets, Dockerfile and platform", async () => {
  const seen = [await digestOf(), await digestOf(inputsOf({ platform: "linux/arm64" }))];
  for (const [file, content] of [
    ["modules/hello/main.ts", "console.log('changed');"],
    ["words/en.txt", "hallo"],
    ["modules/hello/Dockerfile", "FROM node:22\nEXPOSE 8886\n"],
  ] as const) {
    await write(file, content);
    seen.push(await digestOf());
  }
  expect(new Set(seen).size).toBe(5);
  expect(await digestOf()).toBe(seen.at(-1));
});

test("a preview changes nothing and knows the digest when the name is known", async () => {
  const { inputs } = await check(inputsOf());
  const known = await image().preview({ ...call, inputs, state: undefined });
  expect(known["repoDigest"]).toBe(`images.azurecr.io/hello@${await digestOf()}`);
  const later = await image().preview({ ...call, inputs: { ...inputs, imageName: unknown }, state: undefined });
  expect(later["repoDigest"]).toBe(unknown);
  await expect(readdir(state)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a new password is no change, a new registry replaces", async () => {
  const { inputs } = await check(inputsOf());
  const diff = async (more: PropertyMap) => {
    const { inputs: news } = await check(inputsOf({}, more));
    const { changes } = await image().diff({ ...call, id: "x", oldInputs: inputs, state: {}, news });
    return changes.map(({ path: changed, replace }) => `${changed} ${replace ? "replace" : "update"}`);
  };
  expect(await diff({ registry: { server: "images.azurecr.io", username: "push", password: secret("q") } })).toEqual(
    [],
  );
  expect(await diff({ imageName: "other.azurecr.io/hello", registry: { server: "other.azurecr.io" } })).toEqual([
    "imageName replace",
    "registry replace",
  ]);
  await write("modules/hello/main.ts", "console.log('changed');");
  expect(await diff({})).toEqual(["build.contextDigest update"]);
});

test("a refresh finds an image that is gone", async () => {
  const outputs = await push();
  const request = { ...call, id: "x", inputs: inputsOf(), state: outputs };
  expect(await image().read(request)).toMatchObject({ outputs });
  await rm(path.join(state, "images"), { recursive: true });
  expect(await image().read(request)).toBeUndefined();
});

test("old images and what killed processes left are removed, the latest stay", async () => {
  const store = new ImageStore(state);
  const digests = Array.from({ length: 12 }, (_, index) => index.toString(16).padStart(64, "0"));
  for (const [age, digest] of digests.entries()) {
    const folder = store.folderOf("hello", `sha256:${digest}`);
    await mkdir(folder, { recursive: true });
    await utimes(folder, new Date(), new Date(Date.now() - (age + 1) * 60_000));
  }
  const [old, young] = [await store.workFolder(), await store.workFolder()];
  await utimes(old, new Date(), new Date(Date.now() - 2 * 3_600_000));
  const { repoDigest } = await push();
  const left = await readdir(path.join(state, "images/hello"));
  expect(left.sort()).toEqual([...digests.slice(0, 8), textOf(repoDigest).split("sha256:")[1]].sort());
  expect((await readdir(path.join(state, "images"))).sort()).toEqual([path.basename(young), "hello"]);
});

test("faults are told together, with their path", async () => {
  const { failures } = await check(
    inputsOf({ platform: "windows/amd64", file: "x" }, { imageName: "Images/Hello", tags: [] }),
  );
  expect(failures.map(({ property, reason }) => `${property}: ${reason}`)).toEqual([
    "tags: is not a property here; known are build, buildOnPreview, imageName, registry, skipPush.",
    expect.stringMatching(/^build\.file: is not a property here/),
    'imageName: "Images/Hello" is no image name: it must be server/repository[:tag] in lower case.',
    'build.platform: "windows/amd64" is not supported; use linux/amd64, linux/arm64 or linux/arm/v7.',
  ]);
});

test.each([
  [
    "a source that does not compile",
    "modules/hello/main.ts",
    "const = 1;",
    /hello cannot be bundled:\n {2}main\.ts:1:7: Expected identifier/,
  ],
  ["a module without a description", "modules/hello/package.json", "{}", /lies in no module/],
])("%s is a fault of build", async (_, file, content, reason) => {
  await write(file, content);
  const { failures } = await check(inputsOf());
  expect(failures).toEqual([{ property: "build", reason: expect.stringMatching(reason) as string }]);
});

test("a Dockerfile that is missing is a fault", async () => {
  const { failures } = await check(inputsOf({ dockerfile: path.join(root, "Dockerfile") }));
  expect(failures).toEqual([{ property: "build.dockerfile", reason: `${root}/Dockerfile: no such file.` }]);
});

test.each([
  ["images.azurecr.io/hello:1.0", { server: "images.azurecr.io", repository: "hello", tag: "1.0" }],
  ["localhost:5000/team/hello", { server: "localhost:5000", repository: "team/hello", tag: "latest" }],
  ["hello", { server: "docker.io", repository: "hello", tag: "latest" }],
  ["team/hello:x", { server: "docker.io", repository: "team/hello", tag: "x" }],
  ["images.azurecr.io/Hello", undefined],
  ["images.azurecr.io/hello@sha256:00", undefined],
  ["images.azurecr.io/../secret", undefined],
  ["", undefined],
])("the name %s", (text, expected) => {
  expect(parseImageName(text)).toEqual(expected);
});
