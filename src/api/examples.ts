// Examples for the API description. A test posts each of them to the demo office and expects it to be stored.

const id = (n: number): string => `01768a00-0000-7000-8000-${String(n).padStart(12, '0')}`;

export const KT1_LETTER = {
  checkpoint_id: id(1),
  kind: 'accepted',
  facts: {
    service: { service_class: 'kt1', scope: 'INTRA', secrecy: 'B', urgency: 'HOA_TOC' },
    checklist: { kt1_stamp: true, envelope_layers: 1, outer_mark: 'B', secrecy_words_outside: false, opaque_and_intact: true, sealed: true, personal_mark: false },
    sender: { body_code: 'LS-UBND-DD', card_no: 'DD-0001' },
    addressee: { body_code: 'LS-TU' },
    weight_g: 182,
    condition: 'intact',
  },
};

export const PARCEL = {
  checkpoint_id: id(2),
  kind: 'accepted',
  facts: {
    service: { service_class: 'parcel', scope: 'INTER' },
    sender_identified_by: 'identity_card',
    addressee_postal_code: '10000',
    joint_check: 'done',
    article_12_declared: true,
    goods_class: 'food',
    weight_g: 2350,
    length_mm: 300,
    width_mm: 200,
    height_mm: 150,
    condition: 'intact',
  },
  personal: {
    sender: { name: 'Nông Thị Mẫu', phone: '0200000101', address: 'Khu 3, Đồng Đăng, Lạng Sơn' },
    addressee: { name: 'Trần Văn Mẫu', phone: '0200000102', address: '12 phố Mẫu, Hà Nội' },
    declaration: { contents: 'Bánh khảo, hạt dẻ' },
  },
};

export const CHECKPOINT_EXAMPLES = [
  KT1_LETTER,
  PARCEL,
  { checkpoint_id: id(3), kind: 'seen', code: 'BK000000014VN', facts: {} },
  { checkpoint_id: id(4), kind: 'approved', code: 'BK000000014VN', facts: {} },
  { checkpoint_id: id(5), kind: 'acceptance_refused', facts: { service_class: 'parcel', reason_code: 'joint_check_refused' } },
];
