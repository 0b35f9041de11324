// Starts the desk in the browser.

import { render } from 'preact';
import { App } from './app.tsx';
import { openMachine } from './machine.ts';
import { listen } from './scanner.ts';
import './style.css';

const root = document.getElementById('desk');
listen();
await openMachine();
if (root) render(<App />, root);
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js');
