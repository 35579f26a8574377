import type { PropertyDiff } from "./diff";
import type { PropertyMap } from "./property-value";
import type { AnyResource, CheckResult } from "./resource";

export interface InvokeRequest {
  token: string;
  /** Arguments with their marks. */
  args: PropertyMap;
  signal: AbortSignal;
}

/** What a function answers; it may mark secrets. */
export interface InvokeResult {
  result: PropertyMap;
  failures?: CheckResult["failures"];
}

export interface ConfigureRequest {
  /** The provider's configuration without marks; a value that is JSON in a string is parsed. */
  configuration: PropertyMap;
  signal: AbortSignal;
}

/** A provider: what the kit serves to the engine. */
export interface Provider {
  /** The package: first part of every token. */
  readonly name: string;
  readonly version: string;
  /** The package schema. @default `{"name", "version"}` alone */
  schema?(): object | Promise<object>;
  checkConfig?(news: PropertyMap): CheckResult | Promise<CheckResult>;
  /** Differences of configuration that replace the provider and so everything in it. @default none */
  diffConfig?(olds: PropertyMap, news: PropertyMap): PropertyDiff[] | Promise<PropertyDiff[]>;
  configure?(request: ConfigureRequest): void | Promise<void>;
  /** Undefined for a type that the provider does not have; the engine then gets an error that names it. */
  resource(token: string): AnyResource | undefined;
  invoke?(request: InvokeRequest): InvokeResult | undefined | Promise<InvokeResult | undefined>;
  /** Added to the error about an unknown token: what is there, where the list stands. */
  readonly unknownTokenHint?: string;
  /** Frees what the provider holds. */
  close?(): void | Promise<void>;
}
