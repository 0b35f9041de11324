// Words are a test: whatever a desk says stands in a pair, Vietnamese and English, both there and with the same facts in them.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';

const DESK = path.join(import.meta.dirname, '../src/desk');
const VIETNAMESE = /[\u00c0-\u024f\u1e00-\u1eff]/;
/** Names, units and formats that are the same in both languages; and the letters by which a font is asked for. */
const SAME = new Set(['Niêm', 'Tiếng', 'Việt', 'English', 'KT', 'VN', 'PIN', 'API', 'ms', 'mm', 'kg', 'CSV', 'PDF', 'DOCX', 'XLSX', 'JSON', 'HTML', 'XML', 'QR', 'UTC', 'SHA', 'CEL', 'Ốệ']);
/** Two letters together make a word; signs, units of one letter and figures do not. */
const words = (text: string): string[] => (text.match(/\p{L}{2,}/gu) ?? []).filter((word) => !SAME.has(word));
/** Attributes and properties that people read or hear. */
const SAID = new Set(['title', 'placeholder', 'alt', 'aria-label', 'aria-description', 'label', 'hint', 'why', 'error', 'caption', 'head', 'empty', 'words', 'text']);

type Node = { type: string; start: number; [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function walk(node: Node, above: readonly Node[], visit: (node: Node, above: readonly Node[]) => void): void {
  visit(node, above);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent') continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, [...above, node], visit);
  }
}
const literal = (node: unknown): string | null => (isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : null);
/** What a literal or a template says, with a dash for what is filled in. */
const saying = (node: unknown): string | null =>
  isNode(node) && node.type === 'TemplateLiteral' ? (node['quasis'] as { value: { cooked: string } }[]).map((part) => part.value.cooked).join('—') : literal(node);
/** What stands on a paper is Vietnamese whatever the desk speaks: below an element of `lang="vi"`, or said by `paper()`. */
const onPaper = (above: readonly Node[]): boolean =>
  above.some(
    (node) =>
      (node.type === 'CallExpression' && (node['callee'] as Node)['name'] === 'paper') ||
      (node.type === 'JSXElement' && ((node['openingElement'] as Node)['attributes'] as Node[]).some((each) => (each['name'] as Node | undefined)?.['name'] === 'lang' && literal(each['value']) === 'vi')),
  );
const pairOf = (node: Node): [string, string] | null => {
  const members = node.type === 'ArrayExpression' ? (node['elements'] as unknown[]) : node.type === 'CallExpression' && (node['callee'] as Node)['name'] === 'either' ? (node['arguments'] as unknown[]) : [];
  const [vi, en] = members.map(saying);
  return members.length === 2 && typeof vi === 'string' && typeof en === 'string' ? [vi, en] : null;
};
/** A property in one language beside its twin in the other: `vi` and `en`, `name_vi` and `name_en`. */
const twin = (property: Node, object: Node | undefined): boolean => {
  const key = property.type === 'Property' ? String((property['key'] as Node)['name']) : '';
  const other = key.replace(/(^|_)vi$/, '$1en');
  return other !== key && ((object?.['properties'] ?? []) as Node[]).some((each) => String((each['key'] as Node | undefined)?.['name']) === other);
};
const facts = (said: string): string => [...new Set([...said.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].toSorted().join();

/** What is wrong with the words of one file. */
function faults(source: string, name: string): string[] {
  const found: string[] = [];
  const { program, errors } = parseSync(name, source);
  expect(errors, name).toEqual([]);
  const at = (node: Node): string => `${name}:${source.slice(0, node.start).split('\n').length}`;
  walk(program as unknown as Node, [], (node, ancestors) => {
    if (onPaper(ancestors)) return;
    const above = node.type === 'TemplateElement' ? ancestors.slice(0, -1) : ancestors;
    const parent = above.at(-1);
    const pair = pairOf(node);
    if (pair && words(pair.join(' ')).length > 0 && !/^[a-z_.]+$/.test(pair[0])) {
      if (pair.some((said) => said.trim() === '')) found.push(`${at(node)} one language is missing: ${pair.join(' | ')}`);
      if (facts(pair[0]) !== facts(pair[1])) found.push(`${at(node)} the facts differ: ${pair.join(' | ')}`);
      if (pair[0] === pair[1] && VIETNAMESE.test(pair[0])) found.push(`${at(node)} is not translated: ${pair[0]}`);
    }
    if (node.type === 'JSXText' && words(String(node['value'])).length > 0) found.push(`${at(node)} words outside a pair: ${String(node['value']).trim()}`);
    const text = node.type === 'TemplateElement' ? (node['value'] as { cooked: string }).cooked : literal(node);
    if (text === null || !parent || pairOf(parent) || twin(parent, above.at(-2))) return;
    const said = (parent.type === 'JSXAttribute' && SAID.has(String((parent['name'] as Node)['name']))) || (parent.type === 'Property' && SAID.has(String((parent['key'] as Node)['name'])) && parent['value'] === node);
    if (words(text).some((word) => said || VIETNAMESE.test(word))) found.push(`${at(node)} words outside a pair: ${text}`);
  });
  return found;
}

test('whatever a desk says stands in a pair of both languages, with the same facts', () => {
  const files = readdirSync(DESK).filter((name) => /\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(40);
  expect(files.flatMap((name) => faults(readFileSync(path.join(DESK, name), 'utf8'), name))).toEqual([]);
});

test.each([
  ['<p>Xin chào</p>', 1], ['<p>Close</p>', 1], ['<p title="Close" />', 1], ["say(['Đóng', ''])", 1], ["say(['Đóng {n}', 'Close'])", 1], ["say(['Đóng', 'Đóng'])", 1], ["stop('Giữ lại')", 1], ['stop(`Giữ ${n}`)', 1], ["f({ head: 'Number' })", 1],
  ["f({ vi: 'Đóng' })", 1], ["f({ vi: 'Đóng', en: 'Close' })", 0], ["say(['Đóng {n}', 'Close {n}'])", 0], ['say([`Đóng ${n}`, `Close ${n}`])', 0], ['f({ vi: `Đóng ${n}`, en: `Close ${n}` })', 0], ["paper('Số')", 0], ['<p lang="vi">Số</p>', 0], ['<p lang="en">Số</p>', 1], ['<p>ms · {n}</p>', 0], ["either('Đóng', 'Close')", 0], ["<p class='big'>{n} g</p>", 0],
])('of %s it finds %i', (source, count) => expect(faults(`const x = ${source};`, 'x.tsx')).toHaveLength(count));
