// Folding of names for search: what somebody types without accents finds what stands with them. Pure; SQL_FOLD of views/names.ts is its equal.

/** Accents, case, punctuation and double spaces taken away; đ is d. Hòa and hoà are one, whatever their normal form. Only a-z, 0-9 and spaces are left. */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[đĐ]/g, 'd')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
