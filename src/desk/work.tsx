// My work: what is open, what needs me, what is about to be late.

import { say } from './words.ts';

export default function Work() {
  return <h1>{say(['Việc của tôi', 'My work'])}</h1>;
}
