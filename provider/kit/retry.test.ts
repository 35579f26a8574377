import { retryAfterMs, withRetry } from "./retry";

const { signal } = new AbortController();

test.each([
  ["2", 2000],
  ["0", 0],
  ["Thu, 01 Jan 1970 00:00:05 GMT", 4000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["-1", undefined],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("Retry-After %j", (header, expected) => {
  expect(retryAfterMs(header, 1000)).toBe(expected);
});

test("the service's own delay is kept", async () => {
  const delays: number[] = [];
  let failures = 3;
  const operation = () => (failures-- > 0 ? Promise.reject(new Error("busy")) : Promise.resolve("done"));
  const onRetry = (_error: unknown, delayMs: number) => delays.push(delayMs);
  await expect(withRetry(operation, { signal, onRetry, advise: () => ({ retry: true, afterMs: 1 }) })).resolves.toBe(
    "done",
  );
  expect(delays).toEqual([1, 1, 1]);
});

test.each([
  ["what is not worth it fails at once", { retry: false } as const, 1],
  ["tries end", { retry: true, afterMs: 0 } as const, 4],
  ["a kind of failure can have fewer tries", { retry: true, afterMs: 0, attempts: 2 } as const, 2],
])("%s", async (_name, advice, expected) => {
  let tries = 0;
  const operation = () => Promise.reject(new Error(`try ${++tries}`));
  await expect(withRetry(operation, { signal, advise: () => advice, attempts: 4 })).rejects.toThrow(`try ${expected}`);
  expect(tries).toBe(expected);
});

test("a cancelled wait ends at once", async () => {
  const controller = new AbortController();
  const waiting = withRetry(() => Promise.reject(new Error("busy")), {
    signal: controller.signal,
    advise: () => ({ retry: true, afterMs: 3_600_000 }),
    onRetry: () => {
      setImmediate(() => {
        controller.abort();
      });
    },
  });
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
