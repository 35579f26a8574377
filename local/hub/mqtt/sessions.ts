import type { Subscription } from "aedes";
import memory from "aedes-persistence";
import type { Journal } from "../store/journal";

interface SessionClient {
  id: string;
}

interface Stored {
  topic: string;
  qos: 0 | 1 | 2;
}

/**
 * The persistence that aedes asks for, with the subscriptions of persistent sessions on disk: SDKs do not subscribe
 * again after a cut, so a hub that restarts must remember.
 *
 * A client's id is `<hub id>/<client id>`, which places its session among its hub's data.
 */
export function createSessions(journal: Journal): unknown {
  const sessions = memory();
  const inMemory = {
    setup: (sessions as unknown as { setup(broker: unknown): Promise<void> }).setup.bind(sessions),
    add: sessions.addSubscriptions.bind(sessions) as unknown as Write,
    remove: sessions.removeSubscriptions.bind(sessions) as unknown as Write<string>,
    clean: sessions.cleanSubscriptions.bind(sessions) as unknown as (client: SessionClient) => Promise<void>,
    byClient: sessions.subscriptionsByClient.bind(sessions) as unknown as Read,
  };
  const loaded = new Set<string>();

  /** What was on disk is looked up when a client connects for the first time. */
  const load = async (client: SessionClient): Promise<void> => {
    if (loaded.has(client.id)) return;
    loaded.add(client.id);
    const value = await journal.get(keyOf(client));
    if (value !== undefined) await inMemory.add(client, JSON.parse(value.toString()) as Stored[]);
  };
  const save = async (client: SessionClient): Promise<void> => {
    const stored = (await inMemory.byClient(client)).map(({ topic, qos }): Stored => ({ topic, qos }));
    await journal.write([{ key: keyOf(client), value: Buffer.from(JSON.stringify(stored)) }]);
  };

  return Object.assign(sessions, {
    // aedes looks at the kind of function.
    setup: async (broker: unknown) => {
      await inMemory.setup(broker);
    },
    addSubscriptions: async (client: SessionClient, subscriptions: Subscription[]) => {
      await load(client);
      await inMemory.add(client, subscriptions);
      await save(client);
    },
    removeSubscriptions: async (client: SessionClient, topics: string[]) => {
      await load(client);
      await inMemory.remove(client, topics);
      await save(client);
    },
    cleanSubscriptions: async (client: SessionClient) => {
      loaded.add(client.id);
      await inMemory.clean(client);
      if ((await journal.get(keyOf(client))) !== undefined) {
        await journal.write([{ key: keyOf(client), value: undefined }]);
      }
    },
    subscriptionsByClient: async (client: SessionClient) => {
      await load(client);
      return inMemory.byClient(client);
    },
  });
}

type Write<T = { topic: string; qos: number }> = (client: SessionClient, items: T[]) => Promise<void>;
type Read = (client: SessionClient) => Promise<Stored[]>;

function keyOf(client: SessionClient): string {
  const slash = client.id.indexOf("/");
  return `${client.id.slice(0, slash)}/session/${client.id.slice(slash + 1)}`;
}
