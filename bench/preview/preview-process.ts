import { emptyPreview } from "../engine/empty-preview";
import { type MeasuredStack, measuredStack } from "./stack";

/** One preview from nothing: what a user waits for. */
async function main(): Promise<void> {
  await emptyPreview(await measuredStack(JSON.parse(process.argv[2] ?? "") as MeasuredStack));
}

void main();
