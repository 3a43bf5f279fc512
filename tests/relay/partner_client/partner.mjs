// An independent partner: links, posts, polls, acknowledges, sends receipts; state in a folder, durable before it is said.
// Written from docs/relay/partner-guide.md alone, on nothing but Node's own library.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { acceptanceForm, cardForm, envelopeForm, fingerprint, letterForm, proposalForm, sha256 } from "./canonical.mjs";
import { Api, Refused, publicKey } from "./http.mjs";
import { answer, handedOver, newCode, readAgreement, readStatus, submission } from "./collecting.mjs";
import { message, timestamp } from "./protobuf.mjs";

const NOTHING = "0".repeat(64), PART = 1024 * 1024;
const SETTLEMENTS = { delivered: 1, read: 2, acted_on: 3, refused: 4 };
const LIMITS = { max_letter_bytes: 524288, max_attachment_bytes: 268435456, letter_types: ["*"], items: ["*"] };

function uuid7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

class Partner {
  constructor(folder) {
    this.folder = folder;
    const file = join(folder, "state.json");
    this.state = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
    if (this.state.site) this.key = createPrivateKey(readFileSync(join(folder, "key.pem")));
  }

  write(name, content) {
    const file = join(this.folder, name), descriptor = openSync(`${file}.new`, "w", 0o600);
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(`${file}.new`, file);
  }

  save() {
    this.write("state.json", JSON.stringify(this.state, null, 1));
  }

  sign(bytes) {
    return sign(null, bytes, this.key).toString("base64");
  }

  // ── Link ───────────────────────────────────────────────────────────────────────────────────────────────────

