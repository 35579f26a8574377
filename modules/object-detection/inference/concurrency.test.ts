import { concurrency } from "./concurrency";

const megabyte = 1024 * 1024;

it.each([
  ["a small model", "auto", "auto", 15, 2, { sessions: 2, threads: 1 }],
  ["a small model on many cores", "auto", "auto", 15, 16, { sessions: 4, threads: 4 }],
  ["a large model", "auto", "auto", 240, 4, { sessions: 1, threads: 4 }],
  ["given sessions", 2, "auto", 15, 4, { sessions: 2, threads: 2 }],
  ["more sessions than cores", 3, "auto", 15, 2, { sessions: 3, threads: 1 }],
  ["given threads", "auto", 2, 15, 4, { sessions: 2, threads: 2 }],
  ["more threads than cores", "auto", 4, 15, 2, { sessions: 1, threads: 4 }],
  ["given threads for a large model", "auto", 2, 240, 4, { sessions: 1, threads: 2 }],
  ["both given", 3, 2, 240, 1, { sessions: 3, threads: 2 }],
] as const)("%s", (_, sessions, threads, megabytes, cores, expected) => {
  expect(concurrency({ sessions, threads }, megabytes * megabyte, cores)).toEqual(expected);
});
