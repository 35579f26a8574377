import { answerOf } from "./twin-answers";

const applied = { version: 3, status: "applied", faults: null };

test.each([
  ["nothing asked", { $version: 1 }, {}, { open: false, faults: [] }],
  ["no answer yet", { $version: 3, fps: 5 }, {}, { open: true, faults: [] }],
  ["an answer to older settings", { $version: 4, fps: 5 }, { settings: applied }, { open: true, faults: [] }],
  ["applied", { $version: 3, fps: 5 }, { settings: applied }, { open: false, faults: [] }],
  [
    "being worked on",
    { $version: 3, model: {} },
    { model: { version: 3, status: "pending" } },
    { open: true, faults: [] },
  ],
  [
    "refused with a reason",
    { $version: 3, model: {} },
    { model: { version: 3, status: "refused", reason: "no such file" } },
    { open: false, faults: ["model refused: no such file"] },
  ],
  [
    "refused with faults",
    { $version: 3, fps: 0 },
    { settings: { version: 3, status: "refused", faults: [{ path: "fps", message: "too small" }] } },
    { open: false, faults: ['settings refused: [{"path":"fps","message":"too small"}]'] },
  ],
  [
    "a source that fails",
    { $version: 3, fps: 5 },
    { settings: applied, source: { state: "failed", error: "no picture in clip.mjpeg" } },
    { open: false, faults: ["source: no picture in clip.mjpeg"] },
  ],
])("%s", (_name, desired, reported, answer) => {
  expect(answerOf({ desired, reported })).toEqual(answer);
});
