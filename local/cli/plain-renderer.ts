import { ListrTaskEventType, ListrTaskState, type ListrTaskObject } from "listr2";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

/**
 * Progress for logs and scripts: one line when a phase begins, one for each thing that it tells, one with the time it
 * took when it is done. What went wrong is told once, by the command itself.
 */
export class PlainRenderer {
  static readonly nonTTY = true;
  static rendererOptions: Record<string, never>;
  static rendererTaskOptions: Record<string, never>;

  constructor(private readonly tasks: Task[]) {}

  render(): void {
    for (const task of this.tasks) {
      let begun = 0;
      task.on(ListrTaskEventType.STATE, (state) => {
        const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
        if (state === ListrTaskState.STARTED) {
          begun = Date.now();
          write(`${task.title}…`);
        } else if (state === ListrTaskState.COMPLETED) write(`${task.title} (${seconds} s)`);
        else if (state === ListrTaskState.FAILED) write(`${task.title}: failed after ${seconds} s`);
      });
      task.on(ListrTaskEventType.OUTPUT, (line) => {
        write(`  ${line}`);
      });
    }
  }

  end(): void {
    // Every line is written when it is known.
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
