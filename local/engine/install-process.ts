import { PulumiCommand } from "@pulumi/pulumi/automation";
import { SemVer } from "semver";

// A process of its own, so that a download that hangs can be ended together with the shell and curl that it starts.
const [root, version] = process.argv.slice(2);
if (root === undefined || version === undefined) {
  process.stderr.write("usage: install-process <folder> <version>\n");
  process.exit(2);
}
PulumiCommand.install({ root, version: new SemVer(version) }).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
