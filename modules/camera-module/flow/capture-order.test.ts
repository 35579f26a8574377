import fc from "fast-check";
import { CaptureOrder } from "./capture-order";

test("results come out in the order in which the work began, each as early as possible", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (finish) => {
      const released: number[] = [];
      const order = new CaptureOrder<number>((result) => released.push(result));
      const settle = finish.map(() => order.begin());
      finish.forEach((piece, done) => {
        settle[piece]?.(piece);
        const finished = new Set(finish.slice(0, done + 1));
        const ready = [0, 1, 2, 3, 4, 5].findIndex((number) => !finished.has(number));
        expect(released).toEqual([0, 1, 2, 3, 4, 5].slice(0, ready < 0 ? 6 : ready));
      });
    }),
    { seed: 1 },
  );
});

test("a second result for the same work is refused", () => {
  const settle = new CaptureOrder<number>(() => undefined).begin();
  settle(1);
  expect(() => {
    settle(2);
  }).toThrow("a result was given twice");
});
