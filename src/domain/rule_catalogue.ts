// CATALOGUE of the indicators that are shipped as first versions of rules. Each office changes them by publishing another version;
// nothing reads an indicator from here while judging. Thresholds are the operator's, not the law's. Sources: cases published in
// Việt Nam since 2019 and lists for suspicious mail.

import type { Kind } from './facts.ts';
import type { Audience, Effect, Severity } from './rule.ts';

export type Indicator = {
  vi: string;
  en: string;
  severity: Severity;
  effect: Effect;
  kinds: readonly Kind[];
  expression: string;
  service_classes: readonly string[] | null;
  audience: Audience;
};

const AT_COUNTER: readonly Kind[] = ['accepted'];
const OUTSIDE: readonly Kind[] = ['accepted', 'condition_recorded', 'suspected'];
const SCANS: readonly Kind[] = ['seen', 'reweighed', 'counted', 'bag_arrived'];

const indicator = (
  severity: Severity,
  effect: Effect,
  vi: string,
  en: string,
  expression: string,
  more: Partial<Indicator> = {},
): Indicator => ({ severity, effect, vi, en, expression, kinds: AT_COUNTER, service_classes: null, audience: 'duty', ...more });
const outside = (severity: Severity, effect: Effect, vi: string, en: string, ...signs: string[]): Indicator =>
  indicator(
    severity,
    effect,
    vi,
    en,
    signs.length === 1 ? `"${signs[0]}" in item.signs` : `item.signs.exists(s, s in [${signs.map((sign) => `"${sign}"`).join(', ')}])`,
    { kinds: OUTSIDE },
  );

const UNLICENSED = 'sender.identified_by != "business_licence"';

