// Signed requests (RFC 9421, RFC 9530) and signed answers, as docs/relay/partner-guide.md, chapter 4 says.
import { createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { sha256 } from "./canonical.mjs";

const TAG = "tongban-partner";
const digestOf = (body) => `sha-256=:${sha256(body).toString("base64")}:`;

export class Refused extends Error {
  constructor(problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.code = problem.code;
    this.problem = problem;
  }
}

export function publicKey(raw) {
  const prefix = Buffer.from("302a300506032b6570032100", "hex");
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
}

export class Api {
  /** `keys` are the other site's: a map of key id to raw public key. */
  constructor({ url, link, keyId, key, keys }) {
    Object.assign(this, { url, link, keyId, key, keys });
  }

  async ask(method, path, { body, type = "application/json", headers = {} } = {}) {
    const target = `${this.url}/partner/v1/links/${this.link}${path}`;
    const covered = [["@method", method], ["@target-uri", target]];
    const sent = { ...headers };
    if (body !== undefined) {
      sent["content-type"] = type;
      sent["content-digest"] = digestOf(body);
      covered.push(["content-type", type], ["content-digest", sent["content-digest"]]);
    }
    const now = Math.floor(Date.now() / 1000);
    const params = `(${covered.map(([name]) => `"${name}"`).join(" ")});created=${now};expires=${now + 60}` +
      `;nonce="${randomBytes(16).toString("hex")}";keyid="${this.keyId}";tag="${TAG}"`;
    const base = [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${params}`].join("\n");
    const signature = sign(null, Buffer.from(base), this.key).toString("base64");
    sent["signature-input"] = `mine=${params}`;
    sent["signature"] = `mine=:${signature}:`;
    const answer = await fetch(target, { method, body, headers: sent });
    const content = Buffer.from(await answer.arrayBuffer());
    this.requireSigned(answer, content, { "@method": method, "@target-uri": target, mine: `:${signature}:` });
    if (answer.ok) return { content, json: () => JSON.parse(content), headers: answer.headers };
    throw new Refused(JSON.parse(content));
  }

  requireSigned(answer, content, request) {
    const field = (name) => answer.headers.get(name) ?? "";
    if (field("content-digest") !== digestOf(content)) throw new Error("the answer's digest is wrong");
    const params = field("signature-input").replace(/^tongban=/, "");
    const names = params.slice(1, params.indexOf(")")).split(" ");
    for (const needed of ['"@status"', '"content-digest"', '"signature";req;key="mine"']) {
      if (!names.includes(needed)) throw new Error(`the answer's signature doesn't cover ${needed}`);
    }
    const lines = names.map((name) => {
      if (name === '"@status"') return `${name}: ${answer.status}`;
      if (name === '"signature";req;key="mine"') return `${name}: ${request.mine}`;
      if (name.endsWith(";req")) return `${name}: ${request[name.slice(1, -5)]}`;
      return `${name}: ${field(name.slice(1, -1))}`;
    });
    const base = [...lines, `"@signature-params": ${params}`].join("\n");
    const key = this.keys[/;keyid="([^"]+)"/.exec(params)[1]];
    const value = Buffer.from(field("signature").slice("tongban=:".length, -1), "base64");
    if (!key || !verify(null, Buffer.from(base), publicKey(key), value)) throw new Error("the answer's signature is wrong");
  }
}
