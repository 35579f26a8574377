import { emptyPreview } from "../engine/empty-preview";
import { type MeasuredStack, measuredStack } from "./stack";

/** One preview from nothing: what a user waits for. */
async function main(): Promise<void> {
  await emptyPreview(await measuredStack(JSON.parse(process.argv[2] ?? "") as MeasuredStack));
}

// Pulumi's own handler of rejections would let the process succeed.
main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