  init(site, name) {
    mkdirSync(this.folder, { recursive: true });
    const { privateKey } = generateKeyPairSync("ed25519");
    this.write("key.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
    this.key = privateKey;
    const raw = createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(-32);
    const keyId = `ed25519:${sha256(raw).toString("hex").slice(0, 16)}`, now = new Date().toISOString();
    const card = { site, name, serial: 1, issued_at: now, keys: [{ id: keyId, public: raw.toString("base64"), valid_from: now }] };
    card.signatures = [{ key_id: keyId, signature: this.sign(cardForm(card)) }];
    this.state = { site, keyId, card, out: [], in: [], done: {} };
    this.write("card.json", JSON.stringify({ site_card: card }));
    this.save();
    return { fingerprint: fingerprint(card) };
  }

  propose(peer, approvedBy, reason) {
    const now = new Date(), later = new Date(now.getTime() + 7 * 86400_000);
    const { site, card, keyId } = this.state;
    const proposal = {
      link: uuid7(), card, peer, direction: "DIRECTION_PARTNER", limits: LIMITS,
      approval: { site, name: approvedBy, actor_id: "partner", at: now.toISOString(), reason },
      expires_at: later.toISOString(), key_id: keyId,
    };
    proposal.signature = this.sign(proposalForm(proposal));
    this.write("proposal.json", JSON.stringify({ link_proposal: proposal }));
    this.state.proposal = { link: proposal.link, digest: sha256(proposalForm(proposal)).toString("base64"), peer };
    this.save();
    return { link: proposal.link };
  }

  confirm(file, url, theirFingerprint) {
    const acceptance = JSON.parse(readFileSync(file)).link_acceptance;
    const { link, digest, peer } = this.state.proposal;
    const keys = Object.fromEntries(acceptance.card.keys.map((each) => [each.id, each.public]));
    const key = publicKey(Buffer.from(keys[acceptance.key_id], "base64"));
    const isGood = acceptance.link === link && acceptance.proposal_digest === digest && acceptance.card.site === peer &&
      fingerprint(acceptance.card) === theirFingerprint &&
      verify(null, acceptanceForm(acceptance), key, Buffer.from(acceptance.signature, "base64"));
    if (!isGood) throw new Error("this isn't their answer to our proposal");
    Object.assign(this.state, { link, peer, url, keys });
    this.save();
    return { link };
  }

  get api() {
    const { url, link, keyId, keys } = this.state;
    const raw = Object.fromEntries(Object.entries(keys).map(([id, text]) => [id, Buffer.from(text, "base64")]));
    return new Api({ url, link, keyId, key: this.key, keys: raw });
  }

  async stand() {
    return (await this.api.ask("GET", "")).json();
  }

  // ── Out ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Numbers, chains, signs and keeps an envelope; only then is it posted. */
  async post(type, payload, { files = [], journey = "", inReplyTo = "", destination = this.state.peer } = {}) {
    const { site, keyId, link, peer, out } = this.state, last = out.at(-1);
    const attachments = files.map((file) => {
      const data = readFileSync(file);
      return { sha256: sha256(data).toString("hex"), size: data.length, media_type: "application/pdf", filename: basename(file) };
    });
    const letter = { id: uuid7(), origin: site, destination, type, type_version: 1, journey, in_reply_to: inReplyTo,
      created_at: new Date().toISOString(), expires_at: null, payload: payload.toString("base64"), attachments, key_id: keyId };
    letter.signature = this.sign(letterForm(letter));
    const envelope = { link, from_site: site, to_site: peer, sequence: (last?.sequence ?? 0) + 1,
      previous_hash: last ? sha256(envelopeForm(last)).toString("hex") : NOTHING, key_id: keyId, letter };
    envelope.signature = this.sign(envelopeForm(envelope));
    out.push(envelope);
    this.save();
    await this.push();
    for (const file of files) await this.bring(readFileSync(file));
    return { letter: letter.id, sequence: envelope.sequence };
  }

  /** Posts what they don't have yet: from where they say that they are. */
  async push() {
    const { received } = await this.stand();
    const envelopes = this.state.out.filter((each) => each.sequence > received.sequence);
    for (let at = 0; at < envelopes.length; at += 100) {
      await this.api.ask("POST", "/envelopes", { body: JSON.stringify({ envelopes: envelopes.slice(at, at + 100) }) });
    }
  }

  async bring(data) {
    const path = `/attachments/${sha256(data).toString("hex")}`;
    for (let offset = 0; offset < data.length; ) {
      const part = data.subarray(offset, offset + PART);
      const headers = { "content-range": `bytes ${offset}-${offset + part.length - 1}/${data.length}` };
      const { json } = await this.api.ask("PUT", path, { body: part, type: "application/octet-stream", headers });
      ({ offset } = json());
    }
  }

  // ── In ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Polls, verifies, keeps, acknowledges; answers each letter with a receipt. Says which letters came. */
  async poll(wait = 0) {
    const { in: came } = this.state;
    const { json } = await this.api.ask("GET", `/envelopes?after=${came.at(-1)?.sequence ?? 0}&wait=${wait}`);
    const { envelopes } = json();
    for (const envelope of envelopes) this.require(envelope, came.at(-1)), came.push(envelope);
    this.save();
    if (!envelopes.length) return { letters: [] };
    const last = came.at(-1), head = { sequence: last.sequence, hash: sha256(envelopeForm(last)).toString("hex") };
    await this.api.ask("POST", "/acknowledgements", { body: JSON.stringify(head) });
    for (const { letter } of envelopes) {
      for (const each of letter.attachments) this.write(each.sha256, await this.fetch(each));
      if (!letter.type.startsWith("relay.")) await this.settle(letter.id, "delivered");
    }
    return { letters: envelopes.map(({ letter }) => ({ id: letter.id, type: letter.type, payload: letter.payload })) };
  }

  require(envelope, before) {
    const { link, peer, site, keys } = this.state, { letter } = envelope;
    const isNext = envelope.sequence === (before?.sequence ?? 0) + 1 &&
      envelope.previous_hash === (before ? sha256(envelopeForm(before)).toString("hex") : NOTHING);
    const isOurs = envelope.link === link && envelope.from_site === peer && envelope.to_site === site;
    const holds = (bytes, id, text) => keys[id] !== undefined &&
      verify(null, bytes, publicKey(Buffer.from(keys[id], "base64")), Buffer.from(text, "base64"));
    if (!isNext || !isOurs || !holds(envelopeForm(envelope), envelope.key_id, envelope.signature)) {
      throw new Error(`envelope ${envelope.sequence} isn't what follows: tell the other side's operator`);
    }
    if (letter.origin === peer && !holds(letterForm(letter), letter.key_id, letter.signature)) {
      throw new Error(`letter ${letter.id} isn't signed by its origin`);
    }
  }

  async fetch({ sha256: address, size }) {
    const parts = [];
    for (let offset = 0; offset < size; offset += parts.at(-1).length) {
      const { content } = await this.api.ask("GET", `/attachments/${address}`, { headers: { range: `bytes=${offset}-` } });
      parts.push(content);
    }
    const data = Buffer.concat(parts);
    if (sha256(data).toString("hex") !== address) throw new Error(`file ${address} is another`);
    return data;
  }

  /** Tells what became of a letter of theirs: delivered, read or acted_on. */
  async settle(id, settlement) {
    const letter = this.state.in.map((each) => each.letter).find((each) => each.id === id);
    const payload = message([[1, id], [2, SETTLEMENTS[settlement]], [5, timestamp(new Date())]]);
    return this.post("relay.receipt", payload, { journey: letter.journey, inReplyTo: id, destination: letter.origin });
  }
}

/** A case that is collected here and decided there. */
class Collecting {
  constructor(partner) {
    this.partner = partner;
  }

