import { type MeasuredStack, measuredStack } from "./stack";

/** One preview from nothing: what a user waits for. */
async function main(): Promise<void> {
  const stack = await measuredStack(JSON.parse(process.argv[2] ?? "") as MeasuredStack);
  const { changeSummary } = await stack.preview();
  const changes = Object.entries(changeSummary).filter(([operation]) => operation !== "same");
  if (changes.length > 0) throw new Error(`the preview is not empty: ${JSON.stringify(changes)}`);
}

void main();
