// A report as an official letter. Figures only: never content, abstracts, or names on items; what is too small to be told is said to
// be so. Without a single event it says that nothing arose.

import { civilText } from '../base/time.ts';
import { FIGURES, SECTIONS } from '../domain/report.ts';
import type { Section } from '../domain/report.ts';
import type { Drawing, Report } from '../domain/report_fold.ts';
import { thousands } from './letter.ts';
import type { Block, Letter } from './letter.ts';

export type ReportNames = {
  over_vi: string | null;
  issuer_vi: string;
  /** What happened, by number: kind, time, office, whether a drill. */
  incidents: readonly { kind_vi: string; detected_at: string; office_vi: string | null; drill: boolean; closed: boolean; unit_codes: readonly string[] }[];
  bodies: ReadonlyMap<string, string>;
};

const said = (count: number | null): string => (count === null ? 'dưới mức công bố' : thousands(count));
const at = (value: string): string => civilText(Date.parse(value));

/** The letter of a report that has been drawn. */
export function reportLetter(report: Report, drawing: Drawing, names: ReportNames): Letter {
  const { task, signature } = report;
  return {
    over_vi: names.over_vi,
    issuer_vi: names.issuer_vi,
    number: signature?.number ?? null,
    place_vi: drawing.place_vi,
    on: signature?.on ?? null,
    kind_vi: 'BÁO CÁO',
    subject: task.title,
    to: [task.desk_vi === undefined ? task.addressee_vi : `${task.addressee_vi} (${task.desk_vi})`],
    blocks: numbered([...openingOf(drawing), ...sectionsOf(drawing), ...bodiesOf(drawing, names), ...incidentsOf(drawing, names), ...closingOf(drawing)]),
    recipients: ['Như trên', 'Lưu: VT'],
    signer_title: signature?.signer_title ?? drawing.leader_title,
    signer_name: signature?.signer_name ?? null,
    foot: `Số liệu rút từ sổ hành trình ${at(drawing.from_at)} – ${at(drawing.to_at)}; dấu số liệu ${drawing.digest.slice(0, 16).toUpperCase()}${drawing.head_size === null ? '' : `; mốc sổ ${drawing.head_origin ?? ''} ${drawing.head_size}`}`,
  };
}

function numbered(blocks: Block[]): Block[] {
  let no = 0;
  return blocks.map((block) => (block.block === 'heading' ? { ...block, text: `${(no += 1)}. ${block.text}` } : block));
}

function openingOf(drawing: Drawing): Block[] {
  return [
    ...drawing.basis.map((text): Block => ({ block: 'line', text: `Căn cứ ${text};` })),
    { block: 'line', text: `Đơn vị báo cáo kết quả thực hiện từ ${at(drawing.from_at)} đến ${at(drawing.to_at)} như sau (lãnh đạo chịu trách nhiệm: ${drawing.leader_title}):` },
    ...(drawing.nil ? [{ block: 'line', text: 'Trong kỳ không phát sinh.' } as const] : []),
  ];
}

function sectionsOf(drawing: Drawing): Block[] {
  const present = (Object.keys(SECTIONS) as Section[]).filter((section) => drawing.figures.some(({ code }) => FIGURES[code].section === section));
  return present.flatMap((section): Block[] => [
    { block: 'heading', text: SECTIONS[section][0] },
    { block: 'table', head: ['Nội dung', 'Số lượng'], widths: [0.76, 0.24], rows: drawing.figures.filter(({ code }) => FIGURES[code].section === section).map(({ code, count }) => [FIGURES[code].vi, said(count)]) },
    ...(section === 'kt1' ? [{ block: 'line', text: 'Tỷ lệ phát đúng thời gian toàn trình: chưa nạp tiêu chuẩn.' } as const] : []),
  ]);
}

function bodiesOf(drawing: Drawing, names: ReportNames): Block[] {
  if (drawing.bodies.length === 0) return [];
  const rows = drawing.bodies.map(({ body_code, count, a_count }) => [names.bodies.get(body_code) ?? body_code, thousands(count), said(a_count)]);
  return [{ block: 'heading', text: 'Theo đơn vị gửi' }, { block: 'table', head: ['Đơn vị', 'KT1', 'Dấu A'], widths: [0.6, 0.16, 0.24], rows }];
}

function incidentsOf(drawing: Drawing, names: ReportNames): Block[] {
  const heading: Block = { block: 'heading', text: 'Sự cố lộ, mất, suy suyển và sự cố khác' };
  if (names.incidents.length === 0) return drawing.incidents.length === 0 ? [heading, { block: 'line', text: 'Không phát sinh.' }] : [];
  const rows = names.incidents.map((i) => [at(i.detected_at), `${i.kind_vi}${i.drill ? ' (diễn tập)' : ''}`, [i.office_vi ?? '', ...i.unit_codes].filter(Boolean).join(', '), i.closed ? 'đã kết thúc' : 'đang xử lý']);
  return [heading, { block: 'table', head: ['Phát hiện', 'Loại', 'Nơi, số hiệu', 'Tình trạng'], widths: [0.22, 0.28, 0.32, 0.18], rows }];
}

function closingOf(drawing: Drawing): Block[] {
  const list = (heading: string, lines: readonly string[]): Block[] =>
    lines.length === 0 ? [] : [{ block: 'heading', text: heading }, ...lines.map((text): Block => ({ block: 'item', text }))];
  return [...list('Khó khăn, vướng mắc', drawing.difficulties), ...list('Đề xuất, kiến nghị', drawing.proposals), { block: 'line', text: `Trên đây là báo cáo của đơn vị, kính gửi Quý cơ quan theo dõi, chỉ đạo./.` }];
}