  /** The payloads of a type that came, the latest last. */
  came(type) {
    const letters = this.partner.state.in.map((each) => each.letter).filter((each) => each.type === type);
    return letters.map((each) => [each, Buffer.from(each.payload, "base64")]);
  }

  async confirm(name) {
    const [letter, payload] = this.came("agreement.proposed").at(-1);
    this.partner.state.agreed = readAgreement(payload);
    const sent = answer(this.partner.state.agreed, name);
    return this.partner.post("agreement.answered", sent, { journey: letter.journey, inReplyTo: letter.id });
  }

  async submit(name, idNumber, phone, path) {
    const { agreed } = this.partner.state, crossing = uuid7(), code = newCode();
    const content = readFileSync(path), files = {}, paths = [];
    for (const key of agreed.materials) {
      const file = join(this.partner.folder, `${key}.pdf`), data = Buffer.concat([content, Buffer.from(`% ${key}\n`)]);
      this.partner.write(`${key}.pdf`, data);
      files[key] = [file, data];
      paths.push(file);
    }
    const person = { name, idNumber, phone };
    const payload = submission(agreed, { crossing, number: "SC-0001", code, person, clerk: "王芳", files });
    await this.partner.post("crossing.submitted", payload, { journey: crossing, files: paths });
    this.partner.state.crossing = crossing;
    this.partner.save();
    return { crossing, code };
  }

  status() {
    const said = this.came("crossing.status").map(([, payload]) => readStatus(payload));
    return said.filter((each) => each.crossing === this.partner.state.crossing).at(-1) ?? { state: "" };
  }

  async handOver(to) {
    const { crossing } = this.partner.state;
    const [letter] = this.came("crossing.status").at(-1);
    await this.partner.post("crossing.handed_over", handedOver(crossing, to), { journey: crossing });
    return this.partner.settle(letter.id, "acted_on");
  }
}

const [folder, command, ...given] = process.argv.slice(2);
const partner = new Partner(folder);
const collecting = new Collecting(partner);
const commands = {
  init: () => partner.init(given[0], given[1]),
  propose: () => partner.propose(given[0], given[1], given[2]),
  confirm: () => partner.confirm(given[0], given[1], given[2]),
  stand: () => partner.stand(),
  post: () => partner.post(given[0], readFileSync(given[1]), { journey: given[2] ?? "", files: given.slice(3) }),
  push: () => partner.push().then(() => ({})),
  poll: () => partner.poll(Number(given[0] ?? 0)),
  settle: () => partner.settle(given[0], given[1]),
  "confirm-agreement": () => collecting.confirm(given[0]),
  submit: () => collecting.submit(given[0], given[1], given[2], given[3]),
  status: () => collecting.status(),
  "hand-over": () => collecting.handOver(given[0]),
};
try {
  console.log(JSON.stringify(await commands[command]()));
} catch (error) {
  console.error(error instanceof Refused ? JSON.stringify(error.problem) : String(error.stack));
  process.exitCode = 1;
}
