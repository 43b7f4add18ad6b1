// The test page stays while it asks the server, so that it sees the events that it has caused.

export function followStreamtest() {
  for (const form of document.querySelectorAll('form[data-stay]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(form).catch(() => form.submit()); // the ordinary way shows what is wrong
    });
  }
}

async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const response = await fetch(form.getAttribute('action'), { method: 'POST', body });
  if (!response.ok) throw new Error(`the test page: ${response.status}`);
  const answer = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('[data-answer]');
  document.querySelector('[data-answer]').replaceWith(answer);
}

export function showSid(sid) {
  const place = document.querySelector('[data-sid]');
  if (place) place.textContent = sid ? String(sid) : 'none';
}

/** Lists what comes in. */
export function logEvent({ rectype, recid, sid, own }) {
  const line = document.createElement('li');
  line.textContent = `${rectype} ${recid}, sid ${sid}${own ? ', own' : ''}`;
  document.querySelector('[data-events]')?.append(line);
}
