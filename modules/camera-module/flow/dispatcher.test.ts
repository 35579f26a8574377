import type { Detection } from "@edge-vision/messages";
import { InferenceError } from "../inference/inference-client";
import { Dispatcher, type Judged } from "./dispatcher";
import type { Frame } from "./frame";

function frame(sequence: number): Frame {
  const moment = { wall: sequence, tick: sequence, boot: "" };
  return { jpeg: Buffer.from([sequence]), width: 1, height: 1, sequence, moment, capturedAt: sequence };
}

/** An inference service whose answers the test gives. */
function service(): {
  dispatcher: Dispatcher;
  answer: (sequence: number, found?: Detection[] | InferenceError) => Promise<void>;
  judged: string[];
  clock: { now: number };
} {
  const waiting = new Map<number, (found: Detection[] | InferenceError) => void>();
  const judged: string[] = [];
  const clock = { now: 0 };
  const dispatcher = new Dispatcher({
    detect: (jpeg) =>
      new Promise((resolve, reject) => {
        waiting.set(jpeg[0] ?? 0, (found) => {
          if (found instanceof InferenceError) reject(found);
          else resolve(found);
        });
      }),
    onJudged: (result: Judged) => judged.push(`${result.frame.sequence}${"failed" in result ? " failed" : ""}`),
    now: () => clock.now,
  });
  const answer = async (sequence: number, found: Detection[] | InferenceError = []): Promise<void> => {
    waiting.get(sequence)?.(found);
    await new Promise(setImmediate);
  };
  return { dispatcher, answer, judged, clock };
}

test("four frames are in flight at most, and what comes meanwhile is dropped", async () => {
  const { dispatcher, answer } = service();
  expect([1, 2, 3, 4, 5, 6].map((n) => dispatcher.offer(frame(n)))).toEqual([
    ...[undefined, undefined, undefined, undefined],
    ...["busy", "busy"],
  ]);
  await answer(2);
  expect(dispatcher.inFlight).toBe(3);
  expect(dispatcher.offer(frame(7))).toBeUndefined();
});

test("results are judged in capture order, failures too", async () => {
  const { dispatcher, answer, judged } = service();
  for (const n of [1, 2, 3, 4]) dispatcher.offer(frame(n));
  await answer(3);
  await answer(2, new InferenceError("failed", "gone"));
  expect(judged).toEqual([]);
  await answer(1);
  expect(judged).toEqual(["1", "2 failed", "3"]);
  await answer(4);
  expect(judged).toEqual(["1", "2 failed", "3", "4"]);
});

test("the service is left alone for as long as it asks", async () => {
  const { dispatcher, answer, clock } = service();
  dispatcher.offer(frame(1));
  await answer(1, new InferenceError("paused", "503", 2000));
  clock.now = 1999;
  expect(dispatcher.offer(frame(2))).toBe("paused");
  clock.now = 2000;
  expect(dispatcher.offer(frame(3))).toBeUndefined();
});
