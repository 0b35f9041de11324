// Two languages. Every screen keeps its words beside it as pairs, Vietnamese first: a missing translation is a type error.

import { effect, signal } from '@preact/signals';

export type Language = 'vi' | 'en';
/** Vietnamese, then English. `{name}` stands for a fact. */
export type Pair = readonly [vi: string, en: string];
export type Words = { readonly [key: string]: Pair };
export type Facts = { readonly [name: string]: string | number | null | undefined };

export const language = signal<Language>(localStorage.getItem('niem.language') === 'en' ? 'en' : 'vi');
effect(() => {
  document.documentElement.lang = language.value;
  localStorage.setItem('niem.language', language.value);
});

/** The pair in the language of the desk, its facts filled in. An unknown fact shows as a dash, never as nothing. */
export function say(pair: Pair, facts: Facts = {}): string {
  return pair[language.value === 'vi' ? 0 : 1].replace(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name];
    return fact === null || fact === undefined ? '—' : typeof fact === 'number' ? number(fact) : fact;
  });
}

/** Words of a paper: an official letter is Vietnamese whatever the desk speaks. */
export const paper = (vi: string): string => vi;

/** From an answer of the server that carries both languages, such as a refusal. */
export const either = (vi: string, en: string): string => (language.value === 'vi' ? vi : en);

const ZONE = 'Asia/Ho_Chi_Minh';
const clock = new Intl.DateTimeFormat('vi-VN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat('vi-VN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('vi-VN', { timeZone: ZONE, day: '2-digit', month: '2-digit', year: 'numeric' });
const numbers = { vi: new Intl.NumberFormat('vi-VN'), en: new Intl.NumberFormat('en-GB') };

export const number = (value: number): string => numbers[language.value].format(value);
/** 16:05 */
export const time = (instant: string | number | Date): string => clock.format(new Date(instant));
/** 16:05:01 */
export const timeSeconds = (instant: string | number | Date): string => clockSeconds.format(new Date(instant));
/** 23/11/2025 */
export const date = (instant: string | number | Date): string => day.format(new Date(instant));
/** 23/11/2025 16:05 */
export const dateTime = (instant: string | number | Date): string => `${date(instant)} ${time(instant)}`;
/** 412 g, 6,2 kg */
export const weight = (grams: number): string => (grams < 10_000 ? `${number(grams)} g` : `${numbers[language.value].format(Math.round(grams / 100) / 10)} kg`);
/** How long: 12 phút, 3 giờ 5 phút, 2 ngày. */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 60) return say(['{minutes} phút', '{minutes} min'], { minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return say(['{hours} giờ {rest} phút', '{hours} h {rest} min'], { hours, rest: minutes % 60 });
  return say(['{days} ngày', '{days} days'], { days: Math.floor(hours / 24) });
}
