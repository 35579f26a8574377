import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import os from "node:os";
import path from "node:path";
import { ensureEngine, type EngineProgress, type Make } from "./ensure-engine";
import { EngineProcessError } from "./errors";
import { binaryOf } from "./locations";
import { runProcess } from "./run-process";
import { engineVersion } from "./version";

let cache: string;
const savedPath = process.env["PATH"];

beforeEach(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), "engine-"));
  // Shell and its tools, but no pulumi.
  process.env["PATH"] = "/usr/bin:/bin";
});

afterEach(async () => {
  process.env["PATH"] = savedPath;
  await rm(cache, { recursive: true, force: true });
});

async function writeCli(root: string, version: string): Promise<void> {
  await mkdir(path.join(root, "bin"), { recursive: true });
  await writeFile(binaryOf(root), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
}

const fails: Make = () => Promise.reject(new EngineProcessError("no network", ""));
const makes: Make = ({ root, version }) => writeCli(root, version);

test("an engine on PATH of the pinned version is used", async () => {
  await writeCli(cache, engineVersion);
  process.env["PATH"] = `${path.join(cache, "bin")}:/usr/bin:/bin`;
  await expect(
    ensureEngine({ cache: path.join(cache, "none"), makers: { download: fails, built: fails } }),
  ).resolves.toEqual({ path: binaryOf(cache), version: engineVersion, origin: "path" });
});

test("an engine of another version on PATH is passed over", async () => {
  await writeCli(path.join(cache, "other"), "3.1.0");
  await writeCli(path.join(cache, engineVersion), engineVersion);
  process.env["PATH"] = `${path.join(cache, "other/bin")}:/usr/bin:/bin`;
  await expect(ensureEngine({ cache })).resolves.toMatchObject({ origin: "cache" });
});

test("a download that fails is followed by a build, which the next call finds in the cache", async () => {
  const seen: EngineProgress[] = [];
  const built: Make = async (order) => {
    order.onProgress({ phase: "build", message: "compiled 1 of 2 packages", fraction: 0.5 });
    await writeCli(order.root, order.version);
  };
  const options = { cache, makers: { download: fails, built }, onProgress: (p: EngineProgress) => seen.push(p) };
  await expect(ensureEngine(options)).resolves.toMatchObject({ origin: "built" });
  await expect(ensureEngine(options)).resolves.toMatchObject({ origin: "cache" });
  expect(seen).toEqual([{ phase: "build", message: "compiled 1 of 2 packages", fraction: 0.5 }]);
  expect(await readdir(cache)).toEqual([engineVersion]);
});

test("an engine that says another version than it was made for is not kept", async () => {
  const download: Make = ({ root }) => writeCli(root, "3.0.0");
  await expect(ensureEngine({ cache, makers: { download, built: fails } })).rejects.toMatchObject({
    code: "ENGINE_UNAVAILABLE",
    attempts: [
      { origin: "cache", reason: expect.stringContaining("ENOENT") as string },
      { origin: "download", reason: expect.stringContaining(`has version 3.0.0, not ${engineVersion}`) as string },
      { origin: "built", reason: "no network" },
    ],
  });
  expect(await readdir(cache)).toEqual([]);
});

test("the error names every attempt and the next step", async () => {
  await expect(ensureEngine({ cache, makers: { download: fails, built: fails } })).rejects.toThrow(
    /download: no network\n {2}- build with Go: no network\nInstall it .* or install Go 1\.25\.8 or later/s,
  );
});

test("a broken engine in the cache and leftovers of a killed build are replaced", async () => {
  await mkdir(path.join(cache, engineVersion, "bin"), { recursive: true });
  await writeFile(binaryOf(path.join(cache, engineVersion)), "half a file", { mode: 0o755 });
  await mkdir(path.join(cache, `${engineVersion}.unfinished-abc`));
  await expect(ensureEngine({ cache, makers: { download: makes } })).resolves.toMatchObject({ origin: "download" });
  expect(await readdir(cache)).toEqual([engineVersion]);
});

test("two at once make it once", async () => {
  let made = 0;
  const download: Make = async (order) => {
    made++;
    await wait(200);
    await makes(order);
  };
  const both = await Promise.all([1, 2].map(() => ensureEngine({ cache, makers: { download } })));
  expect(both.map(({ origin }) => origin).sort()).toEqual(["cache", "download"]);
  expect(made).toBe(1);
});

test("abort ends the processes of a build and leaves nothing behind", async () => {
  const controller = new AbortController();
  const pids = path.join(cache, "pid");
  const download: Make = async ({ signal }) => {
    // The shell's child holds the pipe open until the whole group is ended.
    const running = runProcess("/bin/sh", ["-c", `sleep 300 & echo $! >${pids}; wait`], signal ? { signal } : {});
    setTimeout(() => {
      controller.abort(new Error("interrupted"));
    }, 100);
    await running;
  };
  await expect(ensureEngine({ cache, makers: { download, built: makes }, signal: controller.signal })).rejects.toThrow(
    "interrupted",
  );
  expect((await readdir(cache)).filter((name) => name !== "pid")).toEqual([]);
});

test("a process that takes too long is ended", async () => {
  await expect(runProcess("/bin/sh", ["-c", "sleep 300"], { timeout: 100 })).rejects.toThrow(
    "/bin/sh took longer than 0.1 s",
  );
});

test("a failed process is told with what it said last", async () => {
  await expect(runProcess("/bin/sh", ["-c", "echo go: no such module >&2; exit 1"])).rejects.toMatchObject({
    code: "ENGINE_PROCESS_FAILED",
    message: "/bin/sh ended with code 1: go: no such module",
  });
});
