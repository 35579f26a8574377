import type { Checker, PropertyMap } from "@edge-vision/iotedge/kit";
import type { z } from "zod";
import type { AutoNaming } from "./auto-name";
import type { ResourceStore, StoredResource } from "./resource-store";

/** What Azure's REST specification says about a name. */
export interface NameRule {
  min: number;
  max: number;
  pattern: RegExp;
  /** The pattern in words. */
  words: string;
}

/** One pair of an id below the provider's namespace, outermost first. */
export interface PathPart {
  /** `IotHubs` */
  type: string;
  /** The argument that holds the name, or a name that is always the same. */
  argument?: string;
  fixed?: string;
  /** A part of its parent that exists with it and has no resource of its own. */
  implied?: boolean;
  rule?: NameRule;
}

/** Where a resource can live. */
export type Scope = "subscription" | "resourceGroup" | { argument: string };

/** What a hook of a type gets. */
export interface Situation {
  id: string;
  name: string;
  /** Without marks. */
  inputs: PropertyMap;
  /** What was made up at creation. */
  facts: PropertyMap;
  store: ResourceStore;
  stateFolder: string;
}

/** A resource type of Azure: where it lies, what it takes, what it answers. */
export interface ArmType {
  /** Pulumi's token, `azure-native:iothub:IotHubResource`. */
  token: string;
  /** `Microsoft.Devices/IotHubs` */
  type: string;
  /** The REST API version that azure-native uses by default. */
  apiVersion: string;
  scope: Scope;
  path: readonly PathPart[];
  autoNaming: AutoNaming;
  /** Takes a location, and defaults to the resource group's. */
  located?: boolean;
  /** The name is part of a host name: no two in all of Azure have the same. */
  globalName?: boolean;
  /** Arguments besides those of the path, location and scope. */
  body: z.ZodObject;
  /** Rules over several arguments. Unknown values read as undefined. */
  rules?: (checker: Checker) => void;
  /** Paths whose change replaces, besides the path arguments and the location. */
  replaceOnChanges?: readonly string[];
  /** Output paths that are no inputs; a preview of a create shows them as unknown. */
  computed: readonly string[];
  /** Keys, ids and times that are made up once, at creation. */
  facts?: (situation: Omit<Situation, "facts">) => PropertyMap;
  /** Arguments that no answer repeats. */
  writeOnly?: readonly string[];
  /** Outputs besides the arguments, the name, the type and the API version. */
  outputs?: (situation: Situation) => PropertyMap;
  /** Rules that need the rest of the cloud, before a create or an update; `before` are the inputs of the latter. */
  precondition?: (situation: Situation, before?: PropertyMap) => Promise<void>;
  /** Arguments with the id of another resource, which must be there: path of the argument to its type. */
  references?: Readonly<Record<string, string>>;
  /** After a create or an update was stored. */
  written?: (situation: Situation) => Promise<void>;
  /** After a delete, also one that came with the parent's. */
  removed?: (situation: Situation) => Promise<void>;
}

/** The situation of a stored resource. */
export function situationOf(resource: StoredResource, store: ResourceStore, stateFolder: string): Situation {
  const { id, inputs, facts } = resource;
  return { id, name: id.slice(id.lastIndexOf("/") + 1), inputs, facts, store, stateFolder };
}
