import { refuse } from "../errors";
import { runQuery } from "../query/run";
import { isObject } from "../twins/patch";
import type { Operation } from "./operation";

const maximumPage = 1000;
const standardPage = 100;

/** Queries over twins: `POST /devices/query`, in pages. */
export const queryOperations: readonly Operation[] = [
  {
    method: "POST",
    path: "/devices/query",
    throttledAs: "queries",
    rights: ["RegistryRead", "ServiceConnect"],
    async run(request) {
      const { hub, body } = request;
      const query = isObject(body) ? body.query : undefined;
      if (typeof query !== "string") throw refuse.argument("query must be a string.");
      const size = readCount(request.header("x-ms-max-item-count"));
      const start = readContinuation(request.header("x-ms-continuation"), query);
      const { items, type } = runQuery(hub, query);
      const end = start + size;
      return Promise.resolve({
        status: 200,
        body: items.slice(start, end),
        headers: {
          "x-ms-item-type": type,
          ...(end < items.length ? { "x-ms-continuation": continuation(end, query) } : {}),
        },
      });
    },
  },
];

function readCount(text: string | undefined): number {
  if (text === undefined || text === "") return standardPage;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw refuse.argument("x-ms-max-item-count must be a whole number above 0.");
  return Math.min(count, maximumPage);
}

function continuation(start: number, query: string): string {
  return Buffer.from(JSON.stringify([start, query])).toString("base64url");
}

function readContinuation(token: string | undefined, query: string): number {
  if (token === undefined || token === "") return 0;
  try {
    const [start, ofQuery] = JSON.parse(Buffer.from(token, "base64url").toString()) as [unknown, unknown];
    if (Number.isInteger(start) && Number(start) >= 0 && ofQuery === query) return Number(start);
  } catch {
    // Refused below.
  }
  throw refuse.argument("x-ms-continuation is not one that this query returned.");
}
