import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Detection } from "@edge-vision/messages";
import { ModelFolder, nanodetModel, plainPicture, TestService, until } from "./service";

const labels = ["red", "green", "blue"];
const colours = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] } as const;

let folder: ModelFolder;
const pictures = new Map<string, Buffer>();
beforeAll(async () => {
  folder = await ModelFolder.make("yolov8", { labels, threshold: 0.5 });
  for (const [name, colour] of Object.entries(colours)) pictures.set(name, await plainPicture(64, 64, colour));
});
afterAll(async () => folder.remove());

/** Posts pictures from four clients until it is stopped, and checks every answer. */
class Load {
  readonly statuses: number[] = [];
  readonly wrong: unknown[] = [];
  #running = true;
  readonly #clients: Promise<unknown>;

  constructor(private readonly service: TestService) {
    this.#clients = Promise.all([0, 1, 2, 3].map(async (client) => this.#run(client)));
  }

  get answered(): number {
    return this.statuses.filter((status) => status === 200).length;
  }

  /** Waits for so many more good answers. */
  async more(count: number): Promise<void> {
    const from = this.answered;
    await until(() => this.answered >= from + count, `${count} more answers`);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#clients;
  }

  async #run(client: number): Promise<void> {
    for (let number = client; this.#running; number++) {
      const name = labels[number % 3] as string;
      const response = await this.service.post(pictures.get(name) as Buffer);
      this.statuses.push(response.status);
      const body = await response.text();
      if (response.status !== 200) continue;
      const found = JSON.parse(body) as Detection[];
      if (found.length === 0 || found.some(({ label }) => label !== name)) this.wrong.push({ name, found });
    }
  }
}

describe("under load", () => {
  let service: TestService;
  let load: Load;
  beforeEach(async () => {
    service = await TestService.start({ MODEL: folder.file });
    load = new Load(service);
    await load.more(10);
  }, 60_000);
  afterEach(async () => {
    await load.stop();
    await service.close();
  });

  it.each(["SIGKILL", "SIGSTOP", "SIGSEGV"] as const)(
    "answers every request although the inference process gets %s",
    async (signal) => {
      const [pid] = service.service.inference.pids;
      process.kill(pid as number, signal);
      await load.more(20);
      expect(service.service.inference.pids).toHaveLength(1);
      expect(service.service.inference.pids).not.toContain(pid);
      await load.stop();
      expect(load.wrong).toEqual([]);
      expect(new Set(load.statuses)).toEqual(new Set([200]));
    },
    90_000,
  );

  it("loses no request while models are swapped, and keeps one process", async () => {
    const other = await ModelFolder.make("yolov3-rank2-float", { labels, threshold: 0.5 });
    try {
      for (const model of [other, folder, other]) {
        await service.service.inference.swap({ file: model.file });
        await load.more(5);
        expect((await service.get("/model")).body).toMatchObject({ file: model.file, state: "ready" });
      }
      await load.stop();
      expect(load.wrong).toEqual([]);
      expect(new Set(load.statuses)).toEqual(new Set([200]));
      await until(() => service.service.inference.pids.length === 1, "the end of replaced processes");
    } finally {
      await other.remove();
    }
  }, 90_000);

  it("takes a threshold for the next picture", async () => {
    service.service.inference.setThreshold(0.9);
    await load.more(8);
    const response = await service.post(pictures.get("red") as Buffer);
    // Of the scores 1 and 0.75 only the first is left.
    expect(await response.json()).toHaveLength(1);
  });
});

describe("with an inference process that does not answer", () => {
  let service: TestService;
  beforeEach(async () => {
    service = await TestService.start({ MODEL: folder.file, QUEUE: "1" });
    for (const pid of service.service.inference.pids) process.kill(pid, "SIGSTOP");
  }, 60_000);
  afterEach(async () => service.close());

  it("takes what it can hold, refuses the rest at once with 429, and answers in the end", async () => {
    const { inference } = service.service;
    const picture = pictures.get("red") as Buffer;
    const held: Promise<Response>[] = [];
    // Two in flight and one that waits.
    for (const expected of [1, 2, 3]) {
      held.push(service.post(picture));
      await until(() => inference.inFlight + inference.waiting >= expected, `${expected} pictures held`);
    }
    const refused = await service.post(picture);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ code: "BUSY" });
    const answers = await Promise.all(held);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  }, 90_000);

  it("frees the place of a client that goes away", async () => {
    const { inference } = service.service;
    const picture = pictures.get("red") as Buffer;
    const clients = [1, 2, 3].map(() => new AbortController());
    const held = clients.map(async ({ signal }) => service.post(picture, { signal }).catch(() => undefined));
    await until(() => inference.inFlight + inference.waiting === 3, "three pictures held");
    for (const client of clients) client.abort();
    await Promise.all(held);
    await until(() => inference.inFlight + inference.waiting === 0, "free places");
  }, 90_000);
});

it("uses WebAssembly where it is told to, with the same results", async () => {
  const photo = await readFile(path.join(__dirname, "..", "photos", "courtyard-001.jpg"));
  const answers: Detection[][] = [];
  for (const BACKEND of ["native", "wasm"]) {
    const service = await TestService.start({ MODEL: nanodetModel, BACKEND });
    try {
      expect((await service.get("/model")).body).toMatchObject({ backend: BACKEND, state: "ready" });
      answers.push((await (await service.post(photo)).json()) as Detection[]);
    } finally {
      await service.close();
    }
  }
  const [native, wasm] = answers;
  expect(native?.length).toBeGreaterThan(3);
  expect(wasm).toEqual(
    native?.map(({ label, score, box }) => ({
      label,
      score: expect.closeTo(score, 3) as number,
      box: box.map((side) => expect.closeTo(side, 0) as number),
    })),
  );
}, 120_000);
