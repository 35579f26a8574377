import { copyFile, truncate } from "node:fs/promises";
import path from "node:path";
import { ModelFolder, plainPicture, TestService, until } from "./service";

const labels = ["red", "green", "blue"];
const gigabyte = 1024 ** 3;

/** Models that must be refused, each with its reason. `<file>` stands for the model's path. */
const refusals: {
  name: string;
  graph: string;
  card?: Record<string, unknown>;
  sha256?: string;
  damage?: (file: string) => Promise<void>;
  code: string;
  message: string | RegExp;
}[] = [
  {
    name: "an empty file",
    graph: "yolov8",
    damage: async (file) => truncate(file, 0),
    code: "MODEL_UNREADABLE",
    message: "<file> is empty",
  },
  {
    name: "a truncated file",
    graph: "yolov8",
    damage: async (file) => truncate(file, 1000),
    code: "MODEL_UNREADABLE",
    message: "<file>: ONNX Runtime cannot load the model: Protobuf parsing failed.",
  },
  {
    name: "a wrong SHA-256",
    graph: "yolov8",
    sha256: "0".repeat(64),
    code: "MODEL_CHECKSUM",
    message:
      /^<file> has the SHA-256 [0-9a-f]{64}, but the setting says 0{64}; the file is damaged or is another model$/,
  },
  {
    name: "a SHA-256 that differs from the card's",
    graph: "yolov8",
    card: { labels, sha256: "f".repeat(64) },
    code: "MODEL_CHECKSUM",
    message: /^<file> has the SHA-256 [0-9a-f]{64}, but the model's card says f{64}; /,
  },
  {
    name: "a classifier",
    graph: "classifier",
    code: "MODEL_UNKNOWN",
    message:
      "the model is of no known family of detectors. Signature: inputs data float32[1,3,64,64]; outputs probabilities float32[1,10]. " +
      "Considered: yolov3: has 1 inputs instead of 2 (picture and its shape), has 1 outputs instead of 3 (boxes, scores, indices); " +
      "tiny-yolov2: output probabilities float32[1,10] is not float32[1,5·(5+classes),2,2]; " +
      "yolov8: output probabilities float32[1,10] is not float32[1,4+classes,84]; " +
      "ssd-mobilenet: input data float32[1,3,64,64] is not uint8[1,height,width,3]; " +
      "nanodet: has 1 outputs instead of 6 (scores and distances per stride). " +
      "Export the detector in one of these forms, or correct family and input in model.json",
  },
  {
    name: "a wrong rank",
    graph: "wrong-rank",
    card: { labels },
    code: "MODEL_UNKNOWN",
    message: /yolov8: input images float32\[3,64,64\] is not float32\[1,3,height,width\];/,
  },
  {
    name: "a size that is left open",
    graph: "dynamic-size",
    card: { labels },
    code: "MODEL_UNKNOWN",
    message:
      /yolov8: input images float32\[batch,3,height,width\] leaves the picture's size open; give input\.width and input\.height in the card/,
  },
  {
    name: "a family in the card that the model is not of",
    graph: "yolov8",
    card: { family: "nanodet", labels },
    code: "MODEL_UNKNOWN",
    message:
      /^the card says family nanodet, but the model does not fit it\. Signature: inputs images .*Considered: nanodet: has 1 outputs instead of 6/,
  },
  {
    name: "missing labels",
    graph: "seven-classes",
    code: "MODEL_LABELS",
    message:
      "the model (yolov8) tells 7 classes apart and no labels are known for them; name them in labels of model.json",
  },
  {
    name: "too few labels",
    graph: "seven-classes",
    card: { labels },
    code: "MODEL_LABELS",
    message:
      "the card names 3 labels, but the model (yolov8) tells 7 classes apart; " +
      "labels in model.json must name each class once, in the model's order",
  },
  {
    name: "outputs that are not numbers",
    graph: "not-a-number",
    card: { labels },
    code: "MODEL_OUTPUT",
    message: "the model fails on the probe picture: output output0 holds values that are not finite numbers",
  },
  {
    name: "an opset that is too new",
    graph: "opset-too-new",
    card: { labels },
    code: "MODEL_UNREADABLE",
    message: /^<file>: ONNX Runtime cannot load the model: .*[Oo]pset 99/,
  },
  {
    name: "a file of 2 GB",
    graph: "yolov8",
    card: { labels },
    // Sparse: it takes no room on the disk, and it is refused before it is read.
    damage: async (file) => truncate(file, 2 * gigabyte),
    code: "MODEL_TOO_LARGE",
    message: "<file> has 2147483648 bytes; at most 1073741824 are loaded (MAX_MODEL_BYTES sets the limit)",
  },
  {
    name: "a card with two faults",
    graph: "yolov8",
    card: { labels: [], threshold: 2, colour: "red" },
    code: "CARD_INVALID",
    message: /model\.json: labels: .*; threshold: .*; \(root\): .*colour/,
  },
];

