// Trays that are not over, kept in IndexedDB so that a reload, a flat battery or a night without network loses none.
//
// A tray: { key, store, number, takenAt, answer, draft, sold, isClosed, refusal }
//   number    when it was taken by this device's clock       takenAt  by the server's, null before it was asked
//   answer    what the API said, null until then          sold     the items, null until confirmed
//   draft     what the clerk changed so far               isClosed the clerk has gone on to the next tray
//   refusal   why it will never be accepted, or null
// Its photo, { key, bytes, type }, lies apart, so that looking through the trays does not load every photo.

const NAME = "kamado-till";
const TRAYS = "trays";
const PHOTOS = "photos";

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const inOrder = (trays, store) =>
  trays.filter((tray) => tray.store === store).sort((one, other) => one.number - other.number);

class KeptTrays {
  isDurable = true;

  constructor(database, store) { Object.assign(this, { database, store }); }

  #within(mode, work) {
    const transaction = this.database.transaction([TRAYS, PHOTOS], mode);
    const result = work(transaction.objectStore(TRAYS), transaction.objectStore(PHOTOS));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  add(tray, photo) {
    return this.#within("readwrite", (trays, photos) => {
      trays.add(tray);
      photos.add({ key: tray.key, ...photo });
    });
  }

  /** Change some members of a tray in one transaction: the clerk and the sender write side by side. */
  change(key, members) {
    return this.#within("readwrite", (trays) => {
      const request = trays.get(key);
      request.onsuccess = () => { if (request.result) trays.put({ ...request.result, ...members }); };
    });
  }

  remove(key) {
    return this.#within("readwrite", (trays, photos) => {
      trays.delete(key);
      photos.delete(key);
    });
  }

  get(key) { return this.#within("readonly", (trays) => settled(trays.get(key))); }

  photo(key) { return this.#within("readonly", (_, photos) => settled(photos.get(key))); }

  async all() { return inOrder(await this.#within("readonly", (trays) => settled(trays.getAll())), this.store); }
}

/** The same for a browser that keeps nothing (some private windows): safe until the page is closed. */
class FleetingTrays {
  isDurable = false;
  #trays = new Map();
  #photos = new Map();

  constructor(store) { this.store = store; }

  async add(tray, photo) {
    this.#trays.set(tray.key, tray);
    this.#photos.set(tray.key, photo);
  }

  async change(key, members) {
    if (this.#trays.has(key)) this.#trays.set(key, { ...this.#trays.get(key), ...members });
  }

  async remove(key) {
    this.#trays.delete(key);
    this.#photos.delete(key);
  }

  async get(key) { return this.#trays.get(key); }

  async photo(key) { return this.#photos.get(key); }

  async all() { return inOrder([...this.#trays.values()], this.store); }
}

/** Open the trays of one store on this device. */
export const openTrays = async (store) => {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const name of [TRAYS, PHOTOS]) request.result.createObjectStore(name, { keyPath: "key" });
    };
    return new KeptTrays(await settled(request), store);
  } catch {
    return new FleetingTrays(store);
  }
};
