// The API as a register sees it. Every failure is a Trouble that says what the till can do about it.

const PATIENCE = 20_000;

/** `kind`: offline (no answer), later (try again), signedOut (a person must sign in), refused (never again). */
export class Trouble extends Error {
  constructor(kind, problem = {}, retryAfter = null) {
    super(problem.detail ?? kind);
    Object.assign(this, { kind, code: problem.code ?? kind, retryAfter });
  }
}

const asked = async (address, options) => {
  try {
    return await fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    throw new Trouble("offline", { detail: String(error) });
  }
};

// What passes by itself: being busy, and a sale that comes while its waiting photo is just being looked at.
const BUSY = [408, 409, 429];
const PASSING = ["aws_down", "nothing_to_correct"];

const isHopeless = (status, code) => {
  if (BUSY.includes(status) || PASSING.includes(code)) return false;
  return (status >= 400 && status < 500) || (status === 502 && code !== undefined);
};

const troubleOf = async (response) => {
  const problem = await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("Retry-After")) || null;
  if (response.status === 401) return new Trouble("signedOut", problem);
  return new Trouble(isHopeless(response.status, problem.code) ? "refused" : "later", problem, wait);
};

export class Api {
  #pass = null;
  #ahead = 0;

  constructor({ api, pass }) { this.addresses = { api, pass }; }

  /** Fetch a new pass with the person's session. Nothing of it is kept on the device. */
  async #renew() {
    const response = await asked(this.addresses.pass, { redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect" || response.status === 403 || response.status === 404)
      throw new Trouble("signedOut");
    if (!response.ok) throw await troubleOf(response);
    const { token, now } = await response.json();
    this.#pass = token;
    this.#ahead = Date.now() - Date.parse(now);
  }

  /** Return what the server's clock showed when this device's showed `milliseconds`: tablets' clocks are often off. */
  async instantOf(milliseconds) {
    if (this.#pass === null) await this.#renew();
    return new Date(milliseconds - this.#ahead).toISOString();
  }

  async #call(path, options = {}) {
    const isFresh = this.#pass === null;
    if (isFresh) await this.#renew();
    const send = () => asked(this.addresses.api + path, {
      ...options, headers: { ...options.headers, Authorization: `Bearer ${this.#pass}` },
    });
    let response = await send();
    if (response.status === 401) {
      this.#pass = null;
      if (!isFresh) {
        await this.#renew();
        response = await send();
      }
    }
    if (!response.ok) throw await troubleOf(response);
    return response.json();
  }

  /**
   * Hand a tray's photo in. The request is the same to the byte however often it is sent: its Idempotency-Key then
   * finds the first answer. `wait=1`: a model that is off gets the photo later.
   */
  detect({ key, takenAt }, { bytes, type }) {
    const query = new URLSearchParams({ wait: "1", taken_at: takenAt });
    const headers = { "Idempotency-Key": key, "Content-Type": type };
    return this.#call(`/detections?${query}`, { method: "POST", headers, body: bytes });
  }

  /** Say what was sold; saying it again adds nothing. */
  correct(detection, items) {
    const headers = { "Content-Type": "application/json" };
    return this.#call(`/detections/${detection}/correction`, { method: "POST", headers, body: JSON.stringify({ items }) });
  }

  store() { return this.#call("/store"); }
}
