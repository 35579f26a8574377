import { Configurations } from "../deployments/configurations";
import { configurationView } from "../deployments/view";
import { refuse } from "../errors";
import { isObject } from "../twins/patch";
import { answer, param, type Operation } from "./operation";

const maximumListed = 100;

/** Configurations at scale: `/configurations`. */
export const configurationOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/configurations",
    throttledAs: "configurations",
    rights: ["RegistryRead"],
    async run({ hub, query }) {
      const top = Number(query.top ?? maximumListed);
      const limit = Number.isInteger(top) && top > 0 ? Math.min(top, maximumListed) : maximumListed;
      const all = [...hub.state.configurations.values()].slice(0, limit);
      return Promise.resolve({ status: 200, body: all.map((configuration) => configurationView(hub, configuration)) });
    },
  },
  {
    method: "GET",
    path: "/configurations/:id",
    throttledAs: "configurations",
    rights: ["RegistryRead"],
    async run(request) {
      const { hub } = request;
      const configuration = new Configurations(hub).get(param(request, "id"));
      return Promise.resolve(answer(200, configurationView(hub, configuration)));
    },
  },
  {
    method: "PUT",
    path: "/configurations/:id",
    throttledAs: "configurations",
    rights: ["RegistryWrite"],
    async run(request) {
      const { hub, body } = request;
      const configurations = new Configurations(hub);
      const { configuration, created } = await configurations.put(
        param(request, "id"),
        body,
        request.header("if-match"),
      );
      return answer(created ? 201 : 200, configurationView(hub, configuration));
    },
  },
  {
    method: "DELETE",
    path: "/configurations/:id",
    throttledAs: "configurations",
    rights: ["RegistryWrite"],
    async run(request) {
      await new Configurations(request.hub).remove(param(request, "id"), request.header("if-match"));
      return { status: 204 };
    },
  },
  {
    method: "POST",
    path: "/configurations/testQueries",
    throttledAs: "configurations",
    rights: ["RegistryRead"],
    async run({ hub, body }) {
      if (!isObject(body)) throw refuse.argument("The body must be a JSON object.");
      return Promise.resolve({ status: 200, body: new Configurations(hub).testQueries(body) });
    },
  },
];
