// Posts that match, as they come. They wait while somebody points at the list: nothing moves away under the hand.

/** More than that do not wait: the newest are kept, and all are counted. */
const MOST = 200;

export class Live {
  /** `onPost` is told each post, `onWait` how many wait, `onLink` whether there is a connection, `onTrouble` why nothing
   * will come. */
  constructor({ onPost, onWait, onLink, onTrouble }) {
    Object.assign(this, { onPost, onWait, onLink, onTrouble, events: null, waiting: [], waits: 0, isHeld: false });
  }

  get isOn() {
    return this.events !== null;
  }

  start(q) {
    this.stop();
    const events = new EventSource(`/api/search/live?${new URLSearchParams({ q })}`);
    this.events = events;
    this.onLink(true);
    events.addEventListener("open", () => this.onLink(true));
    events.addEventListener("post", (event) => this.hear(JSON.parse(event.data)));
    events.addEventListener("trouble", (event) => {
      this.stop();
      this.onTrouble(JSON.parse(event.data).message);
    });
    events.addEventListener("error", () => {
      if (this.events !== events) return;
      this.onLink(false);
      // It comes back by itself, unless the server said no; then we ask again.
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.events === events && this.start(q), 5000);
    });
  }

  stop() {
    this.events?.close();
    this.events = null;
    this.drop();
  }

  hear(post) {
    if (!this.isHeld) {
      this.onPost(post);
      return;
    }
    this.waiting.push(post);
    if (this.waiting.length > MOST) this.waiting.shift();
    this.waits += 1;
    this.onWait(this.waits);
  }

  /** Whether posts wait. When they no longer do, those that waited come. */
  hold(isHeld) {
    this.isHeld = isHeld;
    if (!isHeld) this.flush();
  }

  flush() {
    const waiting = this.waiting;
    this.drop();
    for (const post of waiting) this.onPost(post);
  }

  drop() {
    Object.assign(this, { waiting: [], waits: 0 });
    this.onWait(0);
  }
}
