// SHA-256 of bytes, as hex: pages of plain http, and of files, have no crypto.subtle.

const WORDS = 64;
const primes = (count) => {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
};
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
const ROUNDS = primes(WORDS).map((p) => fraction(Math.cbrt(p)));
const HASH = primes(8).map((p) => fraction(Math.sqrt(p)));
const rotated = (x, n) => (x >>> n) | (x << (32 - n));

// The bytes, a one, zeros, and how many bits there are: whole blocks of 64.
function padded(bytes) {
  const all = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64),
    view = new DataView(all.buffer);
  all.set(bytes);
  all[bytes.length] = 0x80;
  view.setUint32(all.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(all.length - 4, (bytes.length << 3) >>> 0);
  return view;
}

function block(hash, view, start) {
  const w = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) {
    if (i < 16) {
      w[i] = view.getUint32(start + 4 * i);
      continue;
    }
    const [a, b] = [w[i - 15], w[i - 2]];
    const small = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3),
      large = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
    w[i] = w[i - 16] + small + w[i - 7] + large;
  }
  let [a, b, c, d, e, f, g, h] = hash;
  for (let i = 0; i < WORDS; i++) {
    const one = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i],
      two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((x, i) => (hash[i] += x));
}

export function sha256(given) {
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given,
    hash = Uint32Array.from(HASH),
    view = padded(bytes);
  for (let start = 0; start < view.byteLength; start += 64) block(hash, view, start);
  return [...hash].map((x) => x.toString(16).padStart(8, "0")).join("");
}
