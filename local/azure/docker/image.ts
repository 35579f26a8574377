import path from "node:path";
import { existsSync } from "node:fs";
import { BundleError, ModuleDescriptionError } from "@edge-vision/bundle";
import {
  Checker,
  diffProperties,
  isPropertyMap,
  isSecret,
  isUnknown,
  ProviderError,
  unknown,
  withoutSecrets,
} from "@edge-vision/iotedge/kit";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  Diff,
  DiffRequest,
  PreviewRequest,
  PropertyMap,
  ReadRequest,
  ReadResult,
  Resource,
  UpdateRequest,
  UpdateResult,
} from "@edge-vision/iotedge/kit";
import { parseImageName, type ImageName } from "./image-name";
import type { ImageStore } from "./image-store";
import { ModuleBuilder, NotAModuleError, type BuildOrder } from "./module-build";
import { textOf } from "../text-of";

const known = ["build", "buildOnPreview", "imageName", "registry", "skipPush"];
const knownOfBuild = [
  "addHosts",
  "args",
  "builderVersion",
  "cacheFrom",
  "context",
  "contextDigest",
  "dockerfile",
  "network",
  "platform",
  "target",
];

/** `docker.Image` without a Docker engine: a bundle of the module in the local image store, under a content digest. */
export class ImageResource implements Resource<PropertyMap, PropertyMap> {
  readonly token = "docker:index/image:Image";

  constructor(
    private readonly store: ImageStore,
    private readonly builder: ModuleBuilder,
  ) {}

  async check({ news }: CheckRequest): Promise<CheckResult> {
    const checker = new Checker(news);
    checker.onlyKnown(known);
    checker.onlyKnown(knownOfBuild, ["build"]);
    const name = checker.read(["imageName"], "string", { required: true, what: "server/repository[:tag]" });
    if (name !== undefined && parseImageName(name) === undefined) {
      checker.fail(["imageName"], `"${name}" is no image name: it must be server/repository[:tag] in lower case.`);
    }
    const platform = checker.read(["build", "platform"], "string");
    if (platform !== undefined && !/^linux\/(amd64|arm64(\/v8)?|arm\/v7)$/.test(platform)) {
      checker.fail(
        ["build", "platform"],
        `"${platform}" is not supported; use linux/amd64, linux/arm64 or linux/arm/v7.`,
      );
    }
    const order = orderOf(news);
    if (order === undefined) return { inputs: news, failures: checker.failures };
    if (!existsSync(order.dockerfile)) {
      checker.fail(["build", "dockerfile"], `${order.dockerfile}: no such file.`);
      return { inputs: news, failures: checker.failures };
    }
    // Like the real provider: the content decides about a difference, so it is an input.
    let build = withDigest(news["build"], unknown);
    if (checker.failures.length === 0) {
      try {
        build = withDigest(news["build"], await this.builder.digest(order));
      } catch (error) {
        const foreseen = [BundleError, ModuleDescriptionError, NotAModuleError].some((type) => error instanceof type);
        if (!foreseen) throw error;
        checker.fail(["build"], (error as Error).message);
      }
    }
    return { inputs: { ...news, build }, failures: checker.failures };
  }

  diff({ oldInputs, news }: DiffRequest): Diff {
    const { registry: oldRegistry, ...old } = oldInputs;
    const { registry, ...rest } = news;
    // A new password builds nothing.
    const changes = diffProperties(
      { ...old, registry: serverOf(oldRegistry) },
      { ...rest, registry: serverOf(registry) },
      {
        replaceOnChanges: ["imageName", "registry"],
      },
    );
    return { changes };
  }

  preview({ inputs }: PreviewRequest): PropertyMap {
    const name = inputs["imageName"];
    const digest = contentDigestOf(inputs);
    const parsed = typeof name === "string" ? parseImageName(name) : undefined;
    const outputs = outputsOf(inputs, parsed);
    return {
      ...outputs,
      repoDigest: parsed === undefined || digest === undefined ? unknown : repoDigestOf(parsed, digest),
    };
  }

