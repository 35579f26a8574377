import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { InferenceClient, type InferenceError } from "./inference-client";

let server: Server | undefined;
let client: InferenceClient | undefined;

afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  if (server) await new Promise((done) => server?.close(done));
  server = undefined;
});

async function connect(listener: RequestListener, timeoutMilliseconds?: number): Promise<InferenceClient> {
  const listening = (server = createServer(listener));
  await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/image`;
  client = new InferenceClient({
    endpoint,
    token: "t0k3n",
    connections: 1,
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
  });
  return client;
}

async function faultOf(detecting: Promise<unknown>): Promise<Pick<InferenceError, "code" | "retryAfterMilliseconds">> {
  return detecting.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as InferenceError,
  );
}

test("a picture is posted with its type and the token, and detections come back", async () => {
  const found = [{ label: "car", score: 0.5, box: [1, 2, 3, 4] }];
  const seen: unknown[] = [];
  const inference = await connect((request, response) => {
    const { method, url, headers } = request;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      seen.push([method, url, headers["content-type"], headers.authorization, body]);
      response.end(JSON.stringify(found));
    });
  });
  expect(await inference.detect(Buffer.from("jpeg"))).toEqual(found);
  expect(seen).toEqual([["POST", "/image", "image/jpeg", "Bearer t0k3n", "jpeg"]]);
});

test.each([
  [429, { "retry-after": "3" }, "", "busy", 3000],
  [503, {}, "", "paused", 1000],
  [429, { "retry-after": "99999" }, "", "busy", 60_000],
  [400, {}, "not an image", "refused", 0],
  [500, {}, "Error processing image", "failed", 0],
  [200, {}, "<html>", "failed", 0],
  [200, {}, '[{"label":"car"}]', "failed", 0],
])("an answer %i %j %s", async (status, headers, body, code, pause) => {
  const inference = await connect((_request, response) => response.writeHead(status, headers).end(body));
  expect(await faultOf(inference.detect(Buffer.alloc(10)))).toMatchObject({ code, retryAfterMilliseconds: pause });
});

test("a service that does not answer is given up, and one that is away is told", async () => {
  const inference = await connect(() => undefined, 200);
  expect(await faultOf(inference.detect(Buffer.alloc(10)))).toMatchObject({ code: "failed" });
  const away = new InferenceClient({ endpoint: "http://127.0.0.1:1/image", token: undefined, connections: 1 });
  expect(await faultOf(away.detect(Buffer.alloc(10)))).toMatchObject({
    code: "failed",
    message: expect.stringContaining("ECONNREFUSED") as string,
  });
  await away.close();
});
