import { pino } from "pino";
import { ModelError } from "../errors";
import type { Inference } from "../inference/inference";
import type { ModelFile, ModelInfo } from "../inference/protocol";
import type { ModelSource } from "../model/model-source";
import { TwinSettings } from "./twin-settings";

const own = { name: "own", sha256: "aa", family: "nanodet" };
const other = { name: "other", sha256: "bb", family: "yolov8" };
const sha256 = "b".repeat(64);

class FakeInference {
  info = own;
  threshold: number | undefined;
  readonly swaps: ModelFile[] = [];
  swapping: (model: ModelFile) => Promise<unknown> = async () => Promise.resolve();

  get state(): { name: "ready"; info: ModelInfo } {
    return { name: "ready", info: this.info as unknown as ModelInfo };
  }
  async decided(): Promise<void> {
    return Promise.resolve();
  }
  setThreshold(value: number | undefined): void {
    this.threshold = value;
  }
  async swap(model: ModelFile): Promise<void> {
    this.swaps.push(model);
    await this.swapping(model);
    this.info = model.file === "own.onnx" ? own : other;
  }
}

describe("TwinSettings", () => {
  let inference: FakeInference;
  let fetch: jest.Mock;
  let reported: unknown[];
  let settings: TwinSettings;
  beforeEach(() => {
    inference = new FakeInference();
    fetch = jest.fn(async (reference: { file?: string }) => Promise.resolve({ file: reference.file ?? "cached.onnx" }));
    reported = [];
    settings = new TwinSettings(
      inference as unknown as Inference,
      { fetch } as unknown as ModelSource,
      { model: { file: "own.onnx" }, threshold: 0.4 },
      (properties) => reported.push(properties),
      pino({ level: "silent" }),
    );
  });
  afterEach(() => {
    settings.close();
  });

  it("applies a threshold, and takes the environment's when it is gone", async () => {
    await settings.apply({ $version: 2, threshold: 0.7 });
    expect(inference.threshold).toBe(0.7);
    expect(reported).toContainEqual({ threshold: { version: 2, status: "applied", value: 0.7 } });
    await settings.apply({ $version: 3 });
    expect(inference.threshold).toBe(0.4);
    expect(reported).toContainEqual({ threshold: null });
  });

  it("fetches and swaps a model once, and acknowledges later versions", async () => {
    const model = { url: "https://models/other.onnx", sha256 };
    await settings.apply({ $version: 2, model });
    await settings.apply({ $version: 3, model });
    expect(inference.swaps).toEqual([{ file: "cached.onnx" }]);
    expect(reported).toEqual(
      expect.arrayContaining([
        { model: { version: 2, status: "pending", ...own } },
        { model: { version: 2, status: "applied", ...other } },
        { model: { version: 3, status: "applied", ...other } },
      ]),
    );
  });

  it("goes back to the environment's model when the twin names none", async () => {
    await settings.apply({ $version: 2, model: { file: "other.onnx" } });
    await settings.apply({ $version: 3, model: null });
    expect(inference.swaps).toEqual([{ file: "other.onnx" }, { file: "own.onnx" }]);
    expect(reported.at(-1)).toEqual({ model: null });
  });

  it("keeps the old model and tells why the new one is refused", async () => {
    inference.swapping = async () => Promise.reject(new ModelError("MODEL_UNKNOWN", "no detector"));
    await settings.apply({ $version: 2, model: { file: "classifier.onnx" } });
    expect(inference.info).toBe(own);
    expect(reported.at(-1)).toEqual({ model: { version: 2, status: "refused", reason: "no detector", ...own } });
  });

  it.each([
    [{ url: "http://models/a.onnx", sha256 }, "model.url: must be an https URL"],
    [{ url: "https://models/a.onnx" }, "model.sha256: needs sha256, because url is given"],
    [{ url: "https://models/a.onnx", file: "a", sha256 }, "model: needs either url or file, and not both"],
    [{ file: "a.onnx", sha256: "ab" }, "model.sha256: must be a SHA-256 in hexadecimal (64 digits)"],
    [{ file: "a.onnx", colour: 1 }, 'model: Unrecognized key: "colour"'],
    ["a.onnx", "model: Invalid input: expected object, received string"],
  ])("refuses model %j, and applies the threshold beside it", async (model, reason) => {
    await settings.apply({ $version: 5, model, threshold: 0.3 });
    expect(inference.threshold).toBe(0.3);
    expect(inference.swaps).toEqual([]);
    expect(reported.at(-1)).toEqual({ model: { version: 5, status: "refused", reason, ...own } });
  });

  it("refuses a threshold, and changes nothing", async () => {
    inference.threshold = 0.4;
    await settings.apply({ $version: 6, threshold: 7 });
    expect(inference.threshold).toBe(0.4);
    expect(reported[0]).toMatchObject({ threshold: { version: 6, status: "refused", value: 0.4 } });
  });

  it("leaves a model that is being fetched when a newer one is wanted", async () => {
    fetch.mockImplementationOnce(
      async (_reference, signal: AbortSignal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(new Error("aborted"));
          });
        }),
    );
    const first = settings.apply({ $version: 2, model: { url: "https://models/slow.onnx", sha256 } });
    await new Promise(setImmediate);
    await Promise.all([first, settings.apply({ $version: 3, model: { file: "other.onnx" } })]);
    expect(inference.swaps).toEqual([{ file: "other.onnx" }]);
    expect(reported.at(-1)).toEqual({ model: { version: 3, status: "applied", ...other } });
  });

  it("tries again when a model could not be fetched", async () => {
    jest.useFakeTimers();
    try {
      fetch.mockRejectedValueOnce(new ModelError("MODEL_DOWNLOAD", "offline"));
      await settings.apply({ $version: 2, model: { url: "https://models/other.onnx", sha256 } });
      expect(reported.at(-1)).toEqual({ model: { version: 2, status: "refused", reason: "offline", ...own } });
      await jest.advanceTimersByTimeAsync(30_000);
      expect(reported.at(-1)).toEqual({ model: { version: 2, status: "applied", ...other } });
    } finally {
      jest.useRealTimers();
    }
  });
});
