import assert from 'node:assert/strict';
import type { Express } from 'express';
import { agent, type Response } from 'supertest';
import type { Running } from '../../app.ts';
import { samplePassword } from '../../seed.ts';

/** Where a response leads to. */
export function locationOf(response: Response): string {
  const { location } = response.headers;
  assert.ok(location, `the answer ${response.status} leads somewhere`);
  return location;
}

/** A client with cookies, and without any web socket or script. */
export class Visitor {
  readonly #agent: ReturnType<typeof agent>;

  /** @param place a running sample app, or one that runs for the time of each request; `cookie` signs in */
  constructor(place: Pick<Running, 'url'> | { app: Express; cookie?: string }) {
    if ('url' in place) {
      this.#agent = agent(place.url);
      return;
    }
    this.#agent = agent(place.app);
    if (place.cookie) this.#agent.jar.setCookies(place.cookie.split('; '));
  }

  static async signedIn(sample: Running, login: string): Promise<Visitor> {
    const visitor = new Visitor(sample);
    const response = await visitor.post('/sign-in', { login, password: samplePassword });
    assert.equal(response.status, 303);
    return visitor;
  }

  async get(path: string): Promise<Response> {
    return await this.#agent.get(path).set('Accept', 'text/html');
  }

  /** Posts a form, with the token of a page that this visitor may see. */
  async post(path: string, fields: Record<string, string>): Promise<Response> {
    const page = await this.get('/sign-in').then((response) => (response.redirect ? this.get('/products') : response));
    const token = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1];
    assert.ok(token, 'the page has a form token');
    return await this.postRaw(path, { _csrf: token, ...fields });
  }

  async postRaw(path: string, fields: Record<string, string>): Promise<Response> {
    return await this.#agent.post(path).type('form').set('Accept', 'text/html').send(fields);
  }

  /** The form of a product as the page shows it. */
  async productForm(id: number): Promise<Record<string, string>> {
    const { text } = await this.get(`/products/${id}`);
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
    const notes = /<textarea[^>]*>\n([^<]*)<\/textarea>/.exec(text)?.[1] ?? '';
    return {
      name: field('name'),
      price: field('price'),
      stock: field('stock'),
      version: field('version'),
      notes,
    };
  }

  /** Changes some fields of a product, as a user would who has just opened it. */
  async change(id: number, fields: Record<string, string>): Promise<Response> {
    return await this.post(`/products/${id}`, { ...(await this.productForm(id)), ...fields });
  }
}
