import { parseArgs } from "node:util";
import { bundleModule } from "./bundle-module";
import { bundleScript } from "./bundle-script";
import { copyPackages } from "./copy-packages";
import { BundleError, ModuleDescriptionError } from "./errors";

const usage = `usage: node modules/bundle/dist/cli.js --module <folder> --out <folder> [--no-assets]
         Writes the files of a module's image and prints their digest.
       node modules/bundle/dist/cli.js --packages <names> --from <folder> --out <folder>
         Copies installed packages (a,b) and what they depend on into <out>/node_modules and prints their names.
       node modules/bundle/dist/cli.js --script <file>… [--external <package>…]
         Bundles compiled scripts, each into a file beside it that starts faster.
`;

async function main(): Promise<number> {
  const { module, out, assets, packages, from, script, external } = parseArgs({
    options: {
      module: { type: "string" },
      out: { type: "string" },
      assets: { type: "boolean", default: true },
      packages: { type: "string" },
      from: { type: "string" },
      script: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
    },
    allowNegative: true,
  }).values;
  if (script !== undefined) {
    await Promise.all(script.map((file) => bundleScript(file, external)));
    return 0;
  }
  if (packages !== undefined && from !== undefined && out !== undefined) {
    process.stdout.write(`${(await copyPackages(packages.split(","), from, out)).join("\n")}\n`);
    return 0;
  }
  if (module === undefined || out === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const bundle = await bundleModule({ moduleFolder: module, out, assets });
  process.stdout.write(`${bundle.digest}\n`);
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof BundleError || error instanceof ModuleDescriptionError;
    const unusable = (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
    process.stderr.write(`${known || unusable ? (error as Error).message : String((error as Error).stack)}\n`);
    process.exitCode = unusable ? 2 : 1;
  },
);