describe("a model that cannot be used", () => {
  let good: ModelFolder;
  let service: TestService;
  beforeAll(async () => {
    good = await ModelFolder.make("yolov8", { labels, threshold: 0.5 });
    service = await TestService.start({ MODEL: good.file });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await good.remove();
  });

  it.each(refusals)("is refused with its reason while the old one serves: $name", async (refusal) => {
    const folder = await ModelFolder.make(refusal.graph, refusal.card ?? {});
    try {
      await refusal.damage?.(folder.file);
      const before = await service.get("/model");
      const swap = service.service.inference.swap({
        file: folder.file,
        ...(refusal.sha256 === undefined ? {} : { sha256: refusal.sha256 }),
      });
      const refused = swap.then(
        () => ({ code: "accepted", message: "" }),
        (error: unknown) => ({
          code: (error as { code: string }).code,
          message: (error as Error).message.replaceAll(folder.file, "<file>").replaceAll(folder.folder + path.sep, ""),
        }),
      );
      const during = await service.post(await plainPicture(64, 64, [255, 0, 0]));
      expect(during.status).toBe(200);
      const { code, message } = await refused;
      expect({ code, message }).toEqual({
        code: refusal.code,
        message:
          typeof refusal.message === "string" ? refusal.message : (expect.stringMatching(refusal.message) as string),
      });
      expect(await service.get("/model")).toEqual(before);
      const after = await service.post(await plainPicture(64, 64, [0, 0, 255]));
      expect(await after.json()).toMatchObject([{ label: "blue", score: 1 }, {}]);
    } finally {
      await folder.remove();
    }
  });
});

describe("a service without a usable model", () => {
  it("answers 503 with the reason, and serves once the file is there", async () => {
    const folder = await ModelFolder.make("yolov8", { labels, threshold: 0.5 });
    const late = path.join(folder.folder, "late.onnx");
    const service = await TestService.start({ MODEL: late });
    try {
      const reason = `there is no model file ${late}; set MODEL (or model in the module twin) to an ONNX file, or to an https URL with its SHA-256`;
      expect(await service.get("/")).toEqual({ status: 200, body: "Computer Vision module listening" });
      expect(await service.get("/healthz")).toMatchObject({ status: 200 });
      expect(await service.get("/readyz")).toEqual({ status: 503, body: { code: "NOT_READY", message: reason } });
      expect(await service.get("/model")).toEqual({
        status: 200,
        body: { state: "refused", failure: { code: "MODEL_MISSING", message: reason } },
      });
      const refused = await service.post(await plainPicture(8, 8, [0, 0, 0]));
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toEqual({ code: "NOT_READY", message: reason });

      await copyFile(folder.file, late);
      await until(async () => (await service.get("/readyz")).status === 200, "the model that came later");
    } finally {
      await service.close();
      await folder.remove();
    }
  }, 90_000);
});
