import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Agent } from "undici";
import { ensureCertificates } from "../../local/protocol/certificates";
import { ModelSource } from "../../modules/object-detection/model/model-source";

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");

/** Answers like a file server that knows ranges. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from > 0) response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
  response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from });
  response.end(content.subarray(from));
}

/** Sends a part and then cuts the connection. */
function cut(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, 100_000), () => setTimeout(() => request.socket.destroy(), 50));
}

describe("ModelSource", () => {
  let folder: string;
  let server: Server;
  let url: string;
  let agent: Agent;
  let source: ModelSource;
  let requests: (string | undefined)[];
  /** What the next requests are answered with, in turn; the last one for good. */
  let answers: ((request: IncomingMessage, response: ServerResponse) => void)[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "edge-vision-source-"));
    const certificates = await ensureCertificates(path.join(folder, "certificates"), {
      authority: "edge-vision tests",
      names: ["localhost"],
    });
    server = createServer(certificates.server, (request, response) => {
      requests.push(request.headers.range);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}/model.onnx`;
    agent = new Agent({ connect: { ca: certificates.ca.pem } });
  });
  afterAll(async () => {
    await agent.destroy();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    requests = [];
    answers = [serve];
    await rm(path.join(folder, "models"), { recursive: true, force: true });
    source = new ModelSource(path.join(folder, "models"), {
      maxBytes: 1_000_000,
      dispatcher: agent,
      attempts: 3,
      delay: 1,
    });
  });

  it("fetches a model once", async () => {
    const { file } = await source.fetch({ url, sha256 });
    expect((await readFile(file)).equals(content)).toBe(true);
    await expect(source.fetch({ url, sha256: sha256.toUpperCase() })).resolves.toMatchObject({ file });
    expect(requests).toHaveLength(1);
  });

  it("takes a broken transfer up where it broke off", async () => {
    answers = [cut, serve];
    const { file } = await source.fetch({ url, sha256 });
    expect((await readFile(file)).equals(content)).toBe(true);
    expect(requests).toEqual([undefined, "bytes=100000-"]);
  });

  it("takes up what an earlier run has left", async () => {
    await mkdir(path.join(folder, "models", sha256), { recursive: true });
    await writeFile(path.join(folder, "models", sha256, "model.onnx.part"), content.subarray(0, 1234));
    await source.fetch({ url, sha256 });
    expect(requests).toEqual(["bytes=1234-"]);
  });

  it("starts anew when what was left belongs to another file, or the server knows no ranges", async () => {
    await mkdir(path.join(folder, "models", sha256), { recursive: true });
    await writeFile(path.join(folder, "models", sha256, "model.onnx.part"), Buffer.alloc(1234));
    const { file } = await source.fetch({ url, sha256 });
    expect((await readFile(file)).equals(content)).toBe(true);
    expect(requests).toEqual(["bytes=1234-", undefined]);
    await rm(file);
    await writeFile(`${file}.part`, Buffer.alloc(1234));
    answers = [(_request, response) => response.end(content)];
    await source.fetch({ url, sha256 });
    expect((await readFile(file)).equals(content)).toBe(true);
  });

  it("tries again after 503 and 429", async () => {
    const refuse = (status: number) => (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(status).end();
    };
    answers = [refuse(503), refuse(429), serve];
    await source.fetch({ url, sha256 });
    expect(requests).toHaveLength(3);
  });

  it("gives up after the last attempt and keeps what it has", async () => {
    answers = [cut, (request) => request.socket.destroy()];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({
      code: "MODEL_DOWNLOAD",
      message: expect.stringMatching(/^https:\S+ cannot be fetched \(3 attempts\): /) as string,
    });
    expect(await readdir(path.join(folder, "models", sha256))).toEqual(["model.onnx.part"]);
  });

  it("refuses a file with another SHA-256, and keeps nothing of it", async () => {
    answers = [(_request, response) => response.end("another file")];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({ code: "MODEL_CHECKSUM" });
    expect(await readdir(path.join(folder, "models", sha256))).toEqual([]);
  });

  it.each([
    ["announced", { "content-length": "5000000000" }],
    ["not announced", {}],
  ])("refuses a file that is too large: %s", async (_, headers) => {
    answers = [
      (_request, response) => {
        response.writeHead(200, headers);
        for (let sent = 0; sent < 2_000_000; sent += 65_536) response.write(Buffer.alloc(65_536));
        if (!("content-length" in headers)) response.end();
      },
    ];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({ code: "MODEL_TOO_LARGE" });
    expect(await readdir(path.join(folder, "models", sha256))).toEqual([]);
  });

  it("does not try a 404 again", async () => {
    answers = [(_request, response) => response.writeHead(404).end()];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({
      code: "MODEL_DOWNLOAD",
      message: `${url} cannot be fetched: the server answered 404`,
    });
    expect(requests).toHaveLength(1);
  });

  it("follows a redirect, but not away from https and not for ever", async () => {
    const redirect = (location: string) => (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(302, { location }).end();
    };
    answers = [redirect("/elsewhere"), serve];
    await source.fetch({ url, sha256 });
    expect(requests).toHaveLength(2);
    await rm(path.join(folder, "models"), { recursive: true });
    answers = [redirect("http://localhost/model.onnx")];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({
      message: `${url} leads to http://localhost/model.onnx, which is not an https URL`,
    });
    answers = [redirect("/again")];
    await expect(source.fetch({ url, sha256 })).rejects.toMatchObject({ code: "MODEL_DOWNLOAD" });
  });

  it("keeps the three models that were used last", async () => {
    for (const used of [1, 2, 3, 4]) {
      const old = path.join(folder, "models", String(used).repeat(64));
      await mkdir(old, { recursive: true });
      await writeFile(path.join(old, "model.onnx"), "");
    }
    await source.fetch({ url: "https://unused", sha256: "1".repeat(64) });
    await source.fetch({ url, sha256 });
    const kept = await readdir(path.join(folder, "models"));
    expect(kept).toHaveLength(3);
    expect(kept).toEqual(expect.arrayContaining([sha256, "1".repeat(64)]));
  });

  it("gives up at once when it is told to", async () => {
    const abort = new AbortController();
    answers = [
      () => {
        abort.abort();
      },
    ];
    await expect(source.fetch({ url, sha256 }, abort.signal)).rejects.toMatchObject({ name: "AbortError" });
  });

  it("takes a file as it is", async () => {
    await expect(source.fetch({ file: "models/x.onnx" })).resolves.toEqual({ file: "models/x.onnx" });
  });
});
