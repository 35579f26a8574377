import { ProviderError } from "@edge-vision/iotedge/kit";
import ssh2 from "ssh2";

/** `code` is `HOST_KEY_MISMATCH`: somebody else answers, or the host was set up anew. */
export class HostKeyError extends ProviderError {
  override name = "HostKeyError";

  constructor(host: string) {
    super(
      "HOST_KEY_MISMATCH",
      `${host} has another host key than connection.hostKey says. If it was set up anew, read its key with ` +
        `ssh-keyscan in a network that you trust and change hostKey; else somebody may be in between.`,
    );
  }
}

/** What a key must be for a connection, from a line of an authorized_keys file: `ssh-ed25519 AAAA… comment`. */
export interface ExpectedHostKey {
  /** Algorithms with which the server can prove that it has this key. */
  algorithms: ssh2.ServerHostKeyAlgorithm[];
  matches(key: Buffer): boolean;
}

/** Reads a host key; undefined when the text is none. */
export function parseHostKey(text: string): ExpectedHostKey | undefined {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error || Array.isArray(key)) return undefined;
  const expected = key.getPublicSSH();
  const type = key.type as ssh2.ServerHostKeyAlgorithm;
  return {
    algorithms: key.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type],
    matches: (other) => expected.equals(other),
  };
}
