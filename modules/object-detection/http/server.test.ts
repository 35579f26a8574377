import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { AbandonedError, InferenceError, PictureError, UnavailableError } from "../errors";
import type { Inference } from "../inference/inference";
import type { Answer, ModelInfo } from "../inference/protocol";
import { buildServer } from "./server";

const info: ModelInfo = {
  name: "a-model",
  file: "/models/a-model/model.onnx",
  bytes: 1,
  sha256: "ab",
  family: "yolov8",
  input: "64x64 rgb nchw float32",
  labels: 3,
  threshold: 0.25,
  iou: 0.7,
  backend: "native",
  sessions: 1,
  threads: 1,
  probeMs: 1,
};
const car = { label: "car", score: 0.62, box: [1, 2, 3, 4] as [number, number, number, number] };
const jpeg = Buffer.from([0xff, 0xd8, 0xff]);

interface Reply {
  status: number;
  headers: Headers;
  body: unknown;
}

interface FakeInference {
  state: Inference["state"];
  full: boolean;
  detect: jest.Mock<Promise<Answer>, [Buffer, AbortSignal?]>;
}

describe("the HTTP interface", () => {
  let inference: FakeInference;
  let app: FastifyInstance;
  let address: string;

  const start = async (settings: { MAX_BYTES?: number; AUTH_TOKEN?: string } = {}): Promise<void> => {
    inference = {
      state: { name: "ready", info },
      full: false,
      detect: jest.fn(async (_picture: Buffer, _signal?: AbortSignal) =>
        Promise.resolve({ detections: [car], decodeTime: 0.001, inferenceTime: 0.02 }),
      ),
    };
    const parts = { waiting: 0, inFlight: 0, residentBytes: 0, ends: 0, threshold: 0.25 };
    const fake = Object.assign(inference, parts) as unknown as Inference;
    app = await buildServer(fake, { MAX_BYTES: 10_000, ...settings }, pino({ level: "silent" }));
    address = await app.listen({ port: 0, host: "127.0.0.1" });
  };
  const request = async (resource: string, init: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(address + resource, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  const post = async (body: Buffer, type?: string): Promise<Reply> =>
    request("/image", {
      method: "POST",
      body: new Uint8Array(body),
      ...(type === undefined ? {} : { headers: { "content-type": type } }),
    });
  beforeEach(async () => start());
  afterEach(async () => app.close());

  it("greets", async () => {
    const answer = await request("/");
    expect([answer.status, answer.body]).toEqual([200, "Computer Vision module listening"]);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  it.each(["application/octet-stream", "image/jpeg", "image/x-anything"])("takes a picture as %s", async (type) => {
    const answer = await post(jpeg, type);
    expect([answer.status, answer.body]).toEqual([200, [car]]);
    expect(inference.detect.mock.calls[0]?.[0]).toEqual(jpeg);
  });

  const multipart = (field: string, content: Buffer, file = true): Buffer =>
    Buffer.concat([
      Buffer.from(`--b\r\ncontent-disposition: form-data; name="${field}"${file ? '; filename="a.jpg"' : ""}\r\n\r\n`),
      content,
      Buffer.from("\r\n--b--\r\n"),
    ]);
  const multipartType = "multipart/form-data; boundary=b";

  it("takes a picture as multipart field imageData", async () => {
    const answer = await post(multipart("imageData", jpeg), multipartType);
    expect([answer.status, answer.body]).toEqual([200, [car]]);
    expect(inference.detect.mock.calls[0]?.[0]).toEqual(jpeg);
  });

  it.each([
    ["another field", multipart("picture", jpeg), 400, "no picture in the field imageData"],
    ["no file in the field", multipart("imageData", jpeg, false), 400, "no picture in the field imageData"],
    ["an empty file", multipart("imageData", Buffer.alloc(0)), 400, "no picture in the field imageData"],
    ["an end that never comes", multipart("imageData", jpeg).subarray(0, -8), 400, "cannot be read"],
    ["a file that is too large", multipart("imageData", Buffer.alloc(20_000)), 413, "more than 10000 bytes"],
    [
      "more than its picture may have",
      Buffer.concat([Buffer.alloc(80_000), multipart("imageData", jpeg)]),
      413,
      "more than 10000 bytes",
    ],
    [
      "two files",
      Buffer.concat([multipart("imageData", jpeg).subarray(0, -4), multipart("a", jpeg).subarray(3)]),
      413,
      "more than one file",
    ],
    [
      "six parts",
      Buffer.concat(
        Array.from({ length: 6 }, (_, at) => multipart("a", jpeg, false).subarray(0, at < 5 ? -7 : undefined)),
      ),
      413,
      "more than 5 parts",
    ],
  ])("refuses multipart with %s", async (_, body, status, message) => {
    const answer = await post(body, multipartType);
    expect([answer.status, (answer.body as { message: string }).message]).toEqual([
      status,
      expect.stringContaining(message),
    ]);
    expect(inference.detect).not.toHaveBeenCalled();
  });

  it.each([
    ["no body", Buffer.alloc(0), undefined, 400, "NOT_AN_IMAGE"],
    ["a body that is too large", Buffer.alloc(10_001), "image/jpeg", 413, "FST_ERR_CTP_BODY_TOO_LARGE"],
    ["another content type", jpeg, "application/json", 415, "FST_ERR_CTP_INVALID_MEDIA_TYPE"],
  ])("refuses %s", async (_, body, type, status, code) => {
    const answer = await post(body, type);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
  });

  const failures: [PictureError | UnavailableError | AbandonedError, number, string | null][] = [
    [new PictureError("NOT_AN_IMAGE", "text"), 400, null],
    [new PictureError("PICTURE_DAMAGED", "half"), 400, null],
    [new PictureError("PICTURE_TOO_LARGE", "50 MP"), 413, null],
    [new UnavailableError("BUSY", "busy"), 429, "1"],
    [new UnavailableError("NOT_READY", "loading"), 503, "1"],
    [new UnavailableError("DEADLINE_EXCEEDED", "late"), 503, "2"],
    [new UnavailableError("SHUTTING_DOWN", "bye"), 503, "5"],
    [new AbandonedError(), 499, null],
  ];
  it.each(failures.map(([error, status, retryAfter]) => ({ error, status, retryAfter, code: error.code })))(
    "answers $code with $status",
    async ({ error, status, retryAfter }) => {
      inference.detect.mockRejectedValue(error);
      const answer = await post(jpeg, "image/jpeg");
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ code: error.code, message: error.message });
      expect(answer.headers.get("retry-after")).toBe(retryAfter);
    },
  );

  it.each([{ error: new InferenceError("secret detail") }, { error: new TypeError("bug") }])(
    "tells no detail of $error.message",
    async ({ error }) => {
      inference.detect.mockRejectedValue(error);
      const answer = await post(jpeg, "image/jpeg");
      expect([answer.status, answer.body]).toEqual([500, "Error processing image"]);
    },
  );

  it("refuses before it reads the body when the queue is full", async () => {
    inference.full = true;
    expect((await post(jpeg, "image/jpeg")).status).toBe(429);
    expect(inference.detect).not.toHaveBeenCalled();
  });

  it.each([
    [{ name: "loading" }, 503, "the model is loading"],
    [{ name: "recovering", info }, 503, "the model is recovering"],
    [{ name: "refused", failure: { code: "MODEL_MISSING", message: "no file" } }, 503, "no file"],
  ] as const)("is alive but not ready while its model is %j", async (state, status, message) => {
    inference.state = state;
    expect((await request("/healthz")).status).toBe(200);
    const ready = await request("/readyz");
    expect([ready.status, ready.body]).toEqual([status, { code: "NOT_READY", message }]);
  });

  it("tells its model and its figures", async () => {
    await post(jpeg, "image/jpeg");
    expect((await request("/model")).body).toEqual({ state: "ready", ...info, threshold: 0.25 });
    const { body } = await request("/metrics");
    expect(body).toContain('object_detection_requests_total{status="200"} 1');
    expect(body).toContain("object_detection_inference_seconds_sum 0.02");
    expect(body).toContain(
      'object_detection_model_info{name="a-model",family="yolov8",sha256="ab",backend="native"} 1',
    );
    expect(body).toMatch(/process_resident_memory_bytes \d+/);
  });

  it("wants the token where it was set, and not for probes", async () => {
    await app.close();
    await start({ AUTH_TOKEN: "a-token-of-the-tests" });
    for (const url of ["/", "/healthz", "/readyz"]) expect((await request(url)).status).toBe(200);
    for (const url of ["/model", "/metrics"]) {
      expect((await request(url)).status).toBe(401);
      expect((await request(url, { headers: { authorization: "Bearer another" } })).status).toBe(401);
      const right = await request(url, { headers: { authorization: "Bearer a-token-of-the-tests" } });
      expect(right.status).toBe(200);
    }
    const refused = await post(jpeg, "image/jpeg");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(inference.detect).not.toHaveBeenCalled();
  });
});
