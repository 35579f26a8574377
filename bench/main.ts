import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Report } from "./report";

interface Bench {
  run(report: Report): Promise<void>;
}

const NOT_BENCHES = ["main.js", "report.js"];

function names(): string[] {
  return readdirSync(__dirname)
    .filter((file) => /^[a-z-]+\.js$/.test(file) && !NOT_BENCHES.includes(file))
    .map((file) => file.slice(0, -".js".length));
}

/** `npm run bench -- <name> [--json]`: exits 1 when a goal is missed, 2 when there is no such bench. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const name = positionals[0] ?? "";
  const file = join(__dirname, `${name}.js`);
  if (positionals.length !== 1 || !names().includes(name) || !existsSync(file)) {
    process.stderr.write(`usage: npm run bench -- <name> [--json]\nbenches: ${names().join(", ")}\n`);
    return 2;
  }
  const report = new Report(name, values.json === true, (line) => process.stdout.write(`${line}\n`));
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which bench is known only now
  await (require(file) as Bench).run(report);
  return report.verdict() ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
