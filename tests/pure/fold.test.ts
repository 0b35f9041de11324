// Folding of names: what is typed without accents meets what stands with them. The database's side is in tests/api/names.test.ts.

import { expect, test } from 'vitest';
import { fold } from '../../src/domain/fold.ts';

test.each([
  ['Đồng Đăng', 'dong dang'], ['Văn phòng Tỉnh uỷ', 'van phong tinh uy'], ['Văn phòng Tỉnh ủy', 'van phong tinh uy'], ['hoà', 'hoa'], ['hòa', 'hoa'],
  ['  Sở  Tài-chính ', 'so tai chinh'], ['ĐƯỜNG số 3', 'duong so 3'], ['Ứ Ừ Ử Ữ Ự', 'u u u u u'], ['', ''], ['···', ''],
])('%s folds to %s, composed or not', (text, folded) => {
  expect(fold(text)).toBe(folded);
  expect(fold(text.normalize('NFD'))).toBe(folded);
});
