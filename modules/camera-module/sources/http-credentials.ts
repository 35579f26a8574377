import { createHash, randomBytes } from "node:crypto";

interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the camera names it; MD5 when it names none. */
  readonly algorithm: string | undefined;
  /** Whether the camera wants counted answers (`qop=auth`), as all do since RFC 2617. */
  readonly counted: boolean;
}

/** Algorithms of digest authentication, best first, and what Node calls their hashes. */
const hashes: Readonly<Record<string, string>> = { "SHA-512-256": "sha512-256", "SHA-256": "sha256", MD5: "md5" };

/**
 * A user name and password as a camera wants to see them: as a digest (RFC 7616) where it takes one, otherwise as they
 * are (basic, RFC 7617). Nothing is said before the camera has asked.
 */
export class HttpCredentials {
  readonly #user: string;
  readonly #password: string;
  readonly #drawNonce: () => string;
  #challenge: DigestChallenge | "basic" | undefined;
  #count = 0;

  constructor(user: string, password: string, drawNonce = (): string => randomBytes(16).toString("hex")) {
    this.#user = user;
    this.#password = password;
    this.#drawNonce = drawNonce;
  }

  /** What to do about an answer 401. */
  get hint(): string {
    if (this.#user === "" && this.#password === "") return "user name and password belong into the address";
    return this.#challenge === undefined
      ? "it asks for neither digest nor basic authentication"
      : "check the user name and password in the address";
  }

  /** Takes the `WWW-Authenticate` of an answer 401. Returns whether it can be met. */
  challenged(header: string | readonly string[] | undefined): boolean {
    if (this.#user === "" && this.#password === "") return false;
    const challenges = readChallenges([header ?? []].flat().join(", "));
    const digests = challenges.map(readDigest).filter((one) => one !== undefined);
    const order = Object.keys(hashes);
    digests.sort((a, b) => order.indexOf(hashOf(a)) - order.indexOf(hashOf(b)));
    this.#challenge = digests[0] ?? (challenges.some(({ scheme }) => scheme === "basic") ? "basic" : undefined);
    this.#count = 0;
    return this.#challenge !== undefined;
  }

  /** The `Authorization` of a request for this path and query; undefined while the camera has not asked. */
  authorization(method: string, uri: string): string | undefined {
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge === "basic") {
      return `Basic ${Buffer.from(`${this.#user}:${this.#password}`).toString("base64")}`;
    }
    return this.#digest(this.#challenge, method, uri);
  }

  #digest(challenge: DigestChallenge, method: string, uri: string): string {
    const { realm, nonce, opaque, algorithm, counted } = challenge;
    const hash = (...parts: string[]): string =>
      createHash(hashes[hashOf(challenge)] ?? "")
        .update(parts.join(":"))
        .digest("hex");
    const clientNonce = this.#drawNonce();
    const count = String(++this.#count).padStart(8, "0");
    const secret = hash(this.#user, realm, this.#password);
    const ofUser = /-sess$/i.test(algorithm ?? "") ? hash(secret, nonce, clientNonce) : secret;
    const ofRequest = hash(method, uri);
    const fields = [
      ...[`username=${quoted(this.#user)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `uri=${quoted(uri)}`],
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(counted
        ? [
            ...["qop=auth", `nc=${count}`, `cnonce=${quoted(clientNonce)}`],
            `response="${hash(ofUser, nonce, count, clientNonce, "auth", ofRequest)}"`,
          ]
        : [`response="${hash(ofUser, nonce, ofRequest)}"`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ];
    return `Digest ${fields.join(", ")}`;
  }
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Challenges of one or more headers (RFC 9110, 11.6.1). */
function readChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const parts = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g;
  for (const [, name, quotedValue, value, scheme] of header.matchAll(parts)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      const text = quotedValue?.replace(/\\(.)/g, "$1") ?? value ?? "";
      challenges.at(-1)?.parameters.set(name.toLowerCase(), text);
    }
  }
  return challenges;
}

/** Undefined when it is none, or one that nobody here can answer. */
function readDigest({ scheme, parameters }: Challenge): DigestChallenge | undefined {
  const [realm, nonce] = [parameters.get("realm"), parameters.get("nonce")];
  const qop = parameters.get("qop")?.split(/[\s,]+/);
  if (scheme !== "digest" || realm === undefined || nonce === undefined) return undefined;
  const challenge = {
    realm,
    nonce,
    opaque: parameters.get("opaque"),
    algorithm: parameters.get("algorithm"),
    counted: qop !== undefined,
  };
  return hashOf(challenge) in hashes && (qop?.includes("auth") ?? true) ? challenge : undefined;
}

function hashOf({ algorithm }: Pick<DigestChallenge, "algorithm">): string {
  return (algorithm ?? "MD5").toUpperCase().replace(/-SESS$/, "");
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
