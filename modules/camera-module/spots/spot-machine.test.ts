import fc from "fast-check";
import type { Moment } from "./moment";
import { type Evidence, type SpotChange, type SpotRules, type SpotState, stepSpot, unknownSpot } from "./spot-machine";

const rules: SpotRules = { enterSeconds: 2, exitSeconds: 3, gapSeconds: 60 };
const start = 1_000_000;

const letters: Record<string, Evidence> = { o: "occupied", f: "free", h: "hidden", x: "unusable" };

/** Plays one letter a picture, two pictures a second; a digit is a pause of so many minutes. */
function play(script: string, from: SpotState = unknownSpot): { state: SpotState; changes: SpotChange[] } {
  const changes: SpotChange[] = [];
  let state = from;
  let time = start;
  for (const letter of script.replaceAll(" ", "")) {
    const evidence = letters[letter];
    if (evidence === undefined) {
      time += Number(letter) * 60_000;
      continue;
    }
    const step = stepSpot(state, evidence, at(time), rules);
    state = step.state;
    if (step.change) changes.push(step.change);
    time += 500;
  }
  return { state, changes };
}

function at(time: number): Moment {
  return { wall: time, tick: time, boot: "a" };
}

const o = "o".repeat(10);
const f = "f".repeat(10);

describe("a spot", () => {
  test.each([
    ["starts silently, whatever it is", o, "occupied", ""],
    ["starts silently as free", f, "free", ""],
    ["is freed", `${o}${f}`, "free", "freed"],
    ["is occupied", `${f}${o}`, "occupied", "occupied"],
    ["is freed and occupied again", `${o}${f}${o}`, "occupied", "freed occupied"],
    ["is not freed before the exit time", `${o}ffffff`, "occupied", ""],
    ["is freed after the exit time exactly", `${o}fffffff`, "free", "freed"],
    ["is occupied after the enter time exactly", `${f}ooooo`, "occupied", "occupied"],
    ["ignores single misses", `${o}fofoofofooof${o}`, "occupied", ""],
    ["ignores single false findings while it is freed", `${o}ffffoffff`, "free", "freed"],
    ["holds through an occlusion", `${o}ffhhhhhhhhhhhhhhhhhhoo`, "occupied", ""],
    ["does not count time behind an occlusion", `${o}fhhhhhhhhff`, "occupied", ""],
    ["is freed behind an occlusion once it is seen", `${o}hhhhhhhh${f}`, "free", "freed"],
    ["stands still while the picture is unusable", `${o}xxxxxxxxxxxxxxxxxxxx`, "occupied", ""],
    ["begins to count anew after an unusable picture", `${o}ffffffxf`, "occupied", ""],
    ["is unknown after a gap and then settles silently", `${o}2${f}`, "free", ""],
    ["is unknown after a long unusable time", `${o}x2x${f}`, "free", ""],
    ["still reports after a pause below the gap", `${o}1${f}`.replace("1", ""), "free", "freed"],
  ])("%s", (_what, script, phase, events) => {
    const { state, changes } = play(script);
    expect(state.phase).toBe(phase);
    expect(changes.map(({ event }) => event).join(" ")).toBe(events);
  });

  test("an event tells when the new phase was first seen and when the old one began", () => {
    const { changes } = play(`${o}${f}${o}`);
    expect(changes).toEqual([
      { event: "freed", at: start + 5000, since: start, change: 1 },
      { event: "occupied", at: start + 10_000, since: start + 5000, change: 2 },
    ]);
  });

  test("a jump of the wall clock neither delays nor makes an event", () => {
    let state = play(o).state;
    const changes: SpotChange[] = [];
    for (let i = 0; i < 8; i++) {
      const time = start + 5000 + i * 500;
      const step = stepSpot(state, "free", { wall: time - 3_600_000, tick: time, boot: "a" }, rules);
      state = step.state;
      if (step.change) changes.push(step.change);
    }
    expect(changes).toEqual([
      { event: "freed", at: start + 5000 - 3_600_000, since: start + 5000 - 3_600_000, change: 1 },
    ]);
  });

  test("after another boot the wall clock decides, and one that went back means unknown", () => {
    const { state } = play(o);
    const later = (wall: number): SpotState => stepSpot(state, "occupied", { wall, tick: 5, boot: "b" }, rules).state;
    expect(later(start + 20_000).phase).toBe("occupied");
    expect(later(start + 100_000).phase).toBe("unknown");
    expect(later(start - 1).phase).toBe("unknown");
  });

  test("for any pictures: freed and occupied alternate, are numbered without gaps and never go back in time", () => {
    const evidence = fc.constantFrom<Evidence>("occupied", "free", "hidden", "unusable");
    const run = fc.tuple(evidence, fc.integer({ min: 1, max: 30 }), fc.constantFrom(100, 500, 2000, 70_000));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
        let state: SpotState = unknownSpot;
        let time = start;
        let phase = "unknown";
        let changes = 0;
        for (const [what, count, interval] of runs) {
          for (let i = 0; i < count; i++) {
            time += interval;
            const step = stepSpot(state, what, at(time), rules);
            if (step.change) {
              changes += 1;
              expect(step.change.change).toBe(changes);
              expect(phase).toBe(step.change.event === "freed" ? "occupied" : "free");
              expect(step.change.since).toBeLessThanOrEqual(step.change.at);
              expect(what).toBe(step.change.event === "freed" ? "free" : "occupied");
            }
            state = step.state;
            phase = state.phase;
          }
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
