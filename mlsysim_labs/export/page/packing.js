// What the page holds back: letters that `export/packing.py` has packed. And zlib's way of packing what goes out.

const STEP = 69069; // of the sequence that masks what is packed
const BLOCK = 65535; // bytes that are stored as they are

const through = async (bytes, stream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

export async function unpacked(letters, seed) {
  let state = seed;
  const masked = Uint8Array.from(atob(letters), (letter) => {
    state = (Math.imul(state, STEP) + 1) >>> 0;
    return letter.charCodeAt(0) ^ (state >>> 24);
  });
  return JSON.parse(new TextDecoder().decode(await through(masked, new DecompressionStream("deflate"))));
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
    const block = bytes.subarray(start, start + BLOCK),
      size = block.length;
    parts.push(+(start + BLOCK >= bytes.length), size & 255, size >> 8, ~size & 255, (~size >> 8) & 255, ...block);
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
