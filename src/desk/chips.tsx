// The strip at the top: where, who, is the scanner ready, is everything sent, is the clock right. Never hidden.

import icon from './icon.svg';
import { machine } from './machine.ts';
import { me, theme, THEMES } from './state.ts';
import type { Theme } from './state.ts';
import { language, say } from './words.ts';
import type { Pair } from './words.ts';

const THEME_WORDS: { readonly [T in Theme]: Pair } = { system: ['Theo máy', 'System'], light: ['Sáng', 'Light'], dark: ['Tối', 'Dark'], contrast: ['Tương phản', 'Contrast'] };

export function Chips() {
  const who = me.value;
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  return (
    <>
      <a class="mark" href="/desk/work"><img src={icon} alt="" />Niêm</a>
      <span class="place">{who ? `${who.office_code ?? who.agency_code ?? ''} · ${who.full_name}` : ''}</span>
      <button type="button" class="chip" onClick={() => (theme.value = next)}>◐ {say(THEME_WORDS[theme.value])}</button>
      <button type="button" class="chip" onClick={() => (language.value = language.value === 'vi' ? 'en' : 'vi')} lang={language.value === 'vi' ? 'en' : 'vi'}>{language.value === 'vi' ? 'English' : 'Tiếng Việt'}</button>
      {who ? <button type="button" class="chip" onClick={() => void machine.outbox.signOut()}>{say(['Ra ca', 'Sign out'])}</button> : null}
    </>
  );
}
