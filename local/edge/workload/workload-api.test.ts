import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import os from "node:os";
import path from "node:path";
import pino from "pino";
import type { IdentityService } from "../identity/identity-service";
import { WorkloadApi } from "./workload-api";

const key = Buffer.from("a key").toString("base64");
const identities = {
  get: (moduleId: string) => Promise.resolve({ moduleId, generationId: "7", primaryKey: key }),
} as unknown as IdentityService;

let folder: string;
let api: WorkloadApi;
let socket: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "ev-"));
  const log = pino({ level: "silent" });
  api = new WorkloadApi({ folder: path.join(folder, "w"), identities, trustBundle: "PEM", log });
  socket = (await api.serve("camera")).slice("unix://".length);
});

afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

function call(method: string, where: string, body?: string): Promise<{ status: number; type: string; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method, path: where }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const type = String(response.headers["content-type"]);
        resolve({ status: response.statusCode ?? 0, type, body: JSON.parse(text) });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

test.each(["2018-06-28", "2020-07-07", "2022-08-03"])("the trust bundle, api-version %s", async (version) => {
  const { status, type, body } = await call("GET", `/trust-bundle?api-version=${version}`);
  expect([status, body]).toEqual([200, { certificate: "PEM" }]);
  expect(type).toMatch(/^application\/json/);
});

test("sign, without a content type as the Python SDK sends it", async () => {
  const text = "hub%2Fdevices%2Fd%2Fmodules%2Fcamera\n1700000000";
  const data = Buffer.from(text).toString("base64");
  const where = "/modules/camera/genid/7/sign?api-version=2018-06-28";
  const { status, body } = await call("POST", where, JSON.stringify({ keyId: "primary", algo: "HMACSHA256", data }));
  const digest = createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  expect([status, body]).toEqual([200, { digest }]);
});

test.each([
  ["another module's name", "POST", "/modules/other/genid/7/sign?api-version=2018-06-28", `{"data":"eA=="}`, 403],
  ["another generation", "POST", "/modules/camera/genid/8/sign?api-version=2018-06-28", `{"data":"eA=="}`, 404],
  ["no data", "POST", "/modules/camera/genid/7/sign?api-version=2018-06-28", `{}`, 400],
  ["no JSON", "POST", "/modules/camera/genid/7/sign?api-version=2018-06-28", `{`, 400],
  ["an unknown api-version", "GET", "/trust-bundle?api-version=2011-01-01", undefined, 400],
  ["no api-version", "GET", "/trust-bundle", undefined, 400],
  ["what the local world does not have", "POST", "/modules/camera/genid/7/encrypt?api-version=2018-06-28", `{}`, 404],
  [
    "a body without end",
    "POST",
    "/modules/camera/genid/7/sign?api-version=2018-06-28",
    `{"data":"${"x".repeat(70_000)}"}`,
    413,
  ],
])("%s is refused", async (_name, method, where, body, status) => {
  const answer = await call(method, where, body);
  expect(answer.status).toBe(status);
  expect((answer.body as { message: string }).message).not.toBe("");
});

test("the same module has the same address, and a long name a short one", async () => {
  expect(await api.serve("camera")).toBe(`unix://${socket}`);
  const long = await api.serve("m".repeat(128));
  expect(path.basename(long).length).toBeLessThan(45);
});
