// What a window remembers between pages: per user, gone with the window, and at sign-out.

const { gsid, userid } = document.body.dataset;
const ours = 'sample:';
const prefix = `${ours}${gsid}/${userid}:`;

export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null') ?? undefined;
  } catch {
    return undefined; // storage is blocked: the page works without
  }
}

export function remember(name, value) {
  try {
    if (value === undefined) sessionStorage.removeItem(prefix + name);
    else sessionStorage.setItem(prefix + name, JSON.stringify(value));
  } catch (error) {
    console.warn('this window cannot remember unsaved changes:', error);
  }
}

export function forgetAll() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(ours)) sessionStorage.removeItem(key);
  } catch (error) {
    console.warn('this window cannot forget:', error);
  }
}
