// Items as people read them: how one stands, its chain, its label and its receipt.

import { html } from 'hono/html';
import { Refused } from '../base/refusal.ts';
import { grouped } from '../domain/code.ts';
import { OfficeCode, UnitCode, Uuid7 } from '../domain/facts.ts';
import { ITEM_STATES } from '../domain/state.ts';
import { labelData, receiptData, slipData } from '../interchange/item_label.ts';
import { labelSvg, layoutLabel } from '../interchange/label.ts';
import type { LabelSize } from '../interchange/label.ts';
import { chainByCode, itemByCode, itemsAtOffice } from '../views/item.ts';
import { newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const Code = z.object({ code: UnitCode });
const bilingual = { state: z.string(), state_vi: z.string(), state_en: z.string() };
const Custodian = z.object({ kind: z.string(), ref: z.string() });

const Item = z
  .object({
    code: z.string(), unit_id: z.string(), ...bilingual, service_class: z.string(), scope: z.string(),
    secrecy: z.enum(['NONE', 'A', 'B', 'C']).nullable().openapi({ description: 'null: you are not cleared to see it' }),
    urgency: z.string(), service_vi: z.string(), service_en: z.string(), appointed_at: z.string().nullable(), personal_mark: z.boolean(),
    sender_body_code: z.string().nullable(), sender_card_no: z.string().nullable(), addressee_body_code: z.string().nullable(),
    addressee_postal_code: z.string().nullable(), destination_office_code: z.string().nullable(), weight_g: z.int(),
    length_mm: z.int().nullable(), width_mm: z.int().nullable(), height_mm: z.int().nullable(), condition: z.string(), joint_check: z.string(),
    accepted_office_code: z.string(), accepted_at: z.string(), approved_at: z.string().nullable(), labels_printed: z.int(),
    office_code: z.string(), custodian: Custodian, held: z.boolean(), unit_seq: z.int(), head_hash: z.string(), last_at: z.string(),
  })
  .openapi('Item');

const Step = z.object({
  unit_seq: z.int(), checkpoint_id: z.string(), kind: z.string(), kind_vi: z.string(), kind_en: z.string(), received_at: z.string(),
  device_at: z.string().nullable(), clock_offset_ms: z.int().nullable(), office_code: z.string().nullable(),
  person: z.object({ badge: z.string(), full_name: z.string() }), second_person_id: z.string().nullable(), device_id: z.string().nullable(),
  device_seq: z.int().nullable(), ...bilingual, custodian: Custodian,
  flags: z.array(z.object({ flag: z.string(), vi: z.string(), en: z.string() })),
  facts: z.record(z.string(), z.unknown()).nullable().openapi({ description: 'null: you are not cleared' }),
  hash: z.string(), prev_hash: z.string().nullable(), linked: z.boolean().openapi({ description: 'prev_hash is the hash of the step before' }),
});
const ChainShape = z
  .object({ code: z.string(), unit_id: z.string(), checkpoints: z.array(Step), next_after_seq: z.int().nullable(), complete: z.boolean() })
  .openapi('Chain');

const Listed = z.object({
  unit_id: z.string(), code: z.string(), ...bilingual, service_vi: z.string(), weight_g: z.int(), destination_office_code: z.string().nullable(),
  held: z.boolean(), last_at: z.string(),
});

const limit = z.coerce.number().int().min(1).max(200).default(50);

export const items = newRouter()
  .openapi(
    route('item.read', {
      method: 'get', path: '/api/items', tags: ['items'], summary: 'Items last seen at my office',
      request: { query: z.object({ office_code: OfficeCode.optional(), state: z.enum(Object.keys(ITEM_STATES) as [string, ...string[]]).optional(), after: Uuid7.optional(), limit }) },
    }, 200, z.object({ items: z.array(Listed), next_after: z.string().nullable() }).openapi('Items')),
    async (c) => {
      const caller = c.get('caller');
      const query = c.req.valid('query');
      const office_code = query.office_code ?? caller.office_code;
      if (office_code === null || (caller.office_code !== null && office_code !== caller.office_code)) throw new Refused('wrong_office', { office_code });
      return c.json(await itemsAtOffice(c.get('services').store.read, { ...query, office_code }, caller), 200);
    },
  )
  .openapi(route('item.read', { method: 'get', path: '/api/items/{code}', tags: ['items'], summary: 'One item', request: { params: Code } }, 200, Item), async (c) => {
    const { code } = c.req.valid('param');
    const item = await itemByCode(c.get('services').store.read, code, c.get('caller'));
    if (!item) throw new Refused('unknown_unit', { code });
    return c.json(item, 200);
  })
  .openapi(
    route('item.read', {
      method: 'get', path: '/api/items/{code}/chain', tags: ['items'], summary: "The item's chain of custody, oldest first",
      request: { params: Code, query: z.object({ after_seq: z.coerce.number().int().min(0).max(2_147_483_647).default(0), limit }) },
    }, 200, ChainShape),
    async (c) => {
      const { code } = c.req.valid('param');
      const chain = await chainByCode(c.get('services').store.read, code, c.get('caller'), c.req.valid('query'));
      if (!chain) throw new Refused('unknown_unit', { code });
      return c.json(chain, 200);
    },
  )
  .openapi(
    route('item.print', {
      method: 'get', path: '/api/items/{code}/label', tags: ['items'], summary: 'The label as SVG, PNG or PDF',
      request: { params: Code, query: z.object({ format: z.enum(['svg', 'png', 'pdf']).default('svg'), size: z.enum(['80x50', '100x150']).default('80x50'), dpi: z.enum(['203', '300']).default('203') }) },
    }, 200, z.any()),
    // A file, not JSON: the type of a file response cannot be said to the typed client.
    async (c) => (await labelFile(c, c.req.valid('param').code, c.req.valid('query'))) as never,
  )
  .openapi(
    route('item.print', { method: 'get', path: '/api/items/{code}/receipt', tags: ['items'], summary: "The sender's receipt; `format=html` prints", request: { params: Code, query: z.object({ format: z.enum(['json', 'html']).default('json') }) } }, 200,
      z.object({ code: z.string(), accepted_at: z.string(), accepted_text: z.string(), office_code: z.string(), office_name: z.string(), service_vi: z.string(), service_en: z.string(), weight_g: z.int(), transit_standard: z.string().nullable(), promise_vi: z.string(), promise_en: z.string(), head_hash: z.string() }).openapi('SenderReceipt')),
    async (c) => {
      const { store, reference } = c.get('services');
      const receipt = await receiptData(store.read, await reference(), c.req.valid('param').code, c.get('caller'));
      if (c.req.valid('query').format === 'html') return (await c.html(receiptPage(receipt))) as never;
      return c.json(receipt, 200);
    },
  )
  .openapi(
    route('item.print', { method: 'get', path: '/api/refusal-slips/{code}', tags: ['items'], summary: 'A refusal slip; `format=html` prints', request: { params: Code, query: z.object({ format: z.enum(['json', 'html']).default('json') }) } }, 200,
      z.object({ code: z.string(), refused_at: z.string(), refused_text: z.string(), office_code: z.string(), office_name: z.string(), service_vi: z.string(), service_en: z.string(), reason_code: z.string(), reason_vi: z.string(), reason_en: z.string() }).openapi('RefusalSlip')),
    async (c) => {
      const { store, reference } = c.get('services');
      const { code } = c.req.valid('param');
      const data = await slipData(store.read, await reference(), code);
      if (!data) throw new Refused('unknown_unit', { code });
      if (c.req.valid('query').format === 'html') return (await c.html(refusalSlipPage(data))) as never;
      return c.json(data, 200);
    },
  );

async function labelFile(c: Edge, code: string, query: { format: string; size: LabelSize; dpi: string }): Promise<Response> {
  const { store, reference, files } = c.get('services');
  const { format, size, dpi } = query;
  const layout = layoutLabel(await labelData(store, await reference(), code, c.get('caller')), size);
  if (format === 'svg') return c.body(labelSvg(layout), 200, { 'content-type': 'image/svg+xml; charset=utf-8' });
  if (files === null) throw new Refused('not_on_this_runtime');
  if (format === 'png') return c.body(files.png(layout, dpi === '300' ? 300 : 203) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'image/png' });
  return c.body((await files.pdf([layout])) as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf' });
}

type ReceiptData = Awaited<ReturnType<typeof receiptData>>;
type SlipData = NonNullable<Awaited<ReturnType<typeof slipData>>>;

const slip = (title: string, rows: readonly (readonly [string, string])[]) => html`<!doctype html>
<html lang="vi">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
    <link rel="stylesheet" href="/assets/niem.css" />
  </head>
  <body class="receipt">
    <h1>${title}</h1>
    <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </body>
</html>`;

const receiptPage = (r: ReceiptData) =>
  slip('Biên nhận bưu gửi', [
    ['Số hiệu', grouped(r.code)], ['Chấp nhận lúc', r.accepted_text], ['Tại', `${r.office_code} ${r.office_name}`], ['Dịch vụ', r.service_vi],
    ['Khối lượng', `${r.weight_g} g`], ['Cam kết', r.promise_vi], ['Dấu sổ', r.head_hash],
  ]);

const refusalSlipPage = (s: SlipData) =>
  slip('Phiếu từ chối chấp nhận', [['Số', s.code], ['Lúc', s.refused_text], ['Tại', `${s.office_code} ${s.office_name}`], ['Dịch vụ', s.service_vi], ['Lý do', s.reason_vi]]);