export const INDICATORS: { readonly [rule_code: string]: Indicator } = {
  SND1: indicator(
    'high',
    'flag',
    'Không có hoặc thiếu địa chỉ người gửi',
    'No or incomplete return address',
    '"no_return_address" in item.signs || (sender.address_incomplete && sender.first_seen)',
  ),
  SND2: outside(
    'high',
    'hold',
    'Không xuất trình giấy tờ, hoặc giấy tờ không khớp',
    'Identity refused or mismatched',
    'identity_refused',
    'identity_differs',
  ),
  SND3: indicator(
    'medium',
    'flag',
    'Người gửi mới, gửi nhiều bưu gửi một lúc',
    'First-time sender of many items',
    `sender.items_24h * period.weight >= 500 && sender.items_7d == sender.items_24h && ${UNLICENSED}`,
  ),
  SND4: indicator(
    'high',
    'hold',
    'Một người gửi cho nhiều người nhận trong thời gian ngắn',
    'One sender to many addressees in a short time',
    `(sender.addressees_24h * period.weight >= 800 || (sender.addressees_7d * period.weight >= 1500 && (declaration.generic || route.hotspot || sender.address_incomplete))) && ${UNLICENSED}`,
  ),
  SND5: indicator(
    'high',
    'hold',
    'Nhiều họ tên, một số điện thoại hoặc một địa chỉ',
    'Several names, one phone or one address',
    `sender.names_30d * period.weight >= 300 || (sender.names_at_address_30d * period.weight >= 400 && sender.phones_at_address_30d >= 3 && ${UNLICENSED})`,
  ),
  SND6: indicator(
    'low',
    'flag',
    'Gửi ở xa địa chỉ đã khai',
    'Handed in far from the address stated',
    'sender.address_elsewhere && sender.first_seen',
  ),
  SND7: indicator(
    'medium',
    'flag',
    'Người gửi mới tại địa bàn trọng điểm',
    'First-time sender at a hotspot',
    'route.hotspot && sender.first_seen',
  ),
  SND8: indicator(
    'medium',
    'flag',
    'KT1 nhận theo ngoại lệ: người gửi không có trong danh bạ',
    'KT1 by override: sender not in the register',
    'item.kt1 && !sender.registered',
    { service_classes: ['kt1'] },
  ),
  SND9: indicator(
    'high',
    'flag',
    'Người gửi có bưu gửi đã kết luận vi phạm trong 30 ngày',
    'Sender of an item confirmed within 30 days',
    'sender.confirmed_30d >= 1',
  ),
  RCV1: indicator(
    'high',
    'flag',
    'Địa chỉ người nhận không có thực hoặc không đầy đủ',
    'Addressee address unreal or incomplete',
    'addressee.address_incomplete',
  ),
  RCV2: indicator(
    'medium',
    'flag',
    'Địa chỉ dùng chung: chung cư, quán, điểm gửi nhờ',
    'Shared address: flats, cafe, depot',
    'addressee.shared_place || addressee.names_at_address_30d * period.weight >= 600',
  ),
  RCV3: indicator('medium', 'flag', 'Chỉ ghi chức danh người nhận', 'Title only', 'addressee.title_only'),
  RCV4: indicator(
    'medium',
    'flag',
    'Cụm bưu gửi không ai nhận',
    'Cluster of items that nobody collects',
    'route.uncollected_30d * period.weight >= 500 || sender.uncollected_30d * period.weight >= 300',
    { kinds: ['attempted', 'call_notice_left'] },
  ),
  RCV5: indicator(
    'medium',
    'flag',
    'Gửi tới cơ quan được bảo vệ từ người gửi không đăng ký',
    'Protected body as addressee, sender not registered',
    'addressee.protected_body && !sender.registered',
    { service_classes: ['parcel', 'printed_matter'] },
  ),
  RCV6: indicator(
    'high',
    'hold',
    'Người gửi mới, kê khai chung chung, vào tuyến có nhiều bưu gửi không ai nhận',
    'First-time sender, generic declaration, route that nobody collects from',
    'route.uncollected_30d >= 5 && declaration.generic && sender.first_seen',
  ),
  CNT1: indicator(
    'high',
    'flag',
    'Kê khai chung chung, hoặc không hợp với khối lượng, kích thước',
    'Generic declaration, or one that weight and size contradict',
    '(declaration.generic && (sender.first_seen || item.grams_per_litre > 1500)) || (item.goods_class in ["clothing", "plants"] && item.grams_per_litre > 1200)',
  ),
  CNT2: outside('critical', 'hold', 'Lòi dây, giấy bạc, có tiếng động', 'Wires, foil, ticking', 'wires', 'foil', 'ticking'),
  CNT3: outside(
    'critical',
    'hold',
    'Bột, dầu, tinh thể, rỉ chất lỏng',
    'Powder, oil, crystals, leak',
    'powder',
    'oil_stain',
    'crystals',
    'leak',
  ),
  CNT4: outside('high', 'hold', 'Mùi lạ', 'Odour', 'odour'),
  CNT5: outside('medium', 'flag', 'Quá nhiều băng dính, cứng, lệch', 'Excess tape, rigid, lopsided', 'excess_tape', 'rigid', 'lopsided'),
  CNT6: indicator(
    'medium',
    'flag',
    'Hàng gửi có điều kiện không kèm giấy tờ',
    'Conditional goods without papers',
    'item.conditional.size() > 0 && item.papers == 0',
  ),
  CNT7: indicator(
    'high',
    'flag',
    'Ấn phẩm số lượng lớn, không phải đơn vị có giấy phép',
    'Printed matter in bulk without a licence',
    `(item.service_class == "printed_matter" || declaration.printed) && item.weight_g >= 5000 && ${UNLICENSED}`,
  ),
  CNT8: outside('medium', 'flag', 'Một bưu gửi cho nhiều người nhận', 'Several addressees inside one item', 'several_addressees'),
  CNT9: outside('high', 'hold', 'Né tránh đồng kiểm', 'Evades the joint check', 'check_resisted'),
  CNT10: indicator(
    'high',
    'flag',
    'Dấu hạn chế từ người gửi không đăng ký',
    'Restrictive mark from a sender not registered',
    'item.restrictive_mark && !sender.registered',
  ),
  CNT11: outside('critical', 'hold', 'Có lời đe dọa', 'Threatening text', 'threat_text'),
  CNT12: outside('low', 'flag', 'Thừa hoặc không có cước', 'Excess or no postage', 'excess_postage'),
  MIX1: indicator(
    'high',
    'hold',
    'Quà biếu tới địa chỉ không rõ hoặc dùng chung, khối lượng bất thường',
    'Gift to an unclear or shared address, weight out of keeping',
    'declaration.gift && (addressee.address_incomplete || addressee.shared_place) && (item.grams_per_litre > 1000 || sender.first_seen)',
  ),
  RTE1: indicator(
    'medium',
    'flag',
    'Tuyến biên giới, người gửi mới, kê khai chung chung',
    'Border route, first-time sender, generic declaration',
    'route.border && sender.first_seen && declaration.generic',
  ),
  RTE2: indicator(
    'high',
    'hold',
    'Mùa cao điểm: hàng dễ là pháo, công cụ hỗ trợ từ biên giới',
    'Season: crackers and batons from the border',
    'period.season && route.border && declaration.season_goods',
  ),
  RTE3: indicator(
    'medium',
    'flag',
    'Gửi về thủ đô trong đợt cao điểm: soi lần hai',
    'Bound for the capital in a heightened period: screen again',
    'period.active && route.capital',
  ),
  RTE5: indicator(
    'medium',
    'flag',
    'Tuyến, địa bàn hoặc loại có mức rủi ro cao trong đợt cao điểm: soi lần hai',
    'Route, area or kind of high risk by order: screen again',
    'period.grade >= 4',
  ),
  RTE4: indicator('low', 'flag', 'Gửi ở nhiều bưu cục trong ngày', 'Many offices in one day', 'sender.offices_24h >= 3'),
  INT1: indicator(
    'high',
    'hold',
    'Khối lượng thay đổi quá sai số từ khi chấp nhận',
    'Weight changed beyond tolerance since acceptance',
    'weight.known && weight.drifts && (item.kt1 || weight.drift_g >= 50 || weight.drift_g <= -50)',
    { kinds: ['reweighed', 'counted'] },
  ),
  INT2: indicator(
    'critical',
    'hold',
    'Niêm phong sai số hoặc suy suyển',
    'Seal number or condition differs',
    'seal.checked && !seal.agrees',
    { kinds: ['seal_checked', 'bag_unsealed'] },
  ),
  INT3: indicator(
    'high',
    'hold',
    'Thời gian di chuyển không thể có',
    'Impossible travel time',
    'scan.travel_known && scan.gap_minutes < scan.travel_minutes',
    { kinds: SCANS },
  ),
  INT4: indicator(
    'medium',
    'flag',
    'Giao dịch viên nhiều lần ghi “khách quen” cho người lạ',
    'Clerk accepts strangers as known customers',
    'clerk.odd_identities_24h >= 5',
    { audience: 'audit' },
  ),
  INT5: indicator(
    'critical',
    'hold',
    'Nghi giả KT1',
    'Forged KT1',
    '(!item.kt1 && "kt1_stamp" in item.signs) || checkpoint.reason == "forged_kt1_suspected"',
    { kinds: OUTSIDE },
  ),
  INT6: indicator('low', 'flag', 'Không có mốc nào quá lâu', 'No checkpoint for too long', 'scan.gap_minutes > 4320', { kinds: SCANS }),
  INT7: indicator(
    'high',
    'flag',
    'Xuất hiện ở hai nơi, hoặc sau khi đã kết thúc: nghi nhãn trùng',
    'Seen in two places, or after its end: cloned label',
    'scan.flags.exists(f, f in ["elsewhere", "after_end"])',
    { kinds: SCANS },
  ),
  SCR1: indicator('high', 'hold', 'Soi chiếu báo động', 'Screening alarm', 'screening.result == "alarm"', { kinds: ['screened'] }),
  SCR2: indicator(
    'medium',
    'flag',
    'Soi bằng thiết bị chưa kiểm tra',
    'Screened with untested equipment',
    '"equipment_untested" in scan.flags',
    { kinds: ['screened'] },
  ),
  CTL1: indicator('low', 'flag', 'Mẫu đối chứng ngẫu nhiên', 'Random control sample', 'sample.lot < 50'),
};
