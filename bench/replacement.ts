import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { postPicture } from "./hostile/good-client";
import { root, Server } from "./inference/processes";
import type { Answer, Question } from "./replacement/swapping-service";
import type { Report } from "./report";

const clients = 4;
const signalRounds = 5;
const swaps = 12;
/** Swaps after which memory counts as warm. */
const warm = 2;

/**
 * The inference process is killed, stopped and replaced by another model's while four clients post pictures: how long
 * until answers come again, whether one was wrong, and whether memory stays.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-replacement-"));
  const models = await twoCopies(folder);
  const child = fork(path.join(__dirname, "replacement", "swapping-service.js"), {
    env: { PATH: process.env.PATH, PORT: "0", DEADLINE: "60", MODEL: models[0] },
  });
  const [{ address }] = (await once(child, "message")) as [{ address: string }];
  const server = new Server(child, address);
  const load = await Load.start(address);
  try {
    for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
      const seconds: number[] = [];
      for (let round = 0; round < signalRounds; round++) {
        const { pids } = (await ask(child, { pids: true })) as { pids: number[] };
        for (const pid of pids) process.kill(pid, signal);
        seconds.push(await load.answersAgain());
      }
      report.figure({
        name: `answers again after ${signal}, at most`,
        value: Math.max(...seconds),
        unit: "s",
        goal: { max: 5 },
      });
    }
    let memoryWarm = 0;
    let memoryMost = 0;
    for (let swap = 1; swap <= swaps; swap++) {
      await ask(child, { swap: models[swap % 2] as string });
      await load.answersAgain();
      while (((await ask(child, { pids: true })) as { pids: number[] }).pids.length > 1) await wait(100);
      await load.more(40);
      if (swap === warm) memoryWarm = server.megabytes();
      if (swap > warm) memoryMost = Math.max(memoryMost, server.megabytes());
    }
    report.figure({ name: "memory after two swaps", value: memoryWarm, unit: "MB" });
    report.figure({
      name: "memory at most in ten more",
      value: memoryMost / memoryWarm,
      unit: "× after two",
      goal: { max: 1.1 },
    });
    await load.stop();
    report.figure({ name: "right answers meanwhile", value: load.right, unit: "answers", goal: { min: 100 } });
    report.figure({ name: "wrong answers", value: load.wrong, unit: "answers", goal: { equals: 0 } });
    report.figure({ name: "requests lost", value: load.lost, unit: "requests", goal: { equals: 0 } });
  } finally {
    await load.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Posts pictures and compares every answer with the one from before. */
class Load {
  right = 0;
  wrong = 0;
  lost = 0;
  #running = true;
  /** When the request was sent that was answered rightly last, of those sent last. */
  #lastSent = 0;
  readonly #clients: Promise<unknown>;

  private constructor(address: string, pictures: ReadonlyMap<Buffer, string>) {
    const use = async (): Promise<void> => {
      for (;;) {
        for (const [picture, expected] of pictures) {
          if (!this.#running) return;
          const sent = performance.now();
          const { status, detections } = await postPicture(address, picture);
          if (status !== 200) this.lost++;
          else if (JSON.stringify(detections) !== expected) this.wrong++;
          else {
            this.right++;
            this.#lastSent = Math.max(this.#lastSent, sent);
          }
        }
      }
    };
    this.#clients = Promise.all(Array.from({ length: clients }, use));
  }

  static async start(address: string): Promise<Load> {
    const pictures = new Map<Buffer, string>();
    for (const name of ["dog.jpg", "courtyard-050.jpg", "horses.jpg"]) {
      const picture = await readFile(path.join(root, "tests", "photos", name));
      pictures.set(picture, JSON.stringify((await postPicture(address, picture)).detections));
    }
    return new Load(address, pictures);
  }

  /** Seconds from now until the first right answer to a request that is sent after now. */
  async answersAgain(): Promise<number> {
    const from = performance.now();
    while (this.#lastSent < from) await wait(5);
    return (performance.now() - from) / 1000;
  }

  async more(count: number): Promise<void> {
    const until = this.right + count;
    while (this.right < until) await wait(5);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#clients;
  }
}

async function ask(child: ChildProcess, question: Question): Promise<Answer> {
  const answered = once(child, "message") as Promise<[Answer]>;
  child.send(question);
  return (await answered)[0];
}

/** The model in two folders: a swap between them is real, and the right answers stay the same. */
async function twoCopies(folder: string): Promise<string[]> {
  const source = path.join(root, "models", "nanodet-coco");
  return Promise.all(
    ["first", "second"].map(async (name) => {
      await mkdir(path.join(folder, name));
      for (const file of ["model.onnx", "model.json"])
        await copyFile(path.join(source, file), path.join(folder, name, file));
      return path.join(folder, name, "model.onnx");
    }),
  );
}
