import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Budget } from "./budget";

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
