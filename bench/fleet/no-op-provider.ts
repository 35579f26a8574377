import { type PropertyMap, type Resource, runProvider } from "@edge-vision/iotedge/kit";

/** Takes every property and does nothing: what is left is the engine's own time. */
const resource: Resource<PropertyMap, PropertyMap> = {
  token: "noop:index:Resource",
  computed: ["result"],
  create: ({ name, inputs }) => Promise.resolve({ id: name, outputs: { ...inputs, result: name } }),
  read: ({ id, inputs = {}, state = {} }) => Promise.resolve({ id, inputs, outputs: state }),
  update: ({ inputs, state }) => Promise.resolve({ outputs: { ...state, ...inputs } }),
  delete: () => Promise.resolve(),
};

void runProvider({
  name: "noop",
  version: "1.0.0",
  resource: (token) => (token === resource.token ? resource : undefined),
});
