// Starts the desk in the browser.

import { options, render } from 'preact';
import { App } from './app.tsx';
import { openMachine } from './machine.ts';
import { listen } from './scanner.ts';
import './style.css';

const root = document.getElementById('desk');
listen();
// Drawing waits a moment, so that signing and storing a scan, and its beep, go first.
options.debounceRendering = (draw) => void setTimeout(draw, 12);
await openMachine();
if (root) render(<App />, root);
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js');
