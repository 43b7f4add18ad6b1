import type { JsonForm } from './raw-value.ts';

/** One property on its way into a bounded object. */
export interface Slot {
  /** The key as JSON, with its colon. */
  key: string;
  /** The whole value as JSON in at most `room` bytes; undefined where it is larger, empty where there is none. */
  whole(room: number): string | undefined;
  /** The value cut to `room` bytes; undefined where not even a mark has room. */
  cut(room: number): string | undefined;
}

/** Keys longer than this are cut. */
const maxKeyLength = 200;
/** What one property needs at least, in bytes: decides how many properties get a share. */
const smallestShare = 24;
/** How often what small values left over is shared out anew. */
const rounds = 4;

/**
 * Writes as many properties as have room, with what stands between an object's braces as the result. Every property
 * gets an equal share, and what small ones leave over goes to the large ones, so that one large value does not cost the
 * ones after it.
 *
 * @param unseen properties that are left out already
 */
export function shareRoom(
  count: number,
  slotAt: (index: number) => Slot | undefined,
  room: number,
  form: JsonForm,
  unseen = 0,
): string {
  const done: string[] = [];
  let kept = 0;
  let left = room - Buffer.byteLength(leftOut(count + unseen, form)) - 1;
  const put = (index: number, key: string, json: string) => {
    kept += 1;
    if (json === '') return;
    done[index] = key + json;
    left -= Buffer.byteLength(key + json) + 1;
  };

  const sharing = Math.min(count, Math.max(1, Math.floor(room / smallestShare)));
  let pending = slots(sharing, slotAt);
  for (let round = 0; round < rounds && pending.length > 0; round += 1) {
    const share = Math.floor(left / pending.length);
    const large = pending.filter(({ index, slot }) => {
      const json = slot.whole(share - Buffer.byteLength(slot.key) - 1);
      if (json !== undefined) put(index, slot.key, json);
      return json === undefined;
    });
    if (large.length === pending.length) break;
    pending = large;
  }
  for (const [position, { index, slot }] of pending.entries()) {
    const share = Math.floor(left / (pending.length - position));
    const json = slot.cut(share - Buffer.byteLength(slot.key) - 1);
    if (json !== undefined) put(index, slot.key, json);
  }
  for (let index = sharing; index < count && left >= smallestShare && index < room; index += 1) {
    const slot = slotAt(index);
    const json = slot?.whole(left - Buffer.byteLength(slot.key) - 1);
    if (slot === undefined || json === undefined) break;
    put(index, slot.key, json);
  }

  const missing = count + unseen - kept;
  const parts = done.filter((part) => part !== undefined);
  if (missing > 0 && left >= 0) parts.push(leftOut(missing, form));
  return parts.join(',');
}

function slots(count: number, slotAt: (index: number) => Slot | undefined): { index: number; slot: Slot }[] {
  const all: { index: number; slot: Slot }[] = [];
  for (let index = 0; index < count; index += 1) {
    const slot = slotAt(index);
    if (slot) all.push({ index, slot });
  }
  return all;
}

/** The property that says how many others were left out. */
export function leftOut(count: number, form: JsonForm): string {
  return `"${form.mark}":"${count} left out"`;
}

/** A key as JSON with its colon; a very long one is cut, and stays different from the others by its position. */
export function keyText(key: string, index: number, form: JsonForm): string {
  if (key.length <= maxKeyLength) return `${form.quote(key)}:`;
  return `${form.quote(`${key.slice(0, maxKeyLength)}${form.mark} [${key.length - maxKeyLength} more, key ${index}]`)}:`;
}

/** A property whose value is a text. */
export function textSlot(key: string, text: string, index: number, keyForm: JsonForm, form: JsonForm): Slot {
  return {
    key: keyText(key, index, keyForm),
    whole: (room) => wholeText(text, room, form),
    cut: (room) => cutText(text, room, form),
  };
}

/** A text as JSON; undefined where it has more than `room` bytes. */
export function wholeText(text: string, room: number, form: JsonForm): string | undefined {
  if (text.length + 2 > room) return undefined; // each unit takes a byte or more: no need to look at a huge text
  const json = form.quote(text);
  return Buffer.byteLength(json) <= room ? json : undefined;
}

/** A text as JSON in at most `room` bytes, with a mark that says how many characters were cut. */
export function cutText(text: string, room: number, form: JsonForm): string | undefined {
  const markFor = (from: number) => `${form.mark} [${text.length - from} more]`;
  let left = room - 2 - Buffer.byteLength(markFor(0));
  if (left < 0) return undefined;
  let json = '';
  let at = 0;
  for (const step of [4096, 64, 1]) {
    for (;;) {
      const end = boundary(text, at + step);
      const piece = form.quote(text.slice(at, end)).slice(1, -1);
      const bytes = Buffer.byteLength(piece);
      if (bytes > left || end === at) break;
      json += piece;
      left -= bytes;
      at = end;
    }
  }
  return `"${json}${markFor(at)}"`;
}

/** A position that does not stand between the halves of one character. */
function boundary(text: string, at: number): number {
  const end = Math.min(at, text.length);
  const splits = end > 0 && end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return splits && /[\udc00-\udfff]/.test(text.charAt(end)) ? end + 1 : end;
}
