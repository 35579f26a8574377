import { Dispatcher, type Detector } from "./dispatcher";
import type { Answer } from "./protocol";

const answer: Answer = { detections: [], decodeTime: 0, inferenceTime: 0 };
const picture = Buffer.alloc(1);

class FakeDetector implements Detector {
  readonly asked: number[] = [];
  readonly cancelled: number[] = [];
  detect(id: number): void {
    this.asked.push(id);
  }
  cancel(id: number): void {
    this.cancelled.push(id);
  }
}

describe("Dispatcher", () => {
  let dispatcher: Dispatcher;
  let detector: FakeDetector;
  beforeEach(() => {
    dispatcher = new Dispatcher({ queue: 2, deadline: 30_000 });
    detector = new FakeDetector();
  });

  it("hands out as many pictures as the detector may have, in order, and the next on each answer", async () => {
    dispatcher.attach(detector, 2);
    const answers = [1, 2, 3].map(() => dispatcher.submit(picture));
    expect(detector.asked).toEqual([1, 2]);
    dispatcher.answered(detector, 2, answer);
    expect(detector.asked).toEqual([1, 2, 3]);
    dispatcher.answered(detector, 1, answer);
    dispatcher.answered(detector, 3, answer);
    await expect(Promise.all(answers)).resolves.toEqual([answer, answer, answer]);
    expect(dispatcher.inFlight()).toBe(0);
  });

  it("refuses what the queue cannot hold", async () => {
    const waiting = [dispatcher.submit(picture), dispatcher.submit(picture)];
    expect(dispatcher.full).toBe(true);
    await expect(dispatcher.submit(picture)).rejects.toMatchObject({ code: "BUSY" });
    dispatcher.rejectWaiting(new Error("end"));
    await Promise.allSettled(waiting);
  });

  it("answers at the deadline and takes the picture back", async () => {
    const hasty = new Dispatcher({ queue: 2, deadline: 20 });
    hasty.attach(detector, 1);
    await expect(hasty.submit(picture)).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: "the picture was not looked at within 0.02 s; try again later",
    });
    expect(detector.cancelled).toEqual([1]);
    expect(hasty.inFlight()).toBe(0);
  });

  it.each(["waiting", "in flight"])("frees the place of a client that went away: %s", async (where) => {
    if (where === "in flight") dispatcher.attach(detector, 1);
    const client = new AbortController();
    const submitted = dispatcher.submit(picture, client.signal);
    client.abort();
    await expect(submitted).rejects.toMatchObject({ code: "ABANDONED" });
    expect(dispatcher.waiting + dispatcher.inFlight()).toBe(0);
    expect(detector.cancelled).toEqual(where === "in flight" ? [1] : []);
  });

  it("does not take a picture of a client that has gone already", async () => {
    await expect(dispatcher.submit(picture, AbortSignal.abort())).rejects.toMatchObject({ code: "ABANDONED" });
    expect(dispatcher.waiting).toBe(0);
  });

  it("lets the old detector answer what it has when another takes over", async () => {
    dispatcher.attach(detector, 1);
    const first = dispatcher.submit(picture);
    const second = dispatcher.submit(picture);
    const next = new FakeDetector();
    dispatcher.attach(next, 1);
    expect(next.asked).toEqual([2]);
    dispatcher.answered(next, 2, answer);
    await expect(second).resolves.toBe(answer);
    expect(dispatcher.inFlight(detector)).toBe(1);
    dispatcher.answered(detector, 1, answer);
    await expect(first).resolves.toBe(answer);
  });

  it("gives pictures of a lost detector to the next, one at a time and before all others", async () => {
    dispatcher.attach(detector, 3);
    const answers = [1, 2, 3, 4].map(() => dispatcher.submit(picture));
    dispatcher.lost(detector, "it ended");
    const next = new FakeDetector();
    dispatcher.attach(next, 3);
    expect(next.asked).toEqual([1]);
    dispatcher.answered(next, 1, answer);
    expect(next.asked).toEqual([1, 2]);
    dispatcher.answered(next, 2, answer);
    dispatcher.answered(next, 3, answer);
    dispatcher.answered(next, 4, answer);
    await expect(Promise.all(answers)).resolves.toHaveLength(4);
  });

  it("gives up the picture over which two detectors ended, and only that", async () => {
    dispatcher.attach(detector, 2);
    const poison = dispatcher.submit(picture);
    const good = dispatcher.submit(picture);
    dispatcher.lost(detector, "it ended");
    const second = new FakeDetector();
    dispatcher.attach(second, 2);
    dispatcher.lost(second, "it ended");
    await expect(poison).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
      message: "it ended, for the second time with this picture",
    });
    const third = new FakeDetector();
    dispatcher.attach(third, 2);
    dispatcher.answered(third, 2, answer);
    await expect(good).resolves.toBe(answer);
  });

  it("tells a faulty picture from a failure of the model", async () => {
    dispatcher.attach(detector, 2);
    const damaged = dispatcher.submit(picture);
    const failed = dispatcher.submit(picture);
    dispatcher.failed(detector, 1, { code: "PICTURE_DAMAGED", message: "half a picture" });
    dispatcher.failed(detector, 2, { code: "INTERNAL", message: "bug" });
    await expect(damaged).rejects.toMatchObject({ name: "PictureError", code: "PICTURE_DAMAGED" });
    await expect(failed).rejects.toMatchObject({ name: "InferenceError", code: "INFERENCE_FAILED" });
  });
});
