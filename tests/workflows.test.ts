import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { engineVersion } from "@edge-vision/local/dist/engine/version";
import { parse } from "yaml";
import { Project } from "./local/project";

jest.setTimeout(900_000);

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

const folder = path.resolve(__dirname, "..", ".github", "workflows");

function stepsOf(workflow: string): Step[] {
  const { jobs } = parse(readFileSync(path.join(folder, workflow), "utf8")) as {
    jobs: Record<string, { steps: Step[] }>;
  };
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

test("every action is pinned to a commit, and Pulumi's to the engine of this project", () => {
  const steps = readdirSync(folder).flatMap(stepsOf);
  const used = steps.flatMap(({ uses, with: inputs }) => (uses === undefined ? [] : [{ uses, inputs }]));
  expect(used.filter(({ uses }) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses))).toEqual([]);
  const pulumi = used.filter(({ uses }) => uses.startsWith("pulumi/actions@"));
  expect(pulumi.map(({ inputs }) => inputs?.["pulumi-version"])).toEqual([engineVersion, engineVersion]);
});

describe("preview-local", () => {
  let project: Project;

  beforeAll(() => {
    project = new Project();
  });

  afterAll(() => project.remove());

  test("shows what is to be created, with no credential and no secret", async () => {
    const script = stepsOf("preview-local.yml").find(({ name }) => name === "Preview")?.run ?? "";
    const summary = project.at("summary.md");
    const credentials = /^(ARM|AZURE|PULUMI|GITHUB)_/;
    const without = Object.fromEntries(Object.entries(process.env).filter(([name]) => !credentials.test(name)));
    // The way a step with `shell: bash` is run.
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd: project.root,
      env: { ...without, CI: "true", GITHUB_STEP_SUMMARY: summary },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect([child.exitCode, stderr.includes("edge-vision:")]).toEqual([0, false]);
    expect(stdout).toMatch(/Resources:\n {4}\+ \d+ to create/);
    const [title, , fence, ...lines] = readFileSync(summary, "utf8").trimEnd().split("\n");
    expect([title, fence, lines.at(-1)]).toEqual(["### Preview of local", "~~~", "~~~"]);
    expect(lines.join("\n")).toContain(stdout.trimEnd());
  });
});
