// As much of protobuf's wire format as a partner's letters need: chapter 6 of the guide.

export function message(fields) {
  // fields: [number, value]: strings and Buffers are length-delimited, numbers varints; empty ones are left out.
  const parts = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      if (value) parts.push(varint(number << 3), varint(value));
    } else {
      const data = typeof value === "string" ? Buffer.from(value) : value;
      if (data.length) parts.push(varint((number << 3) | 2), varint(data.length), data);
    }
  }
  return Buffer.concat(parts);
}

export function timestamp(date) {
  return message([[1, Math.floor(date.getTime() / 1000)], [2, (date.getTime() % 1000) * 1_000_000]]);
}

function varint(number) {
  const out = [];
  let rest = BigInt(number);
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

/** Reads a message: a map of field number to its values, varints as numbers, the rest as Buffers. */
export function read(data) {
  const found = {};
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++];
      if (byte === undefined) throw new Error("the message ends in the middle");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < data.length) {
    const tag = next(), number = tag >> 3;
    let value;
    if ((tag & 7) === 0) value = next();
    else if ((tag & 7) === 2) {
      const length = next();
      value = data.subarray(at, at + length);
      at += length;
    } else throw new Error(`wire type ${tag & 7} isn't used by these messages`);
    (found[number] ??= []).push(value);
  }
  return found;
}

export const text = (found, number) => (found[number]?.[0] ?? Buffer.alloc(0)).toString();
