import { conflictField } from '../stream/protocol.ts';
import { type ActionlogClient, createActionlogClient, pageClient } from './client.ts';
import { noticeCss } from './notice-style.ts';
import type { RecordChange, RecordWatch } from './watch-record.ts';

/** The element's attributes, in the page's own language where it is not English. */
const texts = {
  /** `{name}` and `{time}` stand for who changed the record, and when. */
  changed: '{name} changed this at {time}.',
  'by-somebody': 'Somebody else',
  unsure: 'This may have been changed while the connection was lost.',
  reload: 'Reload',
  'save-anyway': 'Save anyway',
} as const;

/** Where a page is rendered on a server there are no elements: the module can be imported there, and does nothing. */
const Base = typeof HTMLElement === 'undefined' ? (class {} as unknown as typeof HTMLElement) : HTMLElement;

/**
 * `<actionlog-notice rectype="product" recid="12" form="product-form">`: shows nothing until somebody else changes that
 * record; then who and when, with a button that reloads the page, and where `form` names a form, one that submits it over
 * the conflict (`__tabconflicted=1`). A save by this very page takes the notice away.
 *
 * Attributes for its texts: `text-changed` (with `{name}` and `{time}`), `text-by-somebody`, `text-unsure`, `text-reload`,
 * `text-save-anyway`. While it shows something it has the attribute `changed`. Events: `actionlog-change` (`detail` is the
 * `RecordChange`, or null); `actionlog-reload` and `actionlog-save`, which `preventDefault()` leaves to the page. Parts for
 * styling: `notice`, `text`, `buttons`, `reload`, `save`. It needs no inline style that a Content Security Policy would refuse.
 */
export class ActionlogNotice extends Base {
  static readonly observedAttributes = ['rectype', 'recid', 'form'];
  /** The client that it listens to; default: the one that the page has made last, or one with the defaults. */
  client: ActionlogClient | undefined;
  #watch: RecordWatch | undefined;
  /** Ends the wait for the page's scripts. */
  #waits: AbortController | undefined;
  readonly #text: HTMLElement;
  readonly #reload: HTMLButtonElement;
  readonly #save: HTMLButtonElement;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const style = new CSSStyleSheet();
    style.replaceSync(noticeCss);
    root.adoptedStyleSheets = [style];
    const notice = part('div', 'notice');
    // There from the start, so that screen readers follow what comes into it.
    this.#text = part('p', 'text');
    this.#text.setAttribute('role', 'status');
    const buttons = part('div', 'buttons');
    this.#reload = button('reload', () => this.#ask('actionlog-reload') && location.reload());
    this.#save = button('save', () => this.#ask('actionlog-save') && this.#saveAnyway());
    buttons.append(this.#reload, this.#save);
    notice.append(this.#text, buttons);
    root.append(notice);
  }

  /** The change that it shows; undefined where it shows none. */
  get change(): RecordChange | undefined {
    return this.#watch?.change;
  }

  /** To be called when the page has read the record again. */
  reset(): void {
    this.#watch?.reset();
  }

  connectedCallback(): void {
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#end();
  }

  attributeChangedCallback(name: string, old: string | null, now: string | null): void {
    if (!this.isConnected || old === now) return;
    if (name === 'form') this.#show();
    else this.#begin();
  }

  #begin(): void {
    this.#end();
    const client = this.client ?? pageClient();
    if (client || !isLoading()) this.#follow(client ?? createActionlogClient());
    else {
      // The page's own script may still make one, with options of its own.
      this.#waits = new AbortController();
      addEventListener('DOMContentLoaded', () => this.#begin(), { once: true, signal: this.#waits.signal });
    }
    this.#show();
  }

  #follow(client: ActionlogClient): void {
    const [rectype, recid] = [this.getAttribute('rectype'), this.getAttribute('recid')];
    if (!rectype || !recid) return;
    this.#watch = client.watchRecord(rectype, recid);
    this.#watch.subscribe(() => {
      this.#show();
      this.dispatchEvent(new CustomEvent('actionlog-change', { bubbles: true, detail: this.change ?? null }));
    });
  }

  #end(): void {
    this.#waits?.abort();
    this.#watch?.close();
    this.#watch = undefined;
  }

  #show(): void {
    const { change } = this;
    this.toggleAttribute('changed', change !== undefined);
    this.#text.textContent = change ? this.#sentence(change) : '';
    this.#reload.textContent = this.#say('reload');
    this.#save.textContent = this.#say('save-anyway');
    this.#save.hidden = !this.#form();
  }

  #sentence(change: RecordChange): string {
    if (!change.certain) return this.#say('unsure');
    const { login, time } = change.event;
    const at = new Date(time ?? Date.now()).toLocaleTimeString(document.documentElement.lang || undefined, {
      hour: '2-digit',
      minute: '2-digit',
    });
    return this.#say('changed')
      .replace('{name}', () => login || this.#say('by-somebody'))
      .replace('{time}', () => at);
  }

  #say(text: keyof typeof texts): string {
    return this.getAttribute(`text-${text}`) ?? texts[text];
  }

  #form(): HTMLFormElement | null {
    const id = this.getAttribute('form');
    const found = id ? (this.getRootNode() as Document | ShadowRoot).getElementById(id) : null;
    return found instanceof HTMLFormElement ? found : null;
  }

  #ask(type: string): boolean {
    return this.dispatchEvent(new CustomEvent(type, { bubbles: true, cancelable: true, detail: this.change ?? null }));
  }

  /** The field is added to what is sent, not to the document: a form that is not valid stays as it is. */
  #saveAnyway(): void {
    const form = this.#form();
    const add = ({ formData }: FormDataEvent) => formData.set(conflictField, '1');
    form?.addEventListener('formdata', add, { once: true });
    form?.requestSubmit();
    form?.removeEventListener('formdata', add);
  }
}

/** Whether scripts of the page are still to run: `interactive` alone does not tell. */
function isLoading(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return document.readyState !== 'complete' && navigation?.domContentLoadedEventStart === 0;
}

function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}

function button(name: string, pressed: () => void): HTMLButtonElement {
  const element = part('button', name);
  element.type = 'button';
  element.addEventListener('click', pressed);
  return element;
}
