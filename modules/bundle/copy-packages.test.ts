import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { copyPackages } from "./copy-packages";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "packages-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function install(where: string, content: object): Promise<void> {
  await mkdir(path.join(root, where), { recursive: true });
  await writeFile(path.join(root, where, "package.json"), JSON.stringify(content));
}

describe("the packages of an image", () => {
  it("are the named ones with what they depend on, and nothing else", async () => {
    await install("node_modules/a", { dependencies: { b: "1" }, optionalDependencies: { "@x/other-platform": "1" } });
    await install("node_modules/a/node_modules/b", { version: "1.0.0" });
    await install("node_modules/unrelated", {});
    await expect(copyPackages(["a"], root, path.join(root, "out"))).resolves.toEqual(["a", "b"]);
    await expect(readdir(path.join(root, "out/node_modules"))).resolves.toEqual(["a", "b"]);
    await expect(readdir(path.join(root, "out/node_modules/a"))).resolves.toEqual(["package.json"]);
    await expect(readFile(path.join(root, "out/node_modules/b/package.json"), "utf8")).resolves.toContain("1.0.0");
  });

  it("must be installed and in one version", async () => {
    await install("node_modules/a", { dependencies: { b: "1", c: "1" } });
    await install("node_modules/b", { dependencies: { c: "2" } });
    await install("node_modules/b/node_modules/c", {});
    await install("node_modules/c", {});
    await expect(copyPackages(["a"], root, path.join(root, "out"))).rejects.toThrow("c is needed in two versions");
    await expect(copyPackages(["gone"], root, path.join(root, "out2"))).rejects.toThrow("gone is needed in");
  });
});
