// Decisions on their way: one after the other, kept in this browser until the portal has written them down.
const KEY = "kamado-review-outbox";
const LONGEST_WAIT_MS = 8000;

export class Outbox {
  constructor({ send, told }) {
    Object.assign(this, { send, told, wait: 500, isBusy: false });
    this.entries = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    addEventListener("online", () => this.run());
    addEventListener("beforeunload", (event) => { if (this.entries.length) event.preventDefault(); });
  }

  add(entry) {
    this.entries.push(entry);
    this.#keep();
    this.run();
  }

  // The answer decides: "done" goes on, "later" tries the same one again after a pause.
  async run() {
    if (this.isBusy) return;
    this.isBusy = true;
    clearTimeout(this.timer);
    while (this.entries.length) {
      const verdict = await this.send(this.entries[0]);
      if (verdict === "later") {
        this.timer = setTimeout(() => this.run(), this.wait);
        this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
        break;
      }
      this.wait = 500;
      this.entries.shift();
      this.#keep();
    }
    this.isBusy = false;
  }

  #keep() {
    localStorage.setItem(KEY, JSON.stringify(this.entries));
    this.told(this.entries.length);
  }
}
