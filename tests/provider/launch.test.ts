import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundleScript } from "@edge-vision/bundle";

const launcher = require.resolve("@edge-vision/iotedge/launch");
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "launch-"));
  await writeFile(path.join(folder, "greeting.js"), `exports.greeting = "hello";`);
  await writeFile(
    path.join(folder, "main.js"),
    `const { greeting } = require("./greeting"); import("node:os").then(() => console.log(greeting, __filename));`,
  );
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the script says, and which file it was. */
function launch(): string[] {
  const program = `require(${JSON.stringify(launcher)}).launch(${JSON.stringify(path.join(folder, "main.js"))})`;
  const [greeting = "", file = ""] = execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }).split(" ");
  return [greeting, path.basename(file.trim())];
}

const bundle = () => bundleScript(path.join(folder, "main.js"));

async function codeFile(): Promise<string> {
  const [file = "none"] = (await readdir(folder)).filter((name) => name.endsWith(".code"));
  return path.join(folder, file);
}

test("a script without a bundle runs as it is", () => {
  expect(launch()).toEqual(["hello", "main.js"]);
});

test("a bundle keeps what its first run has compiled", async () => {
  await bundle();
  expect(launch()).toEqual(["hello", "main.bundle.js"]);
  const { mtimeMs } = await stat(await codeFile());
  expect(launch()).toEqual(["hello", "main.bundle.js"]);
  expect((await stat(await codeFile())).mtimeMs).toBe(mtimeMs);
});

test("a source that is younger than the bundle counts", async () => {
  await bundle();
  const source = path.join(folder, "greeting.js");
  await writeFile(source, `exports.greeting = "hi";`);
  const later = Date.now() / 1000 + 5;
  await utimes(source, later, later);
  expect(launch()).toEqual(["hi", "main.js"]);
});

test("another bundle drops what was compiled of the one before", async () => {
  await bundle();
  launch();
  const before = await codeFile();
  await writeFile(path.join(folder, "greeting.js"), `exports.greeting = "howdy";`);
  await bundle();
  expect(launch()).toEqual(["howdy", "main.bundle.js"]);
  expect(await codeFile()).not.toBe(before);
  expect((await readdir(folder)).filter((name) => name.endsWith(".code"))).toHaveLength(1);
});

test("the same bundle, made again, keeps what was compiled", async () => {
  await bundle();
  launch();
  const { mtimeMs } = await stat(await codeFile());
  await bundle();
  expect(launch()).toEqual(["hello", "main.bundle.js"]);
  expect((await stat(await codeFile())).mtimeMs).toBe(mtimeMs);
});

test("compiled code that cannot be used is replaced", async () => {
  await bundle();
  launch();
  const file = await codeFile();
  const good = await readFile(file);
  await writeFile(file, "nonsense");
  expect(launch()).toEqual(["hello", "main.bundle.js"]);
  expect((await readFile(file)).length).toBeGreaterThan(good.length / 2);
});
