// What the page holds back: letters that `export/packing.py` has packed. And zlib's way of packing what goes out.

const STEP = 69069; // of the sequence that masks what is packed
const BLOCK = 65535, // bytes that are stored as they are
  WINDOW = 32768; // and those that the packer looks back

const through = async (bytes, stream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

// A block of bytes as they are; there is another one after it, unless it is the last.
const plainBlock = (bytes, isLast) => {
  const size = bytes.length;
  return [+isLast, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255, ...bytes];
};

// The text in these letters; the packer has looked back into what is `known`, which therefore comes first.
export async function unpackedText(letters, seed, known = "") {
  let state = seed;
  const masked = Uint8Array.from(atob(letters), (letter) => {
    state = (Math.imul(state, STEP) + 1) >>> 0;
    return letter.charCodeAt(0) ^ (state >>> 24);
  });
  const before = new TextEncoder().encode(known).slice(-WINDOW),
    bytes = Uint8Array.from([...plainBlock(before, false), ...masked]);
  const all = await through(bytes, new DecompressionStream("deflate-raw"));
  return new TextDecoder().decode(all.subarray(before.length));
}

function adler(bytes) {
  let a = 1,
    b = 0;
  for (const x of bytes) {
    a = (a + x) % 65521;
    b = (b + a) % 65521;
  }
  return [b >> 8, b & 255, a >> 8, a & 255];
}

// A stream of zlib whose blocks are stored: for browsers that cannot pack.
export function stored(bytes) {
  const parts = [0x78, 0x01];
  for (let start = 0; start === 0 || start < bytes.length; start += BLOCK) {
    for (const x of plainBlock(bytes.subarray(start, start + BLOCK), start + BLOCK >= bytes.length)) parts.push(x);
  }
  return Uint8Array.from([...parts, ...adler(bytes)]);
}

export async function zipped(bytes) {
  if (!("CompressionStream" in globalThis)) return stored(bytes);
  return through(bytes, new CompressionStream("deflate"));
}

export function base64(bytes) {
  let text = "";
  for (const x of bytes) text += String.fromCharCode(x);
  return btoa(text);
}
