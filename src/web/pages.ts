// The reference of the API as a plain page. No script, no style but our own file.

import { html } from 'hono/html';
import { PERMISSIONS } from '../domain/role.ts';
import { REFUSALS } from '../base/refusal.ts';

/** Also used by receipts. Inline styles are forbidden by our own Content-Security-Policy. */
export const STYLESHEET = `
:root { color-scheme: light dark; --ink: light-dark(#14202b, #e8edf1); --soft: light-dark(#52626f, #a5b3be); --line: light-dark(#d5dde3, #33414c);
  --paper: light-dark(#fff, #10181f); --mark: light-dark(#0b5a8a, #7cc4f5); --wash: light-dark(#f3f6f8, #18222b); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 "Be Vietnam Pro", system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 2.4rem; line-height: 1.15; margin: 0 0 .3rem; letter-spacing: -.02em; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; }
p.lead { font-size: 1.15rem; color: var(--soft); margin: 0 0 1.5rem; max-width: 44rem; }
a { color: var(--mark); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
code, pre, .code, .hash { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; }
pre { background: var(--wash); border: 1px solid var(--line); padding: .8rem 1rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); margin: .4rem 0; }
summary { cursor: pointer; padding: .55rem .8rem; background: var(--wash); }
details > div { padding: .2rem .8rem .8rem; }
.verb { display: inline-block; min-width: 4.2rem; font-weight: 700; color: var(--mark); }
.receipt { width: 80mm; padding: 4mm; background: #fff; color: #000; }
.receipt h1 { font-size: 1.1rem; } .receipt dt { font-size: .75rem; color: #444; } .receipt dd { margin: 0 0 .4rem; }
.receipt .code { font-size: 1.2rem; } .receipt .hash { font-size: .6rem; word-break: break-all; }
@media print { @page { margin: 0; size: 80mm 120mm; } }
`;

const page = (title: string, body: ReturnType<typeof html>) => html`<!doctype html>
<html lang="vi">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="stylesheet" href="/assets/niem.css" />
  </head>
  <body><main>${body}</main></body>
</html>`;

type Document = { paths?: Record<string, Record<string, Operation>>; info: { title: string; description?: string } };
type Operation = { summary?: string; tags?: string[]; 'x-access'?: string; parameters?: { name: string; in: string; required?: boolean; schema?: object }[]; requestBody?: { content: Record<string, { schema: object }> }; responses: Record<string, { content?: Record<string, { schema: object }> }> };

const pretty = (value: unknown) => html`<pre>${JSON.stringify(value, null, 2)}</pre>`;

function accessWords(access: string | undefined): string {
  if (access === undefined || access === 'public') return 'Ai cũng được · Anybody';
  if (access === 'any_kind') return 'Theo loại mốc · By the kind of checkpoint';
  const permission = PERMISSIONS[access as keyof typeof PERMISSIONS];
  return permission ? `${permission[0]} · ${permission[1]} (${access})` : 'Đã đăng nhập · Signed in';
}

/** The reference page, drawn from the description itself, so that the two cannot differ. */
export function docsPage(document: Document, examples: object[]) {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const tags = [...new Set(operations.map((o) => o.operation.tags?.[0] ?? ''))];
  return page(
    'Niêm API',
    html`<h1>${document.info.title}</h1>
      <p class="lead">${document.info.description ?? ''}</p>
      <p><a href="/api/openapi.json">openapi.json</a> · <a href="/">Bàn làm việc · Desks</a></p>
      <h2>Ví dụ · Examples</h2>
      ${examples.map((example) => html`<details><summary>${(example as { kind: string }).kind}</summary><div>${pretty(example)}</div></details>`)}
      ${tags.map(
        (tag) => html`<h2>${tag}</h2>
          ${operations.filter((o) => (o.operation.tags?.[0] ?? '') === tag).map(
            ({ path, method, operation }) => html`<details>
              <summary><span class="verb">${method.toUpperCase()}</span> <code>${path}</code> <span class="soft">${operation.summary ?? ''}</span></summary>
              <div>
                <p class="soft">${accessWords(operation['x-access'])}</p>
                ${operation.parameters?.length ? html`<table><tr><th>Tham số · Parameter</th><th></th><th></th></tr>${operation.parameters.map((p) => html`<tr><td><code>${p.name}</code></td><td>${p.in}${p.required ? ' *' : ''}</td><td><code>${JSON.stringify(p.schema)}</code></td></tr>`)}</table>` : ''}
                ${operation.requestBody ? html`<h3>Gửi lên · Request</h3>${pretty(Object.values(operation.requestBody.content)[0]?.schema)}` : ''}
                ${Object.entries(operation.responses).filter(([status]) => status !== 'default').map(([status, response]) => html`<h3>${status}</h3>${pretty(Object.values(response.content ?? {})[0]?.schema ?? {})}`)}
              </div>
            </details>`,
          )}`,
      )}
      <h2>Từ chối · Refusals</h2>
      <table>
        <tr><th>refusal</th><th>HTTP</th><th>Tiếng Việt</th><th>English</th></tr>
        ${Object.entries(REFUSALS).map(([code, r]) => html`<tr id="${code}"><td><code>${code}</code></td><td>${r.status}</td><td>${r.vi} <em>${r.remedy_vi}</em></td><td>${r.en} <em>${r.remedy_en}</em></td></tr>`)}
      </table>
      <h2>Mẫu dữ liệu · Schemas</h2>
      ${Object.entries(((document as { components?: { schemas?: Record<string, object> } }).components?.schemas) ?? {}).map(([name, schema]) => html`<details><summary>${name}</summary><div>${pretty(schema)}</div></details>`)}
`,
  );
}
