import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

const docs = dirname(dirname(fileURLToPath(import.meta.url)));

const guides = (text: string, ...items: [title: string, page: string][]): DefaultTheme.SidebarItem => ({
  text,
  items: items.map(([title, page]) => ({ text: title, link: `/${page}` })),
});

/** The guides and the API reference as one static site; dead links fail the build. */
export default defineConfig({
  title: 'express-actionlog',
  description: 'Who did what in your Express app: kept in one row, and live in every other browser.',
  lang: 'en',
  cleanUrls: true,
  srcExclude: ['charts/**'],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      guides(
        'Begin',
        ['Is this for me?', 'is-this-for-me'],
        ['Tutorial', 'tutorial'],
        ['Getting started', 'getting-started'],
      ),
      guides(
        'In the app',
        ['Session', 'session'],
        ['logaction', 'logaction'],
        ['Changes', 'changes'],
        ['History', 'history'],
        ['Viewer', 'viewer'],
        ['Transactions', 'transactions'],
        ['Entries', 'entries'],
        ['Writing', 'writing'],
        ['Large tables', 'large-tables'],
        ['streamaction', 'streamaction'],
        ['Page client', 'browser'],
        ['Testing', 'testing'],
      ),
      guides(
        'Recipes',
        ['All of them', 'recipes/'],
        ['express-session, passport', 'recipes/express-session'],
        ['JSON web tokens', 'recipes/jwt'],
        ['better-auth', 'recipes/better-auth'],
        ['Kysely', 'recipes/kysely'],
        ['Knex', 'recipes/knex'],
        ['Drizzle', 'recipes/drizzle'],
        ['Prisma', 'recipes/prisma'],
        ['A job queue', 'recipes/queue'],
        ['Socket.IO', 'recipes/socket-io'],
        ['Beside Gyroscope', 'recipes/gyroscope'],
      ),
      guides(
        'How it delivers',
        ['Delivery', 'delivery'],
        ['Announcer', 'announcer'],
        ['Streaming server', 'streaming-server'],
        ['Several nodes', 'several-nodes'],
        ['Behind a proxy', 'behind-a-proxy'],
        ['Operating', 'operating'],
        ['Scaling', 'scaling'],
        ['Performance', 'performance'],
        ['Protocol', 'protocol'],
        ['Security', 'security'],
      ),
      guides(
        'Look up',
        ['Troubleshooting', 'troubleshooting'],
        ['Errors', 'errors'],
        ['Coming from Gyroscope', 'gyroscope'],
        ['API reference', 'api/'],
      ),
    ],
  },
  markdown: {
    config(markdown) {
      // Links to the repository's own files (tests, sources, scripts) lead nowhere on the site: they are shown as text.
      const outside = (href: string, path: string) =>
        /^(?!https?:).*\.(sh|conf)$/.test(href) ||
        (href.startsWith('.') && relative(docs, join(docs, dirname(path), href.replace(/#.*/, ''))).startsWith('..'));
      markdown.core.ruler.push('links-outside', (state) => {
        const path = (state.env as { relativePath?: string }).relativePath ?? '';
        for (const { children } of state.tokens) {
          let open = 0;
          for (const token of children ?? []) {
            if (token.type === 'link_open' && outside(token.attrGet('href') ?? '', path)) {
              const file = join(docs, dirname(path), (token.attrGet('href') ?? '').replace(/#.*/, ''));
              if (!existsSync(file)) throw new Error(`${path}: dead link to ${token.attrGet('href')}`);
              token.tag = 'span';
              token.attrs = [['class', 'repository-file']];
              open += 1;
            } else if (token.type === 'link_close' && open > 0) {
              token.tag = 'span';
              open -= 1;
            }
          }
        }
        return true;
      });
    },
  },
});
