import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DigestCache } from "./digest-cache";
import { ImageStore } from "./image-store";
import { ModuleBuilder } from "./module-build";

let root: string;
let state: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "digests-"));
  state = path.join(root, "state");
  await mkdir(state);
  await write("modules/hello/package.json", {
    name: "hello",
    version: "1.0.0",
    edgeVision: { entries: ["main.ts"], external: ["native"], assets: { words: "../../words" } },
  });
  await write("modules/hello/main.ts", 'import { a } from "./part"; import b from "pure"; console.log(a, b, "x");');
  await write("modules/hello/part/index.ts", "export const a = 1;");
  await write("modules/hello/Dockerfile", "FROM node:22\n");
  await write("tsconfig.json", { compilerOptions: {} });
  await write("words/en.txt", "hello");
  await write("node_modules/native/package.json", { version: "1.0.0" });
  await write("node_modules/pure/package.json", { version: "1.0.0" });
  await write("node_modules/pure/index.js", "module.exports = 1;");
});

/** From the builder's view the files were written a while ago. */
function settle(): void {
  const now = Date.now();
  jest.spyOn(Date, "now").mockReturnValue(now + 60_000);
}

afterEach(() => {
  jest.restoreAllMocks();
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), typeof content === "string" ? content : JSON.stringify(content));
}

/** A builder of its own each time, as each run of the engine starts one. */
function digest(): Promise<string> {
  const builder = new ModuleBuilder(new ImageStore(state), new DigestCache(state));
  const dockerfile = path.join(root, "modules/hello/Dockerfile");
  return builder.digest({ context: root, dockerfile, platform: "linux/amd64", args: {} });
}

async function entries(): Promise<string[]> {
  const folder = path.join(state, "image-digests");
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => path.join(folder, name));
}

/** What is in the cache says so from now on. */
async function mark(): Promise<void> {
  const [file = ""] = await entries();
  const entry = JSON.parse(await readFile(file, "utf8")) as { digested: { digest: string } };
  entry.digested.digest = "from the cache";
  await writeFile(file, JSON.stringify(entry));
}

test("files that were changed a moment ago are not trusted", async () => {
  await digest();
  expect(await entries()).toEqual([]);
});

test("what nobody touched is not bundled again; any trace of a change is", async () => {
  settle();
  const first = await digest();
  expect(await digest()).toBe(first);
  await mark();
  const cached = await digest();
  expect(cached).not.toBe(first);

  const changes: [string, () => Promise<void>][] = [
    [
      "another text of the same size and date",
      async () => {
        const file = path.join(root, "modules/hello/main.ts");
        const { atime, mtime } = await stat(file);
        await write("modules/hello/main.ts", (await readFile(file, "utf8")).replace('"x"', '"y"'));
        await utimes(file, atime, mtime);
      },
    ],
    ["a file that is found first", () => write("modules/hello/part.ts", "export const a = 2;")],
    ["a package that is found first", () => write("modules/hello/node_modules/pure/index.js", "module.exports = 2;")],
    ["the compiler's settings", () => write("tsconfig.json", { compilerOptions: { useDefineForClassFields: false } })],
    ["an asset", () => write("words/en.txt", "hallo")],
    ["one more asset", () => write("words/more/de.txt", "hallo")],
    ["the version of a package beside the bundle", () => write("node_modules/native/package.json", { version: "2" })],
    ["a package's code", () => write("modules/hello/node_modules/pure/index.js", "module.exports = 3;")],
    ["a source that is gone", () => rename(path.join(root, "modules/hello/part.ts"), path.join(root, "part.ts"))],
  ];
  for (const [name, change] of changes) {
    // Bundled, kept and marked; the change must not be answered with the mark.
    await digest();
    await mark();
    const before = await digest();
    await change();
    expect([name, await digest()]).not.toEqual([name, before]);
  }
});

test("a broken entry is no reason to fail", async () => {
  settle();
  const first = await digest();
  const [file = ""] = await entries();
  await writeFile(file, "{");
  expect(await digest()).toBe(first);
});
