// The menu: a person's own first task on top, then what else he may do, by what it is about. Short, it lies open; long, only what
// is at hand does, and the rest is one key away.

import { signal } from '@preact/signals';
import type { Role } from '../domain/role.ts';
import type { Group, Screen } from './app.tsx';
import { may, me } from './state.ts';
import { say } from './words.ts';
import type { Pair } from './words.ts';

/** What fits beside a screen of 768 pixels with its strips above and below, and what a line and a heading take of it. */
const [ROOM, LINE, HEADING] = [640, 34, 45];

/** The groups as whoever is signed in sees them: the screen of his first task leads, and its group with it. */
export function menuOf(groups: readonly Group[], first: { readonly [R in Role]: readonly string[] }): Group[] {
  const mine = groups
    .map(({ name, screens }) => ({ name, screens: screens.filter((entry) => entry.needs === null || may(entry.needs)) }))
    .filter(({ screens }) => screens.length > 0);
  const wanted = (me.value?.roles ?? []).flatMap((role) => first[role as Role] ?? []);
  const home = wanted.find((path) => mine.some(({ screens }) => screens.some((entry) => entry.path === path)));
  const leads = (entry: Screen): boolean => entry.path === home;
  return mine
    .map(({ name, screens }) => ({ name, screens: screens.toSorted((a, b) => Number(leads(b)) - Number(leads(a))) }))
    .toSorted((a, b) => Number(b.screens.some(leads)) - Number(a.screens.some(leads)));
}

/** Groups that were opened or shut by hand, by Vietnamese name. */
const chosen = signal<{ readonly [name: string]: boolean }>({});

export function Menu({ groups, here }: { groups: readonly Group[]; here: Screen | undefined }) {
  const shown = groups.map(({ name, screens }) => ({ name, screens: screens.filter(({ menu }) => (typeof menu === 'boolean' ? menu : menu.some(may))) })).filter(({ screens }) => screens.length > 0);
  const lines = shown.reduce((sum, { screens }) => sum + screens.length, 0);
  const fits = lines * LINE + (shown.length - 1) * HEADING <= ROOM;
  // A role with one task needs no menu.
  if (lines < 2) return null;
  return (
    <nav class="menu" aria-label={say(['Bàn làm việc', 'Desks'])}>
      {shown.map(({ name, screens }, i) => {
        const open = chosen.value[name[0]] ?? (i === 0 || fits || screens.includes(here as Screen));
        const alone = screens.length === 1;
        return (
          <div key={name[0]} class="menu-group">
            {alone || i === 0 ? null : <Heading name={name} open={open} />}
            <ul class={open || alone ? '' : 'folded'}>
              {screens.map((entry) => <li key={entry.path}><a href={entry.path} {...(entry === here ? { 'aria-current': 'page' as const } : {})}>{say(entry.name)}</a></li>)}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

const Heading = ({ name, open }: { name: Pair; open: boolean }) => (
  <button type="button" class="menu-heading" aria-expanded={open} onClick={() => (chosen.value = { ...chosen.value, [name[0]]: !open })}>
    <span>{say(name)}</span> <span aria-hidden="true">{open ? '−' : '+'}</span>
  </button>
);
