// What must outlive a reload: drafts by talk and messages that were not sent yet. Kept in this browser under the member's id.

const WEEK = 7 * 24 * 3600 * 1000;

// Entries of one kind by key. `kind`: "draft" | "unsent"; `owner`: the member's id. Without a storage (private window, full) they live
// as long as the page.
export class Kept {
  constructor(kind, owner) {
    this._prefix = `xiaoer.desk.${kind}:${owner}:`;
    this._memory = new Map();
    for (const [key, entry] of this._stored()) if (!(Date.now() - entry.at < WEEK)) this._remove(key);
    for (const [key, entry] of this._stored()) this._memory.set(key, entry);
    // Another tab of the same member.
    addEventListener("storage", (event) => {
      if (!event.key?.startsWith(this._prefix)) return;
      const key = event.key.slice(this._prefix.length);
      const entry = parsed(event.newValue);
      if (entry) this._memory.set(key, entry);
      else this._memory.delete(key);
      this.onchange?.(key);
    });
  }

  get(key) {
    return this._memory.get(key) || null;
  }

  all() {
    return [...this._memory];
  }

  set(key, entry) {
    const kept = { ...entry, at: entry.at ?? Date.now() };
    this._memory.set(key, kept);
    try {
      localStorage.setItem(this._prefix + key, JSON.stringify(kept));
    } catch {
      // It is still in the page's memory.
    }
  }

  drop(key) {
    this._memory.delete(key);
    this._remove(key);
  }

  _remove(key) {
    try {
      localStorage.removeItem(this._prefix + key);
    } catch {
      // Nothing was stored.
    }
  }

  _stored() {
    try {
      return Object.keys(localStorage)
        .filter((name) => name.startsWith(this._prefix))
        .map((name) => [name.slice(this._prefix.length), parsed(localStorage.getItem(name)) || { at: 0 }]);
    } catch {
      return [];
    }
  }
}

function parsed(text) {
  try {
    const value = text ? JSON.parse(text) : null;
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
