import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { restartDelay } from "./back-off";
import { LogFile } from "./log-file";
import { PortKeeper } from "./ports";
import { processStartTime, startTimeFromStat } from "./process-info";
import { endOrphans, ProcessTable } from "./process-table";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-process-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the start is at once the first time, then later and later, up to five minutes", () => {
  expect([0, 1, 2, 3, 8, 9, 10, 50].map(restartDelay)).toEqual([
    0, 1000, 2000, 4000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test("the start time is read behind a command's name with brackets and spaces; a zombie has none", () => {
  const fields = Array.from({ length: 30 }, (_, index) => String(index + 4)).join(" ");
  expect(startTimeFromStat(`12 (a) (b c) S ${fields}`)).toBe("22");
  expect(startTimeFromStat(`12 (a) Z ${fields}`)).toBeUndefined();
});

test("orphans are ended, even those that do not want to; a process id that was used again is left alone", async () => {
  const file = path.join(folder, "processes.json");
  const stubborn = spawn(
    process.execPath,
    ["-e", "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('up')"],
    {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  try {
    await once(stubborn.stdout, "data");
    const table = new ProcessTable(file);
    await table.add("stubborn", stubborn.pid ?? 0);
    const records = JSON.parse(await readFile(file, "utf8")) as object[];
    await writeFile(file, JSON.stringify([...records, { moduleId: "other", pid: bystander.pid, startTime: "1" }]));
    const exit = once(stubborn, "exit");
    expect(await endOrphans(file, 500)).toEqual(["stubborn"]);
    expect(await exit).toEqual([null, "SIGKILL"]);
    expect(await processStartTime(bystander.pid ?? 0)).toBeDefined();
  } finally {
    bystander.kill("SIGKILL");
    stubborn.kill("SIGKILL");
  }
});

test("a port is kept until another process has it", async () => {
  const file = path.join(folder, "ports.json");
  const first = await (await PortKeeper.open(file)).assign("a", ["8885/tcp", "9000/tcp"], false);
  const keeper = await PortKeeper.open(file);
  expect(await keeper.assign("a", ["8885/tcp", "9000/tcp"], false)).toEqual(first);

  const blocker = createServer().listen(first["8885/tcp"], "127.0.0.1");
  await once(blocker, "listening");
  try {
    expect((blocker.address() as AddressInfo).port).toBe(first["8885/tcp"]);
    expect(await keeper.assign("a", ["8885/tcp", "9000/tcp"], true)).toEqual(first);
    const second = await keeper.assign("a", ["8885/tcp", "9000/tcp"], false);
    expect(second["8885/tcp"]).not.toBe(first["8885/tcp"]);
    expect(second["9000/tcp"]).toBe(first["9000/tcp"]);
  } finally {
    blocker.close();
  }
  await keeper.forget("a");
  expect(keeper.ports).toEqual({});
});

test("a log is rotated by size, and the oldest goes", async () => {
  const file = path.join(folder, "logs", "a.log");
  const log = new LogFile(file, { maximumBytes: 10, kept: 2 });
  for (const text of ["first 0123", "second 012", "third 0123", "fourth 012", "fifth"]) {
    log.write(text);
    await new Promise<void>((resolve) => {
      log.drained(resolve);
    });
  }
  log.close();
  const read = async (name: string): Promise<string> => {
    for (;;) {
      const text = await readFile(name, "utf8").catch(() => "");
      if (text !== "") return text;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  expect(await read(file)).toBe("fifth");
  expect(await read(`${file}.1`)).toBe("fourth 012");
  expect(await read(`${file}.2`)).toBe("third 0123");
});
