// The canonical forms of docs/relay/partner-guide.md, chapter 3: which bytes signatures cover. Written from the guide alone.
import { createHash } from "node:crypto";

const LEN = 4, NUMBER = 8;

/** A date stands for a time, null for none; numbers and strings as they are, Buffers as bytes. */
function bytesOf(value) {
  if (value === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  const out = Buffer.alloc(NUMBER);
  out.writeBigUInt64BE(BigInt(value instanceof Date ? value.getTime() : value));
  return out;
}

export function form(name, fields) {
  const parts = [Buffer.from(`${name}\n`, "ascii")];
  for (const field of fields) {
    const data = bytesOf(field), length = Buffer.alloc(LEN);
    length.writeUInt32BE(data.length);
    parts.push(length, data);
  }
  return Buffer.concat(parts);
}

export const sha256 = (data) => createHash("sha256").update(data).digest();
const b64 = (text) => Buffer.from(text ?? "", "base64");
const time = (text) => (text ? new Date(text) : null);

export function letterForm(letter) {
  const fields = [letter.id, letter.origin, letter.destination, letter.type, letter.type_version, letter.journey,
    letter.in_reply_to, time(letter.created_at), time(letter.expires_at), b64(letter.payload), letter.attachments.length];
  for (const each of letter.attachments) {
    fields.push(each.sha256, each.size, each.media_type, each.filename, b64(each.sealed_key), each.plain_sha256 ?? "");
  }
  return form("TONGBAN-LETTER-1", [...fields, letter.key_id]);
}

export function envelopeForm(envelope) {
  const { letter } = envelope;
  return form("TONGBAN-ENVELOPE-1", [letterForm(letter), b64(letter.signature), envelope.link, envelope.from_site,
    envelope.to_site, envelope.sequence, Buffer.from(envelope.previous_hash, "hex"), envelope.key_id]);
}

export function cardForm(card) {
  const keys = card.keys ?? [], sealing = card.sealing_keys ?? [];
  const fields = [card.site, card.name, Number(card.serial), time(card.issued_at), keys.length];
  for (const key of keys) {
    fields.push(key.id, b64(key.public), time(key.valid_from), time(key.valid_until), time(key.revoked_at));
  }
  fields.push(sealing.length);
  for (const key of sealing) fields.push(key.id, b64(key.public), time(key.valid_from), time(key.valid_until));
  for (const texts of [card.certificates ?? [], card.endpoints ?? []]) fields.push(texts.length, ...texts);
  return form("TONGBAN-SITE-CARD-1", fields);
}

export function fingerprint(card) {
  return sha256(cardForm(card)).toString("hex").slice(0, 32).match(/.{4}/g).join(" ");
}

function limitsFields(limits = {}) {
  const fields = [limits.max_letter_bytes ?? 0, limits.max_attachment_bytes ?? 0, limits.letters_per_minute ?? 0,
    limits.attachment_bytes_per_day ?? 0].map(Number);
  for (const texts of [limits.letter_types ?? [], limits.items ?? [], limits.introduces ?? []]) {
    fields.push(texts.length, ...texts);
  }
  return fields;
}

function approvalFields(approval) {
  return [approval.site, approval.name, approval.actor_id ?? "", time(approval.at), approval.reason ?? ""];
}

const DIRECTIONS = { DIRECTION_PARENT: "parent", DIRECTION_CHILD: "child", DIRECTION_PARTNER: "partner" };

export function proposalForm(proposal) {
  return form("TONGBAN-LINK-PROPOSAL-1", [proposal.link, cardForm(proposal.card), proposal.peer,
    DIRECTIONS[proposal.direction], ...limitsFields(proposal.limits), ...approvalFields(proposal.approval),
    time(proposal.expires_at), proposal.key_id]);
}

export function acceptanceForm(acceptance) {
  return form("TONGBAN-LINK-ACCEPTANCE-1", [acceptance.link, b64(acceptance.proposal_digest), cardForm(acceptance.card),
    ...limitsFields(acceptance.limits), ...approvalFields(acceptance.approval), acceptance.key_id]);
}
