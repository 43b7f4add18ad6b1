import { StreamKeys } from '../../lib/stream/keys.ts';

/** Tokens that let pages in, good for a minute: one for each page, each of a user of its own. */
export async function pageTokens(secret: string, pages: { gsid: number | string; count: number }): Promise<string[]> {
  const keys = new StreamKeys([secret]);
  const { gsid, count } = pages;
  return await Promise.all(
    Array.from({ length: count }, (_, index) =>
      keys.issueToken({ userid: String(1_000_000 + index), gsid: String(gsid), login: `page${index}` }),
    ),
  );
}
