import { inferenceEntry, readSettings, SettingsError } from "./settings";

describe("readSettings", () => {
  it("needs nothing", () => {
    expect(readSettings({})).toEqual({
      PORT: 8885,
      HOST: "127.0.0.1",
      MODEL: "models/nanodet-coco/model.onnx",
      SESSIONS: "auto",
      THREADS: "auto",
      BACKEND: "auto",
      QUEUE: 16,
      DEADLINE: 10,
      MAX_BYTES: 10_485_760,
      MAX_PIXELS: 25_000_000,
      MAX_MODEL_BYTES: 1_073_741_824,
      STATE: "state",
      LOG_LEVEL: "info",
    });
  });

  it("reads what is set, and takes an empty variable as unset", () => {
    expect(
      readSettings({ PORT: "0", THRESHOLD: "0.3", SESSIONS: "2", AUTH_TOKEN: "", MODEL_CARD: "{}" }),
    ).toMatchObject({
      PORT: 0,
      THRESHOLD: 0.3,
      SESSIONS: 2,
      MODEL_CARD: {},
    });
  });

  it.each([
    [{ PORT: "80a" }, 'PORT: "80a" is not a whole number from 0 to 65535'],
    [{ THRESHOLD: "1.5" }, 'THRESHOLD: "1.5" is not a number from 0 to 1'],
    [{ SESSIONS: "many" }, 'SESSIONS: "many" is neither auto nor a whole number from 1 to 64'],
    [{ BACKEND: "gpu" }, "BACKEND: is none of auto, native, wasm"],
    [{ MODEL: "http://a/b.onnx" }, 'MODEL: "http://a/b.onnx" is neither a path nor an https URL'],
    [{ MODEL: "https://a/b.onnx" }, "MODEL_SHA256: is required, because MODEL is a URL"],
    [{ MODEL_SHA256: "abc" }, "MODEL_SHA256: is not a SHA-256 in hexadecimal (64 digits)"],
    [{ AUTH_TOKEN: "short" }, "AUTH_TOKEN: has fewer than 16 characters"],
    [{ MODEL_CARD: "[1]" }, "MODEL_CARD: is not a JSON object"],
    [
      { PORT: "-1", QUEUE: "0", LOG_LEVEL: "loud" },
      'PORT: "-1" is not a whole number from 0 to 65535; QUEUE: "0" is not a whole number from 1 to 10000; ' +
        "LOG_LEVEL: is none of fatal, error, warn, info, debug, trace",
    ],
  ])("refuses %j with every fault", (environment, message) => {
    expect(() => readSettings(environment)).toThrow(new SettingsError([message]));
  });
});

it("finds the inference process beside the script that was started", () => {
  expect(inferenceEntry("/app/main.js")).toBe("/app/inference-process.js");
});
