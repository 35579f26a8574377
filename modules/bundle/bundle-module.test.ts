import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundleModule } from "./bundle-module";

let root: string;
let moduleFolder: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "bundle-"));
  moduleFolder = path.join(root, "modules/hello");
  await write("modules/hello/package.json", {
    name: "@edge-vision/hello",
    version: "1.2.3",
    dependencies: { sharp: "^1" },
    edgeVision: { entries: ["main.ts", "child/worker.ts"], external: ["native"], assets: { words: "../../words" } },
  });
  await write(
    "modules/hello/main.ts",
    `import { greeting } from "@edge-vision/shared"; import sharp from "sharp";
     const name: string = "world"; console.log(greeting(name), typeof sharp);`,
  );
  await write("modules/hello/child/worker.ts", `console.log("worker" satisfies string);`);
  await write("words/en.txt", "hello");
  await write("node_modules/native/package.json", { version: "4.5.6" });
  await write("node_modules/sharp/package.json", { version: "1.0.1", main: "index.js" });
  await write("node_modules/sharp/index.js", "module.exports = function sharp() {};");
  // A workspace whose dist was never built.
  await write("node_modules/@edge-vision/shared/package.json", { version: "0.1.0", main: "dist/index.js" });
  await write(
    "node_modules/@edge-vision/shared/index.ts",
    "export const greeting = (n: string): string => `hello ${n}`;",
  );
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), typeof content === "string" ? content : JSON.stringify(content));
}

const bundle = (out: string, assets = true) => bundleModule({ moduleFolder, out: path.join(root, out), assets });

test("writes every entry, the versions of what stays outside, and the assets", async () => {
  const { digest, ...rest } = await bundle("out");
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(rest).toMatchObject({
    files: ["child/worker.js", "main.js", "package.json", "words/en.txt"],
    entry: "main.js",
    assets: ["words"],
  });
  expect(rest.nodePath[0]).toBe(path.join(root, "node_modules"));
  expect(JSON.parse(await readFile(path.join(root, "out/package.json"), "utf8"))).toEqual({
    name: "@edge-vision/hello",
    version: "1.2.3",
    private: true,
    main: "main.js",
    dependencies: { native: "4.5.6", sharp: "1.0.1" },
  });
});

test("the bundle runs, with workspaces from source and native packages from NODE_PATH", async () => {
  const { entry, nodePath } = await bundle("elsewhere/out");
  const output = execFileSync(process.execPath, [entry], {
    cwd: path.join(root, "elsewhere/out"),
    env: { NODE_PATH: nodePath.join(path.delimiter) },
  });
  expect(output.toString()).toBe("hello world function\n");
});

test("the digest follows the content and nothing else", async () => {
  const first = await bundle("a");
  await utimes(path.join(moduleFolder, "main.ts"), 1, 1);
  expect((await bundle("deeper/b")).digest).toBe(first.digest);

  await write("words/en.txt", "hallo");
  const changedAsset = await bundle("c");
  expect(changedAsset.digest).not.toBe(first.digest);
  await write("node_modules/native/package.json", { version: "4.5.7" });
  const changedPackage = await bundle("d");
  expect(changedPackage.digest).not.toBe(changedAsset.digest);
  await write("modules/hello/child/worker.ts", `console.log("changed");`);
  expect((await bundle("e")).digest).not.toBe(changedPackage.digest);
});

test("assets can be left to the Dockerfile", async () => {
  await expect(bundle("out", false)).resolves.toMatchObject({ files: ["child/worker.js", "main.js", "package.json"] });
});

test("faults of the source are told with file, line and column", async () => {
  await write("modules/hello/main.ts", "const a = ;\n");
  await write("modules/hello/child/worker.ts", `import "./missing";\n`);
  await expect(bundle("out")).rejects.toMatchObject({
    code: "BUNDLE_FAILED",
    faults: expect.arrayContaining([
      `main.ts:1:11: Unexpected ";"`,
      `child/worker.ts:1:8: Could not resolve "./missing"`,
    ]) as string[],
  });
});

test("faults of the description are told together", async () => {
  await write("modules/hello/package.json", {
    edgeVision: {
      entries: ["gone.ts", "../out.ts"],
      external: ["not-there"],
      assets: { "../x": "y", words: "nowhere" },
      entry: "main.ts",
    },
  });
  await expect(bundle("out")).rejects.toMatchObject({
    code: "MODULE_DESCRIPTION_INVALID",
    faults: [
      "edgeVision.entry: unknown; known are entries, external, assets",
      `edgeVision.entries: gone.ts: no such file in ${moduleFolder}`,
      "edgeVision.entries: ../out.ts: must be a .ts file inside the module's folder",
      "edgeVision.external: not-there: not installed; run npm ci",
      "edgeVision.assets: ../x: must be a plain name",
      "edgeVision.assets.words: nowhere: no such file or folder",
    ],
  });
});

test("a folder without package.json is no module", async () => {
  await expect(
    bundleModule({ moduleFolder: path.join(root, "words"), out: path.join(root, "o") }),
  ).rejects.toMatchObject({
    code: "MODULE_DESCRIPTION_INVALID",
    faults: ["no such file; a module has one"],
  });
});
