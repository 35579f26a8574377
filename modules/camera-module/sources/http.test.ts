import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import sharp from "sharp";
import type { Picture } from "../jpeg/splitter";
import { surviveCuts } from "../testing/survive-cuts";
import { until } from "../testing/until";
import { SourceError } from "./frame-source";
import { openSource } from "./open-source";

jest.setTimeout(120_000);

let server: Server | undefined;
let jpeg: Buffer;

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#357" } })
    .jpeg()
    .toBuffer();
});

afterEach(async () => {
  await closeServer();
});

async function closeServer(): Promise<void> {
  const closing = server;
  server = undefined;
  if (!closing) return;
  await new Promise((done) => {
    closing.close(done);
    closing.closeAllConnections();
  });
}

async function listen(listener: RequestListener, port = 0): Promise<number> {
  server = createServer(listener);
  await new Promise<void>((done) => server?.listen(port, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** What an IP camera serves: parts of a never-ending document, with headers between them. */
const stream: RequestListener = (_request, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "multipart/x-mixed-replace; boundary=frame" });
  const timer = setInterval(() => {
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    response.write("\r\n");
  }, 10);
  response.on("close", () => {
    clearInterval(timer);
  });
};

async function failureOf(setting: string): Promise<SourceError> {
  const error: unknown = await openSource(setting, () => 10)
    .run(() => undefined, AbortSignal.timeout(60_000))
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SourceError);
  return error as SourceError;
}

const snapshot: RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "image/jpeg" }).end(jpeg);
};

test.each([
  ["an MJPEG stream", stream],
  ["a picture's address", snapshot],
])("%s is cut off and brought back three times", async (_what, serve) => {
  const port = await listen(serve);
  const { pictures, failures } = await surviveCuts(() => openSource(`http://127.0.0.1:${port}/camera`, () => 20), {
    cut: closeServer,
    bringBack: async () => {
      await listen(serve, port);
    },
  });
  expect(failures.length).toBeGreaterThanOrEqual(3);
  expect(failures[0]).toMatch(/^SOURCE_BROKEN http:\/\/127\.0\.0\.1:\d+\/camera: /);
  expect(pictures.every((picture) => picture.jpeg.equals(jpeg))).toBe(true);
});

test.each([
  ["basic", 'Basic realm="camera"', "Basic bWU6cEBzcw=="],
  ["digest", 'Digest realm="camera", nonce="n", qop="auth"', 'Digest username="me", realm="camera"'],
])("a picture's address with a password (%s) is asked again and again, and it is turned", async (_, wanted, given) => {
  const asked: string[] = [];
  const port = await listen((request, response) => {
    const { authorization } = request.headers;
    asked.push(authorization ?? "");
    if (authorization === undefined) return response.writeHead(401, { "www-authenticate": wanted }).end("log in");
    return response.writeHead(200, { "content-type": "image/jpeg" }).end(jpeg);
  });
  const pictures: Picture[] = [];
  const end = new AbortController();
  const running = openSource(`http://me:p%40ss@127.0.0.1:${port}/snap#rotate=90`, () => 50).run(
    (picture) => pictures.push(picture),
    end.signal,
  );
  await until(() => pictures.length >= 3, "pictures");
  end.abort();
  await running;
  expect([pictures[0]?.width, pictures[0]?.height]).toEqual([48, 64]);
  // Asked for once; then each request brings it.
  expect(asked[0]).toBe("");
  expect(asked.slice(1).every((authorization) => authorization.startsWith(given))).toBe(true);
});

test("refusals are told without the password", async () => {
  const port = await listen((_request, response) =>
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end("no"),
  );
  const { code, message } = await failureOf(`http://me:100%secret@127.0.0.1:${port}/snap`);
  expect(code).toBe("SOURCE_REFUSED");
  expect(message).toBe(
    `http://***@127.0.0.1:${port}/snap: the camera answered 401; check the user name and password in the address`,
  );
  const { message: without } = await failureOf(`http://127.0.0.1:${port}/snap`);
  expect(without).toMatch(/401; user name and password belong into the address$/);
});

test("an address that serves something else is told", async () => {
  const port = await listen((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
  );
  const { code, message } = await failureOf(`http://127.0.0.1:${port}/`);
  expect(code).toBe("SOURCE_NO_PICTURES");
  expect(message).toContain("3 bytes of text/html held no JPEG picture");
});