  async create({ inputs }: CreateRequest<PropertyMap>): Promise<CreateResult<PropertyMap>> {
    const outputs = await this.push(inputs);
    return { id: textOf(outputs["repoDigest"]), outputs };
  }

  async update({ inputs }: UpdateRequest<PropertyMap, PropertyMap>): Promise<UpdateResult<PropertyMap>> {
    return { outputs: await this.push(inputs) };
  }

  async read({
    id,
    inputs,
    state,
  }: ReadRequest<PropertyMap, PropertyMap>): Promise<ReadResult<PropertyMap, PropertyMap> | undefined> {
    if (inputs === undefined || state === undefined) return undefined;
    const [repository = "", digest = ""] = textOf(state["repoDigest"]).split("@");
    const name = parseImageName(repository);
    if (name === undefined || !(await this.store.has(name.repository, digest))) return undefined;
    return { id, inputs, outputs: state };
  }

  /** The real provider leaves images in the registry; the local store is pruned instead. */
  delete(): Promise<void> {
    return Promise.resolve();
  }

  private async push(inputs: PropertyMap): Promise<PropertyMap> {
    const name = parseImageName(textOf(inputs["imageName"]));
    const order = orderOf(inputs);
    if (name === undefined || order === undefined) {
      throw new ProviderError(
        "NO_BUILD",
        `Image ${textOf(inputs["imageName"])} has no "build": there is nothing to push.`,
      );
    }
    const digest = await this.builder.push(order, name.repository);
    return { ...outputsOf(inputs, name), repoDigest: repoDigestOf(name, digest) };
  }
}

function orderOf(inputs: PropertyMap): BuildOrder | undefined {
  const build = withoutSecrets(inputs["build"] ?? {});
  if (!isPropertyMap(build)) return undefined;
  const { context = ".", dockerfile = "Dockerfile", platform = "linux/amd64", args = {} } = build;
  if (typeof context !== "string" || typeof dockerfile !== "string" || typeof platform !== "string") return undefined;
  if (!isPropertyMap(args) || Object.values(args).some(isUnknown)) return undefined;
  // The default lies in the context, a given one counts from the working directory, as with `docker build -f`.
  const file = build["dockerfile"] === undefined ? path.resolve(context, dockerfile) : path.resolve(dockerfile);
  const texts = Object.entries(args).map(([key, value]) => [key, textOf(value)] as const);
  return { context, dockerfile: file, platform, args: Object.fromEntries(texts) };
}

function outputsOf(inputs: PropertyMap, name: ImageName | undefined): PropertyMap {
  const build = isPropertyMap(inputs["build"]) ? inputs["build"] : {};
  return {
    baseImageName: inputs["imageName"] ?? unknown,
    imageName: inputs["imageName"] ?? unknown,
    context: build["context"] ?? ".",
    dockerfile: build["dockerfile"] ?? "Dockerfile",
    ...(build["platform"] === undefined ? {} : { platform: build["platform"] }),
    registryServer: serverOf(inputs["registry"]) ?? name?.server ?? unknown,
  };
}

function serverOf(registry: PropertyMap[string] | undefined): PropertyMap[string] {
  const plain = isSecret(registry) ? registry.value : registry;
  if (isUnknown(plain)) return unknown;
  const server = isPropertyMap(plain) ? plain["server"] : undefined;
  return server === undefined ? null : withoutSecrets(server);
}

function contentDigestOf(inputs: PropertyMap): string | undefined {
  const build = inputs["build"];
  const digest = isPropertyMap(build) ? build["contextDigest"] : undefined;
  return typeof digest === "string" ? digest : undefined;
}

function withDigest(build: PropertyMap[string] | undefined, contextDigest: PropertyMap[string]): PropertyMap {
  return { ...(isPropertyMap(build) ? build : {}), contextDigest };
}

function repoDigestOf({ server, repository }: ImageName, digest: string): string {
  return `${server}/${repository}@${digest}`;
}
