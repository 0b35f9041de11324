// How the desks are built for the browser: src/desk in, dist/desk out. The server needs no build.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import subsetFont from 'subset-font';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const made = path.join(import.meta.dirname, 'node_modules/.niem');
const packages = path.join(import.meta.dirname, 'node_modules/@fontsource');

/** Numbers are read in columns, and Be Vietnam Pro has no tabular figures: Inter lends them, and nothing else. */
function figures(): Plugin {
  return {
    name: 'niem-figures',
    async buildStart() {
      mkdirSync(made, { recursive: true });
      const inter = readFileSync(path.join(packages, 'inter/files/inter-latin-600-normal.woff2'));
      const font = await subsetFont(inter, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-./:,%+ ', { targetFormat: 'woff2' });
      writeFileSync(path.join(made, 'figures.woff2'), font);
    },
  };
}

/** The service worker learns which files make up this version, so that a desk opens without a network. */
function precache(): Plugin {
  return {
    name: 'niem-precache',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => name !== 'sw.js' && !name.endsWith('.map') && !name.endsWith('.wasm'));
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('sw.js is not in the bundle');
      const version = createHash('sha256').update(files.toSorted().join()).update(worker.code).digest('hex').slice(0, 16);
      const list = JSON.stringify(files.map((name) => (name === 'index.html' ? '/' : `/${name}`)));
      worker.code = worker.code.replace('__FILES__', () => list).replace('__VERSION__', () => JSON.stringify(version));
    },
  };
}

export default defineConfig({
  root: path.join(import.meta.dirname, 'src/desk'),
  publicDir: false,
  logLevel: 'warn',
  resolve: { alias: { '@fonts': path.join(packages, 'be-vietnam-pro/files'), '@made': made } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [figures(), precache()],
  build: {
    outDir: path.join(import.meta.dirname, 'dist/desk'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: path.join(import.meta.dirname, 'src/desk/index.html'), sw: path.join(import.meta.dirname, 'src/desk/sw.ts') },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // These two are known by name to browsers and to each other.
        assetFileNames: ({ names }) =>
          names.some((name) => /^(icon\.svg|manifest\.webmanifest)$/.test(name)) ? '[name][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
});
