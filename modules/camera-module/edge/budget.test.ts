import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BudgetReport } from "@edge-vision/messages";
import { pino } from "pino";
import { until } from "../testing/until";
import { Budget } from "./budget";
import { BudgetWatch } from "./budget-watch";

let folder: string;
let time = Date.parse("2026-01-31T12:00:00Z");
const now = (): number => time;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "budget-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("messages are counted in units, warned of at 80 %, kept over a restart and begun anew each day", async () => {
  const path = join(folder, "budget.json");
  const budget = await Budget.open(path, now);
  budget.configure({ dailyBudget: 10, budgetUnit: 512 });
  expect(budget.count(1)).toBe(false);
  expect(budget.count(512)).toBe(false);
  expect(budget.count(513)).toBe(false);
  expect(budget.count(2000)).toBe(true);
  expect(budget.report).toEqual({ day: "2026-01-31", used: 8, limit: 10, state: "warning" });
  await budget.save();

  const next = await Budget.open(path, now);
  next.configure({ dailyBudget: 10, budgetUnit: 4096 });
  expect(next.count(4096)).toBe(false);
  expect(next.count(4096)).toBe(true);
  expect(next.report.state).toBe("spent");
  time += 86_400_000;
  expect(next.report).toEqual({ day: "2026-02-01", used: 0, limit: 10, state: "ok" });
});

test("without a limit nothing is warned of", async () => {
  const budget = await Budget.open(join(folder, "budget.json"), now);
  for (let i = 0; i < 1000; i++) expect(budget.count(100)).toBe(false);
  expect(budget.report).toMatchObject({ used: 1000, limit: 0, state: "ok" });
});

test("the hub is told at once of another state, in time of other counts, and never of nothing new", async () => {
  const path = join(folder, "budget.json");
  const budget = await Budget.open(path, now);
  const told: BudgetReport[] = [];
  const report = (one: BudgetReport): void => void told.push(one);
  const watch = new BudgetWatch({ budget, report, log: pino({ level: "silent" }), everyMilliseconds: 20 });
  watch.configure({ dailyBudget: 5, budgetUnit: 512 });
  const end = new AbortController();
  const running = watch.run(end.signal);
  const used = (): number[] => told.map((one) => one.used);
  watch.sent(100);
  await until(() => used().includes(1), "the count");
  for (let i = 0; i < 3; i++) watch.sent(100);
  expect(told.at(-1)).toMatchObject({ used: 4, limit: 5, state: "warning" });
  const reports = told.length;
  await sleep(100);
  expect(told).toHaveLength(reports);
  watch.sent(100);
  end.abort();
  await running;
  expect((await Budget.open(path, now)).report.used).toBe(5);
});
