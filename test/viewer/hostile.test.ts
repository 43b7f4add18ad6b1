import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../lib/index.ts';
import { createDatabase } from '../support/mariadb.ts';
import { startViewed } from './support/viewed.ts';

test('messages, raw objects, names and searches are text, whatever they hold', async () => {
  const hostile = `<script>alert(1)</script>" onload="alert(2)`;
  await using viewed = await startViewed({
    viewer: {
      title: hostile,
      homeUrl: `/"${hostile}`,
      homeName: hostile,
      userNames: () => new Map([['7', hostile]]),
      recordUrl: (_rectype, recid) => (recid === '1' ? 'javascript:alert(3)' : `/r/${hostile}`),
    },
  });
  await viewed.log(
    hostile,
    { [hostile]: hostile, change: `${hostile} -> ${hostile}` },
    { rectype: hostile, recid: hostile },
  );
  await viewed.log('a link', null, { rectype: 'product', recid: 1 }, { login: hostile });
  const visitor = await viewed.visitor();
  const search = new URLSearchParams({ rectype: hostile, recid: hostile });
  const bad = new URLSearchParams({ q: hostile, user: hostile, from: hostile });
  for (const [query, status] of [
    ['', 200],
    [`?${search}`, 200],
    [`?q=${encodeURIComponent(hostile)}`, 200],
    [`?${bad}`, 400],
  ] as const) {
    const { text } = await visitor.get(`/activity${query}`).expect(status);
    assert.doesNotMatch(text, /<script>|" onload="|javascript:/, query);
    assert.match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot; onload=&quot;alert\(2\)/);
  }
});

test('what is wrong with the address is said on the page, at its field', async () => {
  await using viewed = await startViewed();
  const visitor = await viewed.visitor();
  const cases: [query: string, said: RegExp][] = [
    ['from=2026-02-30', /<b>From<\/b>: expected a day, such as 2026-05-03/],
    ['from=2026-05-04&to=2026-05-03', /<b>To<\/b>: this day is before 2026-05-04/],
    ['user=a&user=b', /<b>Login<\/b>: give one value, not several/],
    ['before=x', /<b>Page<\/b>: expected the number of an entry/],
    ['recid=%00', /<b>Record id<\/b>: these are no characters/],
    [
      `q=${Array.from({ length: 21 }, (_, index) => `w${index}`).join('+')}`,
      /<b>Search<\/b>: expected 20 words at most/,
    ],
    [`q=${'word'.repeat(60)}`, /<b>Search<\/b>: at most 200 characters/],
    ['q=a<1+b<1+c<1+d<1+e<1+f<1', /<b>Search<\/b>: expected 5 conditions at most/],
  ];
  for (const [query, said] of cases) {
    const { text } = await visitor.get(`/activity?${query}`).expect(400);
    assert.match(text, said, query);
    assert.doesNotMatch(text, /node_modules|\bat \w+ \(/, query);
  }
  const { text } = await visitor.get('/activity?user=bea&from=soon').expect(400);
  assert.match(text, /name="user" type="text" value="bea"/);
  assert.match(text, /name="from" type="text" value="soon"[^>]*aria-invalid="true" aria-describedby="from-error"/);
});

test('a row that another program has written is shown, whatever its time, user and raw object', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using viewed = await startViewed({ actionlog: { database: database.url }, viewer: { timeZone: 'Asia/Tokyo' } });
  for (const [logdate, logname, rawobj] of [
    ['9223372036854775807', '', '{"cut of'],
    ['-5', 'ann', 'no JSON'],
    ['0', 'ann', '[]'],
    ['0', 'ann', `{"deep":${'['.repeat(3500)}${']'.repeat(3500)}}`],
    ['0', 'ann', `{"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ] as const)
    await database.query(
      `INSERT INTO actionlog (gsid, userid, logname, logdate, logmessage, rawobj) VALUES (1, 7, ?, ${logdate}, 'odd', ?)`,
      [logname, rawobj],
    );
  const { text } = await (await viewed.visitor()).get('/activity').expect(200);
  assert.equal(text.match(/<bdi>odd<\/bdi>/g)?.length, 5);
  assert.match(text, /<bdi class="who">user 7<\/bdi>/);
  assert.match(text, /<dd dir="auto">\{&quot;cut of<\/dd>/);
});
