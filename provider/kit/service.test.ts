import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Checker } from "./check";
import { AlreadyExistsError, IncompleteError } from "./errors";
import { type PropertyMap, secret, unknown } from "./property-value";
import type { Provider } from "./provider";
import type { AnyResource, CreateRequest, ReadRequest } from "./resource";
import { serve, type Server } from "./serve";
import { fromStruct, toStruct } from "./wire";

const urn = "urn:pulumi:test::test::component$shop:index:Shelf::top::shelf";
const seen: unknown[] = [];

const shelf: AnyResource = {
  token: "shop:index:Shelf",
  computed: ["url", "size"],
  volatile: ["size"],
  replaceOnChanges: ["name"],
  check({ news }) {
    const checker = new Checker(news);
    checker.onlyKnown(["name", "key", "wait", "exists", "half"]);
    checker.read(["name"], "string", { required: true });
    return { inputs: news, failures: checker.failures };
  },
  async create({ inputs, signal, name }: CreateRequest<Record<string, string>>) {
    seen.push(inputs);
    if (inputs["exists"] !== undefined) throw new AlreadyExistsError("There is one.");
    if (inputs["half"] !== undefined) throw new IncompleteError("Not ready.", "id-1", { name: "half" });
    if (inputs["wait"] !== undefined) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    }
    return { id: `id of ${name}`, outputs: { ...inputs, url: "u", size: secret(1) } };
  },
  read({ id, inputs, state }: ReadRequest<PropertyMap, PropertyMap>) {
    seen.push({ inputs, state });
    if (id === "gone") return Promise.resolve(undefined);
    return Promise.resolve({ id, inputs: { name: "n", key: "k" }, outputs: { name: "n", key: "k", url: "u" } });
  },
  update: ({ inputs }) => Promise.resolve({ outputs: { ...(inputs as object), url: "u", size: 2 } }),
  delete: () => Promise.resolve(),
};

const provider: Provider = {
  name: "shop",
  version: "1.2.3",
  unknownTokenHint: "It has shop:index:Shelf.",
  resource: (token) => (token === shelf.token ? shelf : undefined),
  configure: ({ configuration }) => {
    seen.push(configuration);
  },
  invoke: ({ token, args }) => (token === "shop:index:echo" ? { result: args } : undefined),
};

let server: Server;
let client: ResourceProviderClient;

beforeEach(async () => {
  seen.length = 0;
  server = await serve(provider);
  client = new ResourceProviderClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await server.close();
});

/** Requests and answers of the service's calls. */
interface Calls {
  cancel: [Empty, Empty];
  check: [proto.CheckRequest, proto.CheckResponse];
  configure: [proto.ConfigureRequest, proto.ConfigureResponse];
  create: [proto.CreateRequest, proto.CreateResponse];
  diff: [proto.DiffRequest, proto.DiffResponse];
  getPluginInfo: [Empty, PluginInfo];
  getSchema: [proto.GetSchemaRequest, proto.GetSchemaResponse];
  invoke: [proto.InvokeRequest, proto.InvokeResponse];
  read: [proto.ReadRequest, proto.ReadResponse];
  update: [proto.UpdateRequest, proto.UpdateResponse];
}

