import { plan, type PresentModule, type WantedModule } from "./planner";

const wanted = (moduleId: string, change: Partial<WantedModule> = {}): WantedModule => ({
  moduleId,
  status: "running",
  startupOrder: 100,
  signature: "1",
  ...change,
});
const present = (moduleId: string, change: Partial<PresentModule> = {}): PresentModule => ({
  moduleId,
  active: true,
  signature: "1",
  ...change,
});

test.each([
  ["nothing to nothing", [], [], []],
  ["the same is not touched", [present("a")], [wanted("a")], []],
  ["a new module is started", [], [wanted("a")], ["start a"]],
  ["a module that left is removed", [present("a")], [], ["remove a"]],
  [
    "a changed module is rolled, its sibling is not",
    [present("a"), present("b")],
    [wanted("a", { signature: "2" }), wanted("b")],
    ["roll a"],
  ],
  ["a module that is to be stopped", [present("a")], [wanted("a", { status: "stopped" })], ["stop a"]],
  ["a stopped module that is to stay so", [present("a", { active: false })], [wanted("a", { status: "stopped" })], []],
  ["a stopped module that is to run", [present("a", { active: false })], [wanted("a")], ["start a"]],
  [
    "one that could not be started is left to its back-off while nothing is known of its image",
    [present("a", { signature: undefined })],
    [wanted("a", { signature: undefined })],
    [],
  ],
  ["and started when its image is there", [present("a", { signature: undefined })], [wanted("a")], ["roll a"]],
  [
    "what goes comes before what comes, and startup order is kept",
    [present("old"), present("c")],
    [
      wanted("b", { startupOrder: 2 }),
      wanted("a", { startupOrder: 3 }),
      wanted("c", { signature: "2", startupOrder: 1 }),
    ],
    ["remove old", "roll c", "start b", "start a"],
  ],
])("%s", (_name, now, then, steps) => {
  expect(plan(now, then).map(({ kind, moduleId }) => `${kind} ${moduleId}`)).toEqual(steps);
});
