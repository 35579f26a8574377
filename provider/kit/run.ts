import type { Provider } from "./provider";
import { serve } from "./serve";

const parentCheckMs = 1000;

/**
 * The main function of a provider's executable: serves, prints the port as the engine expects it, and ends with the
 * engine, also when that was killed.
 */
export async function runProvider(provider: Provider, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const engineAddress = argv.find((argument) => !argument.startsWith("-"));
  const server = await serve(provider, engineAddress === undefined ? {} : { engineAddress });
  const end = (): void => {
    void server.close().finally(() => process.exit(0));
  };
  // The engine ends a provider with SIGINT and waits 5 s for it. A Ctrl-C in the terminal does not come here: the engine
  // starts providers in process groups of their own, and cancels through gRPC.
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, parentCheckMs).unref();
  process.stdout.write(`${server.port}\n`);
}
