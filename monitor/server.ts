import { readFileSync } from "node:fs";
import path from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import type { Feed } from "./feed";

/** What the page's server needs. */
export interface PageOptions {
  feed: Feed;
  /** Where each device's camera shows its latest frame: `http://127.0.0.1:<port>/snapshot.jpg`. */
  cameras: ReadonlyMap<string, string>;
  /** Folder of the page's files. @default the package's own `public` */
  publicFolder?: string;
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Path → file and content type: nothing else of the disk can be asked for. */
const files: Record<string, [string, string]> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/boxes.js": ["boxes.js", "text/javascript; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
};

const frameLimit = 10 * 1024 * 1024;

/**
 * The page: static files, `GET /cameras`, `GET /frames/<deviceId>[?at=<time>]` (the latest frame, or the one that was
 * captured then) and `GET /feed` (server-sent events). It listens on loopback only, and answers only requests that name loopback as their host: a web site that makes its
 * own name point here (DNS rebinding) gets 403.
 */
export function createPage(options: PageOptions): FastifyInstance {
  const page = Fastify({ forceCloseConnections: true });
  page.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    if (!isLoopback(request.headers.host)) {
      await reply.code(403).type("text/plain").send("This page answers on 127.0.0.1 and localhost only.\n");
    }
  });
  const folder = options.publicFolder ?? path.join(__dirname, "..", "public");
  for (const [url, [name, type]] of Object.entries(files)) {
    const content = readFileSync(path.join(folder, name));
    page.get(url, (_request, reply) => reply.type(type).send(content));
  }
  page.get("/cameras", () => [...options.cameras.keys()]);
  page.get<{ Params: { deviceId: string }; Querystring: { at?: string } }>(
    "/frames/:deviceId",
    async (request, reply) => {
      const camera = options.cameras.get(request.params.deviceId);
      if (camera === undefined) return reply.code(404).send({ error: "no camera with a preview on this device" });
      const source = new URL(camera);
      if (request.query.at !== undefined) source.searchParams.set("at", request.query.at);
      const frame = await readFrame(source);
      if (!frame) return reply.code(503).send({ error: "the camera has no such frame" });
      return reply.type("image/jpeg").send(frame);
    },
  );
  page.get("/feed", (request, reply) => {
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, { ...reply.getHeaders(), "content-type": "text/event-stream" } as Record<string, string>);
    const stop = options.feed.listen((item) => {
      // A page that does not read is cut off rather than filling memory; it connects again by itself.
      if (stream.writableLength > 1024 * 1024) stream.destroy();
      else stream.write(`data: ${JSON.stringify(item)}\n\n`);
    });
    request.raw.on("close", stop);
  });
  return page;
}

async function readFrame(source: URL): Promise<Buffer | undefined> {
  try {
    const response = await fetch(source, { signal: AbortSignal.timeout(3_000), redirect: "error" });
    if (!response.ok || !response.headers.get("content-type")?.startsWith("image/jpeg")) return undefined;
    const frame = Buffer.from(await response.arrayBuffer());
    return frame.length > frameLimit ? undefined : frame;
  } catch {
    return undefined;
  }
}

/** Whether a Host header names this machine's loopback. */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host);
}
