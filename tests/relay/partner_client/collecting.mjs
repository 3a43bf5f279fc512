// A partner's side of collecting for another place (异地代收代办): payloads by the field numbers of
// protos/tongban/federation/v1, as chapter 6 of the guide says.
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { sha256 } from "./canonical.mjs";
import { message, read, text, timestamp } from "./protobuf.mjs";

const COLLECT_FOR = 2;
const STATES = ["", "collecting", "sent", "returned", "arrived", "supplement_requested", "accepted", "refused", "decided",
  "issued", "delivered", "withdrawn", "cancelled"];

/** agreement.proposed: what is needed of it to answer and to hand in under it. */
export function readAgreement(payload) {
  const found = read(payload), terms = read(found[3][0]);
  return {
    agreement: text(found, 1), edition: text(found, 2), handlingCenter: text(terms, 2), collectingCenter: text(terms, 4),
    item: text(terms, 5), materials: (terms[10] ?? []).map((each) => text(read(each), 1)),
  };
}

/** agreement.answered */
export function answer({ agreement, edition }, name) {
  return message([[1, agreement], [2, edition], [3, 1], [5, name], [6, timestamp(new Date())]]);
}

/** 128 random bits in Crockford's base 32: what opens the citizen's progress page at either place. */
export function newCode() {
  let rest = BigInt(`0x${randomBytes(16).toString("hex")}`);
  let code = "";
  for (let at = 0; at < 26; at += 1, rest >>= 5n) code = "0123456789abcdefghjkmnpqrstvwxyz"[Number(rest & 31n)] + code;
  return code;
}

/** crossing.submitted: one scan for each material; `files` maps a material's key to [path, content]. */
export function submission(agreed, { crossing, number, code, person, clerk, files }) {
  const now = timestamp(new Date());
  const applicant = message([[1, person.name], [2, "resident_id"], [3, person.idNumber], [4, person.phone]]);
  const identity = message([[1, "document"], [2, clerk], [3, now], [4, "居民身份证原件"]]);
  const materials = Object.entries(files).map(([key, [path, data]]) => {
    const scan = message([[1, sha256(data).toString("hex")], [2, basename(path)], [3, "application/pdf"], [4, data.length]]);
    return [12, message([[1, key], [2, scan], [3, 1], [5, 1]])];
  });
  return message([[1, crossing], [2, agreed.agreement], [3, agreed.edition], [4, COLLECT_FOR], [5, agreed.collectingCenter],
    [6, agreed.handlingCenter], [7, agreed.item], [8, number], [9, code], [10, applicant],
    [11, identity], ...materials, [13, "window"], [14, "{}"], [15, now], [16, now], [17, clerk]]);
}

/** crossing.status: the owner's picture of the case. */
export function readStatus(payload) {
  const found = read(payload), status = read(found[2][0]);
  return { crossing: text(found, 1), state: STATES[status[2][0]], number: text(status, 3), outcome: text(status, 13) };
}

/** crossing.handed_over */
export function handedOver(crossing, to) {
  return message([[1, crossing], [2, to], [3, timestamp(new Date())]]);
}
