// CATALOGUE of what staff see, smell or hear on the outside of an item, or of how it was handed in. Chosen from a list, never
// written; nothing here tells what is inside, so it may be said of KT1 too. Sources: lists for suspicious mail (USPS, CDC).

export const SIGNS = {
  wires: ['Lòi dây', 'Protruding wires'],
  foil: ['Lòi giấy bạc', 'Protruding foil'],
  ticking: ['Có tiếng động lạ', 'Ticking or other sound'],
  powder: ['Dính bột', 'Powder'],
  oil_stain: ['Vết dầu', 'Oily stains'],
  crystals: ['Tinh thể, đổi màu', 'Crystals, discoloration'],
  leak: ['Rỉ chất lỏng', 'Leaking'],
  odour: ['Mùi lạ', 'Odour'],
  excess_tape: ['Quá nhiều băng dính, dây buộc', 'Excessive tape or string'],
  rigid: ['Cứng bất thường', 'Unusually rigid'],
  lopsided: ['Lệch, không đều', 'Lopsided or uneven'],
  restrictive_mark: [
    'Ghi “Mật”, “Riêng”, “Không soi” hoặc dấu A, B, C',
    'Restrictive mark: "Confidential", "Personal", "Do not x-ray", A, B, C',
  ],
  kt1_stamp: ['Có dấu KT1', 'Bears a KT1 stamp'],
  threat_text: ['Có lời đe dọa', 'Threatening text'],
  excess_postage: ['Thừa hoặc không có cước', 'Excess or no postage'],
  no_return_address: ['Không có địa chỉ người gửi', 'No return address'],
  title_only: ['Chỉ ghi chức danh người nhận', 'Addressed to a title without a name'],
  several_addressees: ['Trong có bưu gửi cho nhiều người', 'Holds items for several addressees'],
  identity_refused: ['Không xuất trình giấy tờ', 'Sender shows no identity paper'],
  identity_differs: ['Giấy tờ không khớp người gửi', 'Identity paper does not match'],
  check_resisted: ['Né tránh đồng kiểm', 'Evades the joint check'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;

export type Sign = keyof typeof SIGNS;
export const SIGN_CODES = Object.keys(SIGNS) as [Sign, ...Sign[]];
