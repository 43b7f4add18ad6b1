import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Html, html } from '../../lib/viewer/html.ts';

test('each value is escaped, in text and in attributes', () => {
  const hostile = `<script>alert('1')</script>" onload="x & y`;
  assert.equal(
    html`<p title="${hostile}">${hostile}</p>`.toString(),
    '<p title="&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x &amp; y">' +
      '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x &amp; y</p>',
  );
});

test('HTML, lists of it and numbers stand as they are; nothing shows nothing', () => {
  const items = [html`<li>${1}</li>`, html`<li>${'<'}</li>`];
  assert.equal(html`<ul>${items}${undefined}${null}${false}${0}</ul>`.toString(), '<ul><li>1</li><li>&lt;</li>0</ul>');
});

test('an object that only looks like HTML is none', () => {
  const forged = { toString: () => '<b>' } as unknown as Html;
  assert.equal(html`${forged}`.toString(), '&lt;b&gt;');
});
