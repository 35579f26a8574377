import { HttpCredentials } from "./http-credentials";

const clientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
const realm = 'realm="http-auth@example.org"';
const nonce = 'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"';
const opaque = 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

function answerTo(challenge: string | string[] | undefined, user = "Mufasa", password = "Circle of Life"): string {
  const credentials = new HttpCredentials(user, password, () => clientNonce);
  return credentials.challenged(challenge) ? (credentials.authorization("GET", "/dir/index.html") ?? "") : "none";
}

describe("digest, by the examples of RFC 7616, 3.9.1", () => {
  const challenge = (algorithm: string): string =>
    `Digest ${realm}, qop="auth, auth-int", algorithm=${algorithm}, ${nonce}, ${opaque}`;
  const sha256 = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
  const md5 = "8ca523f5e9506fed4657c9700eebdbec";

  test("MD5, every field", () => {
    expect(answerTo(challenge("MD5"))).toBe(
      `Digest username="Mufasa", ${realm}, ${nonce}, uri="/dir/index.html", algorithm=MD5, qop=auth, nc=00000001, ` +
        `cnonce="${clientNonce}", response="${md5}", ${opaque}`,
    );
  });

  test("SHA-256, preferred where both are offered, whatever stands around them", () => {
    expect(answerTo(challenge("SHA-256"))).toContain(`response="${sha256}"`);
    expect(answerTo([challenge("MD5"), challenge("SHA-256"), 'Basic realm="x"'])).toContain(`response="${sha256}"`);
    expect(answerTo(`Basic realm="a, b", ${challenge("MD5")}, ${challenge("SHA-256")}`)).toContain(
      `response="${sha256}"`,
    );
  });
});

test("digest of RFC 2069, without qop, as old cameras ask for it", () => {
  // RFC 2617 3.5 with its user and nonce; the response is MD5(MD5(A1):nonce:MD5(A2)).
  const answer = answerTo(
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    "Mufasa",
    "Circle Of Life",
  );
  expect(answer).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  expect(answer).not.toMatch(/qop|nc=|cnonce/);
});

test("requests after a challenge are counted, and a new challenge begins anew", () => {
  const credentials = new HttpCredentials("me", "p");
  const challenge = `Digest ${realm}, qop="auth", ${nonce}`;
  expect(credentials.authorization("GET", "/")).toBeUndefined();
  credentials.challenged(challenge);
  const count = (): string | undefined => /nc=(\d+)/.exec(credentials.authorization("GET", "/") ?? "")?.[1];
  expect([count(), count()]).toEqual(["00000001", "00000002"]);
  credentials.challenged(challenge);
  expect(count()).toBe("00000001");
});

test.each([
  ["basic", 'Basic realm="camera"', "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl"],
  ["basic beside a digest that cannot be answered", [`Digest ${realm}, ${nonce}, algorithm=X`, "Basic"], /^Basic /],
  ["a digest of the body only", `Digest ${realm}, ${nonce}, qop="auth-int"`, "none"],
  ["another scheme", 'Negotiate, NTLM realm="x"', "none"],
  ["no challenge", undefined, "none"],
])("%s", (_what, challenge, expected) => {
  expect(answerTo(challenge)).toMatch(expected);
});

test("without a user name and password nothing can be met", () => {
  expect(answerTo("Basic", "", "")).toBe("none");
});
