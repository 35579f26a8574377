/** What a Dockerfile's last stage says about how its image runs. */
export interface ImageSettings {
  env: Record<string, string>;
  /** `8885/tcp` */
  exposedPorts: string[];
}

/**
 * Reads `ENV` and `EXPOSE` of the last stage, with the variables of `ARG` and earlier `ENV` put in. All else is the
 * business of a Docker engine.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function readDockerfile(text: string, args: Record<string, string> = {}): ImageSettings {
  let variables: Record<string, string> = {};
  let globals: Record<string, string> = {};
  let staged = false;
  let settings: ImageSettings = { env: {}, exposedPorts: [] };
  const stages = new Map<string, { settings: ImageSettings; variables: Record<string, string> }>();
  let name = "";

  for (const line of logicalLines(text)) {
    const [, keyword = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    switch (keyword.toUpperCase()) {
      case "FROM": {
        if (staged) stages.set(name, { settings, variables });
        const [image = "", , alias = ""] = expand(rest, globals)
          .replace(/^(--\S+\s+)*/, "")
          .split(/\s+/);
        const base = stages.get(image.toLowerCase());
        settings = base === undefined ? { env: {}, exposedPorts: [] } : structuredClone(base.settings);
        variables = { ...base?.settings.env };
        name = alias.toLowerCase();
        staged = true;
        break;
      }
      case "ARG":
        for (const [key, value] of pairs(rest)) {
          const own = args[key] ?? globals[key] ?? (value === undefined ? undefined : expand(value, variables));
          if (own === undefined) continue;
          if (staged) variables = { ...variables, [key]: own };
          else globals = { ...globals, [key]: own };
        }
        break;
      case "ENV":
        for (const [key, value = ""] of pairs(rest)) {
          const own = expand(value, variables);
          settings.env[key] = own;
          variables = { ...variables, [key]: own };
        }
        break;
      case "EXPOSE":
        for (const port of expand(rest, variables)
          .split(/\s+/)
          .filter((word) => word !== "")) {
          settings.exposedPorts.push(port.includes("/") ? port.toLowerCase() : `${port}/tcp`);
        }
        break;
    }
  }
  return settings;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = "";
  for (const raw of text.split(/\r?\n/)) {
    if (/^\s*#/.test(raw)) continue;
    if (raw.trim() === "" && open === "") continue;
    const continued = /\\\s*$/.test(raw);
    open += raw.replace(/\\\s*$/, " ");
    if (continued) continue;
    lines.push(open.trim());
    open = "";
  }
  if (open.trim() !== "") lines.push(open.trim());
  return lines;
}

/** `A=1 B="two words"`, `A`, or the old form `A one value`. */
function pairs(text: string): [string, string | undefined][] {
  if (/^\w+\s+[^=]*$/.test(text) && !text.includes("=")) {
    const [, key = "", value = ""] = /^(\w+)\s+(.*)$/s.exec(text) ?? [];
    return [[key, value]];
  }
  const found: [string, string | undefined][] = [];
  for (const [, key = "", quoted, single, bare] of text.matchAll(
    /(\w+)(?:=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s\\]|\\.)*)))?(?=\s|$)/g,
  )) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? single ?? bare?.replace(/\\(.)/g, "$1");
    found.push([key, value]);
  }
  return found;
}

function expand(text: string, variables: Record<string, string>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (_, plain: string | undefined, braced: string | undefined, sign: string | undefined, word = "") => {
      const value = variables[plain ?? braced ?? ""] ?? "";
      if (sign === "-") return value === "" ? String(word) : value;
      if (sign === "+") return value === "" ? "" : String(word);
      return value;
    },
  );
}
