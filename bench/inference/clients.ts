import { Agent, request } from "node:http";

export interface Measured {
  /** Good answers a second. */
  rate: number;
  /** Milliseconds of every answer, ascending. */
  times: number[];
}

/** Posts pictures in turn from so many clients, each with one connection, for some seconds. */
export async function measure(
  address: string,
  pictures: readonly Buffer[],
  clients: number,
  seconds: number,
): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  const start = performance.now();
  const until = start + seconds * 1000;
  const run = async (client: number): Promise<void> => {
    for (let turn = client; performance.now() < until; turn++) {
      const sent = performance.now();
      await post(agent, `${address}/image`, pictures[turn % pictures.length] as Buffer);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, async (_, client) => run(client)));
  const rate = (times.length * 1000) / (performance.now() - start);
  agent.destroy();
  return { rate, times: times.sort((a, b) => a - b) };
}

/** Value below which this share of ascending numbers lies. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? NaN;
}

async function post(agent: Agent, url: string, picture: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/octet-stream", "content-length": picture.length };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`POST /image was answered with ${response.statusCode ?? "nothing"}`));
      });
    });
    sent.once("error", reject);
    sent.end(picture);
  });
}
