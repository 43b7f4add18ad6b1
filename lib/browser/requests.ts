import { connectionField, connectionHeader } from '../stream/protocol.ts';

/** Whether the address, relative to the page, is of the page's own origin: no other one is told the connection id. */
function isSameOrigin(url: string | URL): boolean {
  try {
    return new URL(url, document.baseURI).origin === location.origin;
  } catch {
    return false; // no address: the browser will say so itself
  }
}

/** `fetch` with the connection id in a header, where the request stays in the page's own origin. */
export async function fetchAs(sid: number, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = input instanceof Request ? input : undefined;
  if (!sid || !isSameOrigin(request?.url ?? (input as string | URL))) return fetch(input, init);
  const headers = new Headers(init?.headers ?? request?.headers);
  headers.set(connectionHeader, String(sid));
  return fetch(input, { ...init, headers });
}

/**
 * Puts the connection id into what the page's forms send, where they are posted to the page's own origin. The document
 * is left as it is: the field is added to the data alone.
 */
export function fillForms(sid: () => number, signal: AbortSignal): void {
  let submitter: HTMLElement | null = null;
  document.addEventListener(
    'submit',
    (event) => {
      submitter = event.submitter; // it may have a method and an address of its own
      setTimeout(() => {
        submitter = null; // the form's data has been made by then
      });
    },
    { capture: true, signal },
  );
  document.addEventListener(
    'formdata',
    (event) => {
      const form = event.target as HTMLFormElement;
      // attributes, because a field that is called `action` or `method` hides the property
      const given = (name: string): string =>
        ((submitter as HTMLButtonElement | null)?.form === form && submitter?.getAttribute(`form${name}`)) ||
        form.getAttribute(name) ||
        '';
      const own = given('method').toLowerCase() === 'post' && isSameOrigin(given('action'));
      if (own && sid()) event.formData.set(connectionField, String(sid()));
    },
    { signal },
  );
}
