import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import { Feed } from "./feed";
import { createPage, isLoopback } from "./server";

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

let camera: http.Server;
let page: FastifyInstance;
let feed: Feed;
let address: string;

beforeEach(async () => {
  camera = http.createServer((request, response) => {
    if (request.url === "/snapshot.jpg") response.setHeader("content-type", "image/jpeg").end(jpeg);
    else response.setHeader("content-type", "text/html").end("<script>alert(1)</script>");
  });
  camera.listen(0, "127.0.0.1");
  await once(camera, "listening");
  const base = `http://127.0.0.1:${(camera.address() as AddressInfo).port}`;
  feed = new Feed();
  page = createPage({
    feed,
    cameras: new Map([
      ["d", `${base}/snapshot.jpg`],
      ["odd", `${base}/page`],
    ]),
    publicFolder: path.join(__dirname, "public"),
  });
  address = await page.listen({ host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  await page.close();
  camera.close();
});

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

function get(url: string, host = new URL(address).host): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get(`${address}${url}`, { headers: { host }, setHost: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
  });
}

test("the page is served under a policy that allows only its own scripts", async () => {
  const response = await get("/");
  expect(response.status).toBe(200);
  expect(response.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'/);
  expect(response.headers["content-security-policy"]).not.toMatch(/unsafe/);
  for (const file of ["page.js", "boxes.js", "page.css", "icon.svg"]) {
    expect((await get(`/${file}`)).status).toBe(200);
  }
});

test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "10.0.0.1:8080", ""])(
  "a request for the host %p is refused",
  async (name) => {
    expect((await get("/", name)).status).toBe(403);
    expect((await get("/frames/d", name)).status).toBe(403);
  },
);

test.each(["127.0.0.1", "127.0.0.1:1", "localhost:65535", "[::1]:80", "LOCALHOST"])("%s is loopback", (name) => {
  expect(isLoopback(name)).toBe(true);
});

test("the latest frame comes from the device's camera; anything but a JPEG is not handed on", async () => {
  expect(JSON.parse((await get("/cameras")).body.toString())).toEqual(["d", "odd"]);
  const frame = await get("/frames/d");
  expect(frame.body).toEqual(jpeg);
  expect(frame.headers["content-type"]).toBe("image/jpeg");
  expect((await get("/frames/odd")).status).toBe(503);
  expect((await get("/frames/none")).status).toBe(404);
});

test("what happens is sent as server-sent events, until the page is closed", async () => {
  const abort = new AbortController();
  const response = await fetch(`${address}/feed`, { signal: abort.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.getReader();
  feed.setConnection(true);
  let text = "";
  while (!text.includes('"connected":true')) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    text += Buffer.from(chunk.value as Uint8Array).toString();
  }
  expect(text).toContain('data: {"type":"connection","connected":true}\n\n');
  abort.abort();
});
