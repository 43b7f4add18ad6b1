/*
 * The record types of the application, as its own declarations name them; types alone, for the server's side and for the
 * page. It imports nothing, so that the page's client can carry it.
 */

/**
 * The record types of your application. Empty, as it comes, any rectype and any recid goes. Fill it in once, in a file that
 * imports or exports something, and the compiler checks rectype, recid and extra from `logaction` to the page's handlers:
 *
 * ```ts
 * declare module 'express-actionlog' {
 *   interface Records {
 *     product: { recid: number; extra: { price: number } };
 *     order: { recid: string };
 *   }
 * }
 * ```
 *
 * `recid`: type of the record's id, as `logaction` takes it; events carry it as text. Without it any id goes.
 * `extra`: type of the event's additions, which may always be left out. Without it anything goes.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be filled in
export interface Records {}

/** A record type: one of those that {@link Records} names, or any text where it names none. */
export type Rectype = [keyof Records] extends [never] ? string : Extract<keyof Records, string>;

/** The id of a record of this type, as `logaction` takes it. */
export type RecidOf<K extends Rectype> = K extends keyof Records
  ? Records[K] extends { recid: infer I }
    ? I & (string | number | bigint)
    : string | number | bigint
  : string | number | bigint;

/** The id of a record of this type, as events carry it: `7` comes as `'7'`. */
export type RecidTextOf<K extends Rectype> = TextOf<RecidOf<K>>;
type TextOf<I> = I extends string ? I : I extends number | bigint ? `${I}` : string;

/** What an event of a record of this type may carry in `extra`. */
export type ExtraOf<K extends Rectype> = K extends keyof Records
  ? Records[K] extends { extra?: infer E }
    ? E
    : unknown
  : unknown;

/** The record that an action changed. */
export type ChangedRecord<K extends Rectype = Rectype> = {
  [R in K]: {
    /** Record type, such as `product`; at most 255 characters. */
    rectype: R;
    /** Record id: number, bigint, or any text. */
    recid: RecidOf<R>;
  };
}[K];
