import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import { ResourceStore } from "../arm/resource-store";
import { resourceManager } from "./server";

const registry = "/subscriptions/s/resourceGroups/vision/providers/Microsoft.ContainerRegistry/registries/images";
const token = `${registry}/tokens/pulling`;
let state: string;
let app: FastifyInstance;
let address: string;

beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), "arm-"));
  app = resourceManager(state);
  address = await app.listen({ host: "127.0.0.1", port: 0 });
  await new ResourceStore(state).put({
    id: token,
    token: "azure-native:containerregistry:Token",
    inputs: { scopeMapId: `${registry}/scopeMaps/pulling`, status: "enabled" },
    facts: { creationDate: "2026-01-01T00:00:00.000Z", passwords: [] },
  });
});

afterEach(async () => {
  await app.close();
  await rm(state, { recursive: true, force: true });
});

async function send(method: "GET" | "POST" | "PATCH", url: string, body?: object, query = "?api-version=2025-11-01") {
  const response = await fetch(`${address}${url}${query}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const generate = (name: string, more: object = {}) =>
  send("POST", `${registry}/generateCredentials`, { tokenId: token, name, ...more });

async function passwords(): Promise<unknown> {
  const { body } = await send("GET", token);
  return (body as { properties: { credentials: { passwords: unknown } } }).properties.credentials.passwords;
}

test("a password is made, told once, and replaced by the next of its name", async () => {
  const first = await generate("password1");
  expect(first).toMatchObject({
    status: 200,
    body: {
      username: "pulling",
      passwords: [{ name: "password1", value: expect.stringMatching(/^\S{32}$/) as string }],
    },
  });
  const second = await generate("password2", { expiry: "2999-01-01T00:00:00Z" });
  expect(second.body).not.toEqual(first.body);
  expect(await passwords()).toEqual([
    { name: "password1", creationTime: expect.any(String) as string },
    { name: "password2", creationTime: expect.any(String) as string, expiry: "2999-01-01T00:00:00Z" },
  ]);
  const again = await generate("password1");
  expect(again.body).not.toEqual(first.body);
  expect(await passwords()).toHaveLength(2);
});

test("a patch revokes what it does not name", async () => {
  await generate("password1");
  await generate("password2");
  const { status } = await send("PATCH", token, {
    properties: { credentials: { passwords: [{ name: "password2" }] } },
  });
  expect(status).toBe(200);
  expect(await passwords()).toMatchObject([{ name: "password2" }]);
});

test("ids differ in case without differing", async () => {
  expect((await send("GET", token.toUpperCase())).status).toBe(200);
});

test.each<[string, object, string]>([
  ["no token", { name: "password1" }, "tokenId is missing."],
  [
    "a token of another registry",
    { tokenId: "/subscriptions/s/x" },
    "tokenId '/subscriptions/s/x' is no token of this registry.",
  ],
  ["a third password", { tokenId: token, name: "password3" }, "name must be password1 or password2."],
  ["a time that is over", { tokenId: token, expiry: "2001-01-01" }, "expiry must be a time to come, in ISO 8601."],
])("refuses %s", async (_, payload, message) => {
  expect(await send("POST", `${registry}/generateCredentials`, payload)).toEqual({
    status: 400,
    body: { error: { code: "InvalidRequest", message } },
  });
});

test("tells what is not there, in the form of the resource manager", async () => {
  expect(await send("GET", `${registry}/tokens/gone1`)).toMatchObject({
    status: 404,
    body: { error: { code: "ResourceNotFound" } },
  });
  expect(await send("GET", "/subscriptions/s/resourceGroups/vision")).toMatchObject({
    status: 404,
    body: { error: { code: "InvalidResourceType" } },
  });
  expect(await send("GET", token, undefined, "")).toMatchObject({
    status: 400,
    body: { error: { code: "MissingApiVersionParameter" } },
  });
});
