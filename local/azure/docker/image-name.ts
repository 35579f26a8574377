/** The parts of `server/repository:tag`. */
export interface ImageName {
  server: string;
  repository: string;
  tag: string;
}

const component = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

/**
 * Reads an image's name (grammar of distribution/reference). Undefined when it is none; a name with a digest is none,
 * because nothing can be pushed under one.
 */
export function parseImageName(text: string): ImageName | undefined {
  const [, name = "", tag = "latest"] = /^([^:]+(?::\d+(?=\/))?[^:@]*?)(?::([\w][\w.-]{0,127}))?$/.exec(text) ?? [];
  if (name === "") return undefined;
  const [first = "", ...rest] = name.split("/");
  const hasServer = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = hasServer ? rest : [first, ...rest];
  if (!path.every((part) => component.test(part))) return undefined;
  return { server: hasServer ? first : "docker.io", repository: path.join("/"), tag };
}
