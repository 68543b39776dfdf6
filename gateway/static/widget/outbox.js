// What this browser keeps of a talk. Every waiting message has a storage key of its own, so tabs never overwrite each other.

// Storage may be switched off or full: then what is kept lives as long as the page.
export const disk = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was kept.
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

// An entry: {n: its place, body: {client_id, …} for the API, shown, state: sending | sent | failed, refused, why, seq}.
export class Outbox {
  constructor(prefix) {
    this.prefix = `${prefix}:out:`;
    this.entries = new Map();
    this.foreign = new Set();
    this.sync();
    // What an earlier page has left is ours now.
    this.foreign.clear();
  }

  // By place; no clock is asked, so a changed one changes no order.
  list() {
    return [...this.entries.values()].sort((a, b) => a.n - b.n || (a.body.client_id < b.body.client_id ? -1 : 1));
  }

  // Take over what other tabs have added, changed and removed. Our own stay though a page empties the storage (a log-out does).
  sync() {
    const seen = new Set();
    for (const key of disk.keys(this.prefix)) {
      const entry = disk.read(key);
      const id = entry?.body?.client_id;
      if (!id) continue;
      seen.add(id);
      if (this.entries.has(id)) Object.assign(this.entries.get(id), entry);
      else {
        this.entries.set(id, entry);
        this.foreign.add(id);
      }
    }
    for (const id of this.foreign) {
      if (!seen.has(id)) {
        this.foreign.delete(id);
        this.entries.delete(id);
      }
    }
  }

  add(body, shown) {
    this.sync();
    const entry = { n: Math.max(0, ...this.list().map((each) => each.n)) + 1, body, shown, state: "sending" };
    this.entries.set(body.client_id, entry);
    this.set(entry, {});
    return entry;
  }

  set(entry, changes) {
    const id = entry.body.client_id;
    Object.assign(entry, changes);
    // Removed meanwhile: it is delivered, and stays removed.
    if (this.entries.get(id) === entry) disk.write(this.prefix + id, entry);
  }

  remove(entry) {
    const id = entry.body.client_id;
    this.entries.delete(id);
    this.foreign.delete(id);
    disk.remove(this.prefix + id);
  }
}
