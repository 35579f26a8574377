export { bundleModule, type Bundle, type BundleOptions } from "./bundle-module";
export { bundleScript } from "./bundle-script";
export { contentDigest, filesOf } from "./content-digest";
export { BundleError, ModuleDescriptionError } from "./errors";
export { type ModuleDescription, readModuleDescription } from "./module-description";
export { version as compilerVersion } from "esbuild";
