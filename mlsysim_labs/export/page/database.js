// Texts by key in the browser's database. Unlike its plain storage it is asked to write at once: what is done when this
// resolves outlasts a browser that is killed.

const NAME = "mlsysim-labs",
  STORE = "records",
  AWAITED = 2000; // [ms] of a database that does not answer

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
const inTime = (promise) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), AWAITED))]);

async function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return inTime(settled(request));
}

// The database, or nothing where a browser refuses it.
export async function databaseOf() {
  try {
    return await opened();
  } catch {
    return null;
  }
}

export const textAt = (database, key) => inTime(settled(database.transaction(STORE).objectStore(STORE).get(key)));

// Changes the text of a key by what `change` makes of it; no other window can come between. Resolves with what is kept.
export function changeText(database, key, change) {
  const transaction = database.transaction(STORE, "readwrite", { durability: "strict" }),
    store = transaction.objectStore(STORE);
  let kept;
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(kept);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  store.get(key).onsuccess = ({ target }) => store.put((kept = change(target.result)), key);
  return inTime(done);
}