/** A call of the client as a promise. */
function ask<Name extends keyof Calls>(name: Name, request: Calls[Name][0]): Promise<Calls[Name][1]> {
  return new Promise((resolve, reject) => {
    const method = client[name] as (
      request: Calls[Name][0],
      callback: (error: ServiceError | null, response: Calls[Name][1]) => void,
    ) => unknown;
    method.call(client, request, (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

test("check gives every fault with its path; what is unknown or secret is read through", async () => {
  const check = async (news: object) => {
    const request = new proto.CheckRequest().setUrn(urn).setNews(toStruct(news));
    const response = await ask("check", request);
    return response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
  };
  expect(await check({ name: secret("n"), key: unknown })).toEqual([]);
  expect(await check({ nmae: "n" })).toEqual([
    "nmae: is not a property here; known are name, key, wait, exists, half.",
    "name: is missing: give a value of type string.",
  ]);
});

test("diff is detailed and names what replaces", async () => {
  const request = new proto.DiffRequest()
    .setUrn(urn)
    .setOlds(toStruct({ name: "a", key: "k", url: "u" }))
    .setOldInputs(toStruct({ name: "a", key: "k" }))
    .setNews(toStruct({ name: "b", wait: "w" }));
  const response = await ask("diff", request);
  const { ADD, DELETE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
  const details = response.getDetaileddiffMap();
  expect(details.toArray().map(([path]) => [path, details.get(path)?.getKind()])).toEqual([
    ["key", DELETE],
    ["name", UPDATE_REPLACE],
    ["wait", ADD],
  ]);
  expect(response.getReplacesList()).toEqual(["name"]);
  expect(response.getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_SOME);
});

test("create gives plain inputs and marks secrets again", async () => {
  const inputs = { name: "n", key: secret("k") };
  const response = await ask("create", new proto.CreateRequest().setUrn(urn).setProperties(toStruct(inputs)));
  expect(seen).toEqual([{ name: "n", key: "k" }]);
  expect(response.getId()).toBe("id of top::shelf");
  expect(fromStruct(response.getProperties())).toEqual({ name: "n", key: secret("k"), url: "u", size: secret(1) });
});

test("a preview knows what stays and calls nothing", async () => {
  const properties = toStruct({ name: unknown });
  const created = await ask("create", new proto.CreateRequest().setUrn(urn).setPreview(true).setProperties(properties));
  expect(fromStruct(created.getProperties())).toEqual({ name: unknown, url: unknown, size: unknown });
  const update = new proto.UpdateRequest()
    .setUrn(urn)
    .setPreview(true)
    .setNews(toStruct({ name: "b" }));
  const updated = await ask("update", update.setOlds(toStruct({ name: "a", url: "u", size: 1 })));
  expect(fromStruct(updated.getProperties())).toEqual({ name: "b", url: "u", size: unknown });
  expect(seen).toEqual([]);
});

test("read serves refresh with marks, import without, and what is gone", async () => {
  const refresh = new proto.ReadRequest()
    .setUrn(urn)
    .setId("1")
    .setInputs(toStruct({ key: secret("old") }));
  const refreshed = await ask("read", refresh.setProperties(toStruct({ url: "u" })));
  expect(fromStruct(refreshed.getInputs())).toEqual({ name: "n", key: secret("k") });
  expect(fromStruct(refreshed.getProperties())).toEqual({ name: "n", key: secret("k"), url: "u" });
  const imported = await ask("read", new proto.ReadRequest().setUrn(urn).setId("1").setInputs(toStruct({})));
  expect(fromStruct(imported.getInputs())).toEqual({ name: "n", key: "k" });
  expect(seen[1]).toEqual({ inputs: undefined, state: undefined });
  expect((await ask("read", new proto.ReadRequest().setUrn(urn).setId("gone"))).getId()).toBe("");
});

test("errors are words without a stack; an incomplete resource carries its state", async () => {
  const create = (inputs: object) =>
    ask("create", new proto.CreateRequest().setUrn(urn).setProperties(toStruct(inputs)));
  await expect(create({ name: "n", exists: "yes" })).rejects.toMatchObject({ details: "There is one." });
  const error = await create({ name: "n", half: "yes" }).catch((reason: unknown) => reason as ServiceError);
  expect(error).toMatchObject({ details: "Not ready." });
  expect((error as ServiceError).metadata.get("grpc-status-details-bin")).toHaveLength(1);
});

test("an unknown type and an unknown function are named", async () => {
  const other = "urn:pulumi:test::test::shop:index:Cellar::cellar";
  await expect(ask("check", new proto.CheckRequest().setUrn(other))).rejects.toMatchObject({
    details: 'The provider shop has no resource type "shop:index:Cellar". It has shop:index:Shelf.',
  });
  await expect(ask("invoke", new proto.InvokeRequest().setTok("shop:index:none"))).rejects.toMatchObject({
    details: 'The provider shop has no function "shop:index:none". It has shop:index:Shelf.',
  });
});

test("configuration is plain, its JSON parsed", async () => {
  const args = toStruct({ key: secret("k"), endpoint: '{"port":1}', text: "[no json" });
  const response = await ask("configure", new proto.ConfigureRequest().setArgs(args));
  expect(seen).toEqual([{ key: "k", endpoint: { port: 1 }, text: "[no json" }]);
  expect(response.getSupportspreview()).toBe(true);
});

test("invoke answers, GetPluginInfo and GetSchema tell the version", async () => {
  const invoke = new proto.InvokeRequest().setTok("shop:index:echo").setArgs(toStruct({ a: secret(1) }));
  expect(fromStruct((await ask("invoke", invoke)).getReturn())).toEqual({ a: secret(1) });
  expect((await ask("getPluginInfo", new Empty())).getVersion()).toBe("1.2.3");
  const schema = (await ask("getSchema", new proto.GetSchemaRequest())).getSchema();
  expect(JSON.parse(schema)).toEqual({ name: "shop", version: "1.2.3" });
});

test("cancel and a custom timeout end what is running", async () => {
  const create = (timeout: number) =>
    ask(
      "create",
      new proto.CreateRequest()
        .setUrn(urn)
        .setTimeout(timeout)
        .setProperties(toStruct({ name: "n", wait: "yes" })),
    );
  await expect(create(0.01)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  const waiting = expect(create(0)).rejects.toMatchObject({ code: status.CANCELLED });
  while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await ask("cancel", new Empty());
  await waiting;
});
