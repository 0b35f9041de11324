// How the desks are built for the browser: src/desk in, dist/desk out. The server needs no build.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import subsetFont from 'subset-font';
import { build, defineConfig } from 'vite';
import type { Plugin } from 'vite';

const made = path.join(import.meta.dirname, 'node_modules/.niem');
const packages = path.join(import.meta.dirname, 'node_modules/@fontsource');

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
/** What Vietnamese and our own marks need of Latin-1; the rest of Vietnamese is in the package's own Vietnamese part. */
const LATIN = `${ASCII}ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý·×°«»–—…‘’“”`;

/** All of it is NFC (a tidy test holds that), so no combining marks. */
const VIETNAMESE = `ĂăĐđĨĩŨũƠơƯư₫${Array.from({ length: 0x5a }, (_, i) => String.fromCharCode(0x1ea0 + i)).join('')}`;

/**
 * The desks' letters, cut to what they write: a third of the first load is fonts. Numbers are read in columns, and Be Vietnam Pro
 * has no tabular figures: Inter lends them, and nothing else.
 */
function letters(): Plugin {
  const cut = async (file: string, text: string, name: string): Promise<void> => {
    writeFileSync(path.join(made, name), await subsetFont(readFileSync(path.join(packages, file)), text, { targetFormat: 'woff2' }));
  };
  return {
    name: 'niem-letters',
    async buildStart() {
      mkdirSync(made, { recursive: true });
      await cut('inter/files/inter-latin-600-normal.woff2', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-./:,%+ ', 'figures.woff2');
      await cut('be-vietnam-pro/files/be-vietnam-pro-latin-400-normal.woff2', LATIN, 'text.woff2');
      await cut('be-vietnam-pro/files/be-vietnam-pro-vietnamese-400-normal.woff2', VIETNAMESE, 'vietnamese.woff2');
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

/** The offline verifier: its script and its page as one file, which may do nothing but run that very script. */
function verifier(): Plugin {
  const from = path.join(import.meta.dirname, 'src/proof');
  return {
    name: 'niem-verifier',
    async writeBundle(options) {
      const built = await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        build: { write: false, target: 'es2022', lib: { entry: path.join(from, 'page.ts'), formats: ['iife'], name: 'niem' } },
      });
      const [output] = [built].flat().flatMap((one) => ('output' in one ? one.output : []));
      if (output?.type !== 'chunk') throw new Error('the verifier was not built');
      // A closing tag inside the script would end it.
      const script = output.code.trim().replaceAll('</', '<\\/');
      const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
      // The place of the script with its blanks: the hash is of every byte between the two tags.
      const place = /(?<=<script>)\s*__SCRIPT__;?\s*(?=<\/script>)/;
      const bare = readFileSync(path.join(from, 'page.html'), 'utf8');
      if (!place.test(bare)) throw new Error('page.html has no place for the script');
      const page = bare.replace('__SCRIPT_HASH__', hash).replace(place, () => script);
      writeFileSync(path.join(options.dir ?? '', 'verify.html'), page);
    },
  };
}

export default defineConfig({
  root: path.join(import.meta.dirname, 'src/desk'),
  publicDir: false,
  logLevel: 'warn',
  resolve: { alias: { '@fonts': path.join(packages, 'be-vietnam-pro/files'), '@made': made } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [letters(), precache(), verifier()],
  build: {
    outDir: path.join(import.meta.dirname, 'dist/desk'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Style sheets only: the service worker has the rest, and its list weighs on the first load.
    modulePreload: { polyfill: false, resolveDependencies: (_, files) => files.filter((file) => file.endsWith('.css')) },
    rolldownOptions: {
      input: { index: path.join(import.meta.dirname, 'src/desk/index.html'), sw: path.join(import.meta.dirname, 'src/desk/sw.ts') },
      output: {
        // What every desk needs first lies in one file, which compresses better than ten; the counter's own in another.
        codeSplitting: {
          groups: [
            {
              name: 'first',
              test: /node_modules\/(preact|@preact|idb)\/|src\/(base|outbox|scan)\/(?!camera|prove|merkle|note|proof|promise)|src\/domain\/(code|card)\.|src\/desk\/(machine|drawing|ui|words|state|sound|scanner|guard|lazy|online)\./,
            },
            {
              name: 'counter',
              test: /src\/desk\/(intake|intake_next|intake_parts|intake_session|intake_strip|intake_scale|combobox|labels|print)\.|src\/domain\/(fold|clearance)\./,
            },
          ],
        },
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // These two are known by name to browsers and to each other.
        assetFileNames: ({ names }) =>
          names.some((name) => /^(icon\.svg|manifest\.webmanifest)$/.test(name)) ? '[name][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
});
